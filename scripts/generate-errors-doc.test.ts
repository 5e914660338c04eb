import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { errorsDoc, errorsDocFile } from "./generate-errors-doc.ts";

it("docs/errors.md is what `node scripts/generate-errors-doc.ts` writes", () => {
  expect(readFileSync(errorsDocFile, "utf8")).toBe(errorsDoc());
});
