import { expect, it } from "vitest";
import { kindOf } from "./media-type.ts";

it.each([
  ["application/json", "json"],
  ["Application/JSON ; charset=latin1", "json"],
  ["application/problem+json", "binary"],
  ["application/octet-stream", "binary"],
  ["text/plain", "text"],
  ['TEXT/html; Charset="UTF-8"', "text"],
  ["text/plain; charset=us-ascii", "text"],
  ["text/plain; charset=iso-8859-1", "binary"],
  ["", "binary"],
])("%s is %s", (contentType, kind) => {
  expect(kindOf(contentType)).toBe(kind);
});
