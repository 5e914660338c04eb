import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { clientExamples, clientExamplesFile } from "./generate-client-examples.ts";

it("test/http/client-readme.test.ts is what `node scripts/generate-client-examples.ts` writes", () => {
  const text = readFileSync(clientExamplesFile, "utf8");
  expect(text).toBe(clientExamples());
  expect(text.match(/^it\(/gm)?.length).toBeGreaterThan(15);
  expect(text.match(/expect\(/g)?.length).toBeGreaterThan(30);
});
