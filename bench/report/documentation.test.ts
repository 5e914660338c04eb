import { expect, it } from "vitest";
import { between } from "./documentation.ts";

const page = `# Benchmarks

<!-- results, disk -->

old

<!-- end of results, disk -->

the rest`;

it("replaces what stands between the markers, and nothing else", () => {
  const once = between(page, "disk", "new");
  expect(once).toBe(page.replace("old", "new"));
  expect(between(once, "disk", "new")).toBe(once);
});

it("does not guess a place", () => {
  expect(() => between(page, "memory", "new")).toThrow("no place");
});
