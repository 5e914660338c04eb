import { expect, it } from "vitest";
import { options } from "./options.ts";

it("has three regions at the usual port unless told otherwise", () => {
  expect(options([])).toMatchObject({ regions: ["wnam", "enam", "weur"], port: 8787 });
});

it("takes a port, regions and a folder", () => {
  const args = ["--port", "0", "--regions", "weur", "--persist-to", "/data"];
  expect(options(args)).toMatchObject({ regions: ["weur"], port: 0, folder: "/data" });
});

it("refuses what makes no sense", () => {
  expect(() => options(["--port", "http"])).toThrow("--port");
  expect(() => options(["--regions", "wnam,enam"])).toThrow("--regions");
  expect(() => options(["--regions", "moon"])).toThrow("moon");
  expect(() => options(["--speed", "9"])).toThrow("--speed");
});
