import { expect, it } from "vitest";
import { between } from "./documentation.ts";

const page = `# Benchmarks

<!-- keys, disk -->

old

<!-- end of keys, disk -->

the rest`;

it("replaces what stands between the markers, and nothing else", () => {
  const once = between(page, "keys, disk", "new");
  expect(once).toBe(page.replace("old", "new"));
  expect(between(once, "keys, disk", "new")).toBe(once);
});

it("does not guess a place", () => {
  expect(() => between(page, "keys, memory", "new")).toThrow("no place");
});
