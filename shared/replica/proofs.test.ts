import { describe, expect, it } from "vitest";
import type { Instant } from "../types.ts";
import { Proofs } from "./proofs.ts";

const at = (time: number) => time as Instant;

describe("a proof", () => {
  it("counts from when the request was sent to when the read arrived", () => {
    const proofs = new Proofs(0, 10);
    proofs.set("g", at(1_000));
    expect(proofs.age("g", at(1_300), at(1_350))).toBe(300);
    expect(proofs.age("g", at(900), at(1_350))).toBe(0);
    expect(proofs.age("other", at(1_300), at(1_350))).toBeNull();
  });

  it("grants that this clock may be slow", () => {
    const proofs = new Proofs(0.1, 10);
    proofs.set("g", at(0));
    // A clock that runs at nine tenths shows 90 where 100 have passed.
    expect(proofs.age("g", at(90), at(90))).toBe(100);
    expect(proofs.age("g", at(1), at(1))).toBe(2);
  });

  it("is never replaced by an older one", () => {
    const proofs = new Proofs(0, 10);
    proofs.set("g", at(1_000));
    proofs.set("g", at(500));
    expect(proofs.age("g", at(1_000), at(1_000))).toBe(0);
  });

  it("is none while the clock shows a time before it", () => {
    const proofs = new Proofs(0, 10);
    proofs.set("g", at(1_000));
    expect(proofs.age("g", at(400), at(400))).toBeNull();
  });

  it("is forgotten when many others are newer", () => {
    const proofs = new Proofs(0, 2);
    for (const group of ["a", "b", "a", "c"]) proofs.set(group, at(1));
    const known = (group: string) => proofs.age(group, at(1), at(1)) !== null;
    expect(["a", "b", "c"].filter(known)).toEqual(["a", "c"]);
  });
});
