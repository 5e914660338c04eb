import { expect, it } from "vitest";
import { options } from "./options.ts";

it("runs everything in full unless told otherwise", () => {
  expect(options([])).toMatchObject({ rounds: 5, measureMs: 3_000, manyKeys: 1_000, cells: [] });
});

it("is quick when asked, and what is given beside that counts", () => {
  expect(options(["--quick", "--rounds", "2", "put@64"])).toMatchObject({
    rounds: 2,
    measureMs: 2_000,
    cells: ["put@64"],
  });
});

it("refuses what is no amount", () => {
  expect(() => options(["--rounds", "many"])).toThrow("--rounds");
  expect(() => options(["--clients", "1,0"])).toThrow("--clients");
});
