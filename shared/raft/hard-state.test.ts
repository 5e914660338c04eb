import { describe, expect, it } from "vitest";
import { ENAM, THREE, WEUR } from "./fixture.ts";
import { bornState } from "./hard-state.ts";
import { mayResume } from "./leader.ts";

describe("the state a group is born in", () => {
  it("has every member's vote for the first region in block 1 (R1)", () => {
    for (const self of THREE) {
      expect(bornState(self, WEUR)).toMatchObject({ block: 1, promisedTo: WEUR, gaveUp: null });
    }
  });

  it("is won by the first region alone (R1)", () => {
    expect(THREE.filter((self) => mayResume(bornState(self, WEUR)))).toEqual([WEUR]);
    expect(bornState(ENAM, WEUR).won).toBeNull();
  });
});
