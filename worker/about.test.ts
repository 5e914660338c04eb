import { expect, it } from "vitest";
import { rawPath } from "./about.ts";

it.each([
  ["http://h/", "/"],
  ["http://h/a/b", "/a/b"],
  ["https://h:8787/a%2Fb?c=/d", "/a%2Fb"],
  ["https://user:word@h/x?y", "/x"],
  ["http://h/a#b?c", "/a"],
  ["http://[::1]:80//x//", "//x//"],
  ["http://h?x", "/"],
])("the path of %s is %s", (url, path) => {
  expect(rawPath(url)).toBe(path);
});
