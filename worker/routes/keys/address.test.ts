import { describe, expect, it } from "vitest";
import { Problem } from "../../problem.ts";
import { addressOf } from "./address.ts";

const origin = "https://holdfast.example:8787";
const codeOf = (url: string) => {
  try {
    addressOf(url);
    return null;
  } catch (problem) {
    return problem instanceof Problem ? problem.code : problem;
  }
};

describe("the key of a URL", () => {
  it.each([
    ["users/42", "users/42"],
    ["users%2F42", "users/42"],
    ["/", "/"],
    ["a/", "a/"],
    ["a//b", "a//b"],
    ["a%3Fb", "a?b"],
    ["a%2523", "a%23"],
    ["a+b", "a+b"],
    ["%F0%9F%8C%8D", "🌍"],
    ["keys/keys/", "keys/keys/"],
    ["a/../b/./c", "a/../b/./c"],
  ])("%s", (path, key) => {
    expect(addressOf(`${origin}/v1/default/keys/${path}`)).toEqual({ key, queryAt: -1 });
    const url = `${origin}/v1/default/keys/${path}?x=1/2?3`;
    const { key: same, queryAt } = addressOf(url);
    expect(same).toBe(key);
    expect(url.slice(queryAt)).toBe("x=1/2?3");
  });

  it.each(["", "?a=/b/c/d/e"])("cannot be empty: %j", (rest) => {
    expect(codeOf(`${origin}/v1/default/keys/${rest}`)).toBe("bad-request");
  });

  it.each(["%", "%4", "%zz", "%ff", "%c0%af", "%ed%a0%80"])("cannot be %s", (path) => {
    expect(codeOf(`${origin}/v1/default/keys/a${path}`)).toBe("bad-request");
  });

  it("has at most 512 bytes in UTF-8", () => {
    expect(codeOf(`${origin}/v1/default/keys/${"x".repeat(512)}`)).toBeNull();
    expect(codeOf(`${origin}/v1/default/keys/${"x".repeat(513)}`)).toBe("too-large");
    expect(codeOf(`${origin}/v1/default/keys/${"%C3%A4".repeat(256)}`)).toBeNull();
    expect(codeOf(`${origin}/v1/default/keys/x${"%C3%A4".repeat(256)}`)).toBe("too-large");
  });

  it("is not the list of all keys", () => {
    expect(codeOf(`${origin}/v1/default/keys`)).toBe("method-not-allowed");
    expect(codeOf(`${origin}/v1/default/keys?a=/b/c/d`)).toBe("method-not-allowed");
  });
});
