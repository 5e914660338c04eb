import { describe, expect, it } from "vitest";
import {
  allowsKey,
  allowsScope,
  faultOfNewToken,
  type Grant,
  idOfToken,
  isExpired,
  ROOT_GRANT,
  SCOPES,
  tokenText,
} from "./token.ts";
import type { Instant } from "./types.ts";

const at = (time: number) => time as Instant;
const grant = (part: Partial<Grant>): Grant => ({
  scopes: ["admin"],
  prefix: "",
  root: false,
  expiresAt: null,
  ...part,
});

describe("scopes", () => {
  it("stand for themselves alone", () => {
    for (const held of SCOPES) {
      for (const wanted of SCOPES) {
        expect(allowsScope(grant({ scopes: [held] }), wanted)).toBe(held === wanted);
      }
    }
  });

  it("are all root's", () => {
    for (const wanted of SCOPES) expect(allowsScope(ROOT_GRANT, wanted)).toBe(true);
  });
});

it("a prefix allows the keys that start with it", () => {
  const users = grant({ prefix: "users/" });
  for (const key of ["users/", "users/42"]) expect(allowsKey(users, key)).toBe(true);
  for (const key of ["users", "Users/42", "x/users/"]) expect(allowsKey(users, key)).toBe(false);
  expect(allowsKey(grant({ prefix: "" }), "anything")).toBe(true);
});

describe("a new token", () => {
  it.each([
    [grant({}), "", null, true],
    [grant({ prefix: "a/" }), "a/", null, true],
    [grant({ prefix: "a/" }), "a/b", null, true],
    [grant({ prefix: "a/" }), "a", null, false],
    [grant({ prefix: "a/" }), "", null, false],
    [grant({ prefix: "a/" }), "b/", null, false],
    [grant({ expiresAt: at(10) }), "", null, false],
    [grant({ expiresAt: at(10) }), "", at(11), false],
    [grant({ expiresAt: at(10) }), "", at(10), true],
    [ROOT_GRANT, "", null, true],
  ] as const)("of %j with the prefix %j and the end %j: %j", (by, prefix, expiresAt, allowed) => {
    expect(faultOfNewToken(by, { prefix, expiresAt }) === null).toBe(allowed);
  });
});

it("a token has expired from the very instant on", () => {
  expect(isExpired({ expiresAt: null }, at(5))).toBe(false);
  expect(isExpired({ expiresAt: at(5) }, at(4))).toBe(false);
  expect(isExpired({ expiresAt: at(5) }, at(5))).toBe(true);
});

describe("the text of a token", () => {
  const id = "01JD3T3V9Q4M8Y2N6W5X7Z0ABC";
  const text = tokenText(id, "a".repeat(43));

  it("tells its id", () => {
    expect(idOfToken(text)).toBe(id);
  });

  it.each([
    "",
    "hf_",
    text.slice(1),
    text.slice(0, -1),
    `${text}a`,
    text.toLowerCase(),
    text.replace("hf_01", "hf_81"),
    text.replace("ABC_", "ABU_"),
    text.replace("C_a", "Caa"),
    `${text.slice(0, -1)}/`,
    `${text.slice(0, -1)}\n`,
  ])("is nothing like %j", (other) => {
    expect(idOfToken(other)).toBeNull();
  });
});
