/** A rule about source code, because no test of behaviour would find its breach reliably. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const folder = path.resolve(import.meta.dirname, "../../worker/router");
const sources = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => ({ name, text: readFileSync(path.join(folder, name), "utf8") }));

describe("promises that another request may settle", () => {
  // One that is comes to grief only once the engine has optimised the code under load, and then not every
  // time (worker/router/carry.ts says what happens).
  it.each(sources)("are never made by `new Promise`: $name", ({ text }) => {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    expect(code).not.toMatch(/new\s+Promise\b/);
  });
});
