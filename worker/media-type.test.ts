import { describe, expect, it } from "vitest";
import { accepts, isJson } from "./media-type.ts";

describe("isJson", () => {
  it.each([
    ["application/json", true],
    ["Application/JSON;charset=utf-8", true],
    [" application/json ; x=y", true],
    ["application/problem+json", true],
    ["text/json", false],
    ["application/jsonx", false],
    ["application/xml", false],
    ["", false],
  ])("%j: %s", (type, expected) => {
    expect(isJson(type)).toBe(expected);
  });
});

describe("accepts application/json", () => {
  it.each([
    [null, true],
    ["", true],
    ["*/*", true],
    ["application/json", true],
    ["application/*", true],
    ["APPLICATION/json;q=0.5", true],
    ["text/html,application/xhtml+xml,*/*;q=0.8", true],
    ["text/html", false],
    ["text/*", false],
    ["application/xml", false],
    ["application/json;q=0", false],
    ["application/json;q=0.000, */*", false],
    ["application/*;q=0, */*", false],
    ["application/json, application/*;q=0", true],
    ["*/*;q=0", false],
  ])("Accept %j: %s", (header, expected) => {
    expect(accepts(header, "application/json")).toBe(expected);
  });
});
