import { describe, expect, it } from "vitest";
import { assert, unreachable, Violation } from "./assert.ts";

describe("an assertion", () => {
  it("says nothing while the invariant holds", () => {
    expect(() => assert(true, "R1", "one leader a block", 1, 1)).not.toThrow();
  });

  it("that is broken names the invariant and shows both sides", () => {
    const broken = () => assert(false, "R3", "a committed entry is cut off", 4, 7);
    expect(broken).toThrow(Violation);
    expect(broken).toThrow("R3: a committed entry is cut off; found 4, expected 7");
  });

  it("tells the host which invariant it was", () => {
    expect(new Violation("L1", "two leases", {}, {}).invariant).toBe("L1");
  });

  it("guards the branch that a type rules out", () => {
    expect(() => unreachable({ type: "new" } as never)).toThrow('unreachable: {"type":"new"}');
  });
});
