import { describe, expect, it } from "vitest";
import { LOCATION_HINTS, parseRegions } from "./regions.ts";

describe("parseRegions", () => {
  it.each([
    ["wnam", ["wnam"]],
    ["wnam,enam,weur", ["wnam", "enam", "weur"]],
    [" wnam , enam,weur ", ["wnam", "enam", "weur"]],
    ["me,oc,afr,sam,apac-ne", ["me", "oc", "afr", "sam", "apac-ne"]],
  ])("%j", (list, regions) => {
    expect(parseRegions(list)).toEqual({ type: "regions", regions });
  });

  it.each([
    ["", '""'],
    [",", '""'],
    ["wnam,", '""'],
    ["WNAM", '"WNAM"'],
    ["wnam,europe,weur", '"europe"'],
    ["wnam,weur,wnam", "twice"],
    ["wnam,weur", "2 regions"],
    ["wnam,enam,weur,apac", "4 regions"],
    [LOCATION_HINTS.join(","), "11 regions"],
  ])("%j is malformed: %s", (list, reason) => {
    const parsed = parseRegions(list);
    expect(parsed).toMatchObject({ type: "malformed", reason: expect.stringContaining(reason) });
  });
});
