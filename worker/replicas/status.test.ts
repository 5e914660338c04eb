import { describe, expect, it } from "vitest";
import type { GroupStatus } from "../../shared/replica/request.ts";
import { type Instant, logIndex, type Ms, region } from "../../shared/types.ts";
import { lagOf, lagsOf } from "./status.ts";

const at = (time: number): Instant => time as Instant;
const now = at(10_000);

const group = (index: number, time: number, ageMs: number | null = null): GroupStatus => ({
  group: "g",
  index: logIndex(index),
  at: at(time),
  ageMs: ageMs as Ms | null,
});

const unknown = () => null;

describe("how far a replica is behind in a group", () => {
  it("is nothing where it lacks nothing, however long ago that was", () => {
    expect(lagOf(group(7, 1_000), logIndex(7), now, unknown)).toBe(0);
    expect(lagOf(group(8, 1_000), logIndex(7), now, unknown)).toBe(0);
    expect(lagOf(group(0, 0), logIndex(0), now, unknown)).toBe(0);
  });

  it("is the age of the oldest entry that it lacks", () => {
    const lacksSince = (index: number) => (index === 6 ? at(9_400) : null);
    expect(lagOf(group(6, 1_000), logIndex(7), now, lacksSince)).toBe(600);
    expect(lagOf(group(6, 1_000), logIndex(7), now, () => at(10_500))).toBe(0);
  });

  it("is what it proves where that entry is not known", () => {
    expect(lagOf(group(6, 9_000), logIndex(7), now, unknown)).toBe(1_000);
    expect(lagOf(group(6, 9_000, 300), logIndex(7), now, unknown)).toBe(300);
    expect(lagOf(group(0, 0, 300), logIndex(7), now, unknown)).toBe(300);
    expect(lagOf(group(0, 0), logIndex(7), now, unknown)).toBeNull();
  });
});

it("how far regions are behind one another is told by their newest entries", () => {
  const status = (name: string, newestAt: number) => ({
    region: region(name),
    status: { groups: [], known: 1, newestAt: at(newestAt), filled: true },
  });
  expect(lagsOf([status("weur", 5_000), status("apac", 4_200)])).toEqual([0, 800]);
  expect(lagsOf([status("weur", 5_000), status("apac", 0)])).toEqual([0, null]);
  expect(lagsOf([status("weur", 0), status("apac", 0)])).toEqual([0, 0]);
  expect(lagsOf([])).toEqual([]);
});
