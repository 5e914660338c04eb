import { describe, expect, it } from "vitest";
import { Problem } from "../../problem.ts";
import { groupAt, groupAtLeader } from "./address.ts";

const url = (rest: string) => `http://holdfast.test/v1/default/groups/${rest}`;

function codeOf(call: () => unknown): string {
  try {
    call();
    return "none";
  } catch (fault) {
    return fault instanceof Problem ? fault.code : "other";
  }
}

describe("a group", () => {
  it.each([
    ["users", "users"],
    ["users/42", "users/42"],
    ["users%2F42", "users/42"],
    ["/a//", "/a//"],
    ["a%0Ab", "a\nb"],
    ["%C3%BC%25", "ü%"],
    ["a?group=b", "a"],
    ["a/leader", "a/leader"],
    ["a{b", "a{b"],
    ["{}a", "{}a"],
  ])("%s is %j", (rest, group) => {
    expect(groupAt(url(rest))).toBe(group);
    expect(groupAtLeader(url(rest.replace(/(?=\?|$)/, "/leader")))).toBe(group);
  });

  it.each([
    ["", "bad-request"],
    ["%ff", "bad-request"],
    ["%", "bad-request"],
    ["stock/{7}", "bad-request"],
    ["%7B7%7D", "bad-request"],
    ["a".repeat(513), "too-large"],
    ["%C3%BC".repeat(257), "too-large"],
  ])("%s is none: %s", (rest, code) => {
    expect(codeOf(() => groupAt(url(rest)))).toBe(code);
    expect(codeOf(() => groupAtLeader(url(`${rest}/leader`)))).toBe(code);
  });

  it("ends before the last slash alone", () => {
    expect(groupAtLeader(url("leader/leader"))).toBe("leader");
    expect(groupAtLeader(url("a/leader/leader"))).toBe("a/leader");
    expect(groupAtLeader(url("a%2Fleader/l%65ader"))).toBe("a/leader");
  });
});
