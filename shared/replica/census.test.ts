import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMs, type Instant, ms } from "../types.ts";
import { beginWalk, type Census, type CensusStep, NO_CENSUS, onAsked, onHeard } from "./census.ts";
import { CENSUS_RETRY_MS_MAX, SWEEP_MS } from "./limits.ts";

const NOW = 1_000_000 as Instant;
const MAX = 1_000;
const after = { hash: 1, group: "g" };

/** The last groups, and some that others follow. */
const LAST: CensusStep = { asked: 100, after: null, missed: false };
const MORE: CensusStep = { ...LAST, after };

const step = (census: Census, brought: CensusStep, now: Instant = NOW): Census =>
  onAsked(beginWalk(census, now), brought, MAX, now);

const heard = onHeard(NO_CENSUS, NOW);

describe("a census", () => {
  it("follows what was applied, once, and an hour later", () => {
    expect(heard).toMatchObject({ dueAt: NOW + SWEEP_MS, walk: null, again: true });
    expect(onHeard(heard, addMs(NOW, ms(5)))).toBe(heard);
    expect(step(heard, LAST)).toEqual(NO_CENSUS);
  });

  it("goes on at once where it was, until all groups are asked about", () => {
    const begun = step(heard, MORE);
    expect(begun).toMatchObject({ dueAt: NOW, walk: { since: NOW, after }, asked: 100 });
    expect(step(begun, LAST, addMs(NOW, ms(7)))).toEqual(NO_CENSUS);
  });

  it("asks no more in an hour than it may, and goes on in the next", () => {
    let census: Census = heard;
    let now = NOW;
    const pauses: number[] = [];
    for (let steps = 0; steps < 25; steps++) {
      census = step(census, MORE, now);
      const pauseMs = (census.dueAt ?? 0) - now;
      if (pauseMs > 0) pauses.push(steps);
      now = addMs(now, ms(pauseMs));
    }
    // Ten steps of a hundred groups.
    expect(pauses).toEqual([9, 19]);
    expect(now - NOW).toBe(2 * SWEEP_MS);
    expect(census.walk?.since).toBe(NOW);
  });

  it("is followed by another one where something was applied while it went on", () => {
    const found = onHeard(step(heard, MORE), NOW);
    const over = step(found, LAST);
    expect(over).toMatchObject({ dueAt: NOW + SWEEP_MS, walk: null, again: true });
    expect(step(over, LAST)).toEqual(NO_CENSUS);
  });

  it("comes again for what it missed, ever more rarely", () => {
    let census = step(step(heard, { ...MORE, missed: true }), LAST);
    const pauses: number[] = [];
    for (let retry = 0; retry < 8; retry++) {
      pauses.push((census.dueAt ?? 0) - NOW);
      census = step(census, { ...LAST, missed: true });
    }
    expect(pauses.slice(0, 3)).toEqual([SWEEP_MS, 2 * SWEEP_MS, 4 * SWEEP_MS]);
    expect(pauses.at(-1)).toBe(CENSUS_RETRY_MS_MAX);
    // What is applied meanwhile is not kept waiting so long.
    const found = step(onHeard(beginWalk(census, NOW), NOW), { ...LAST, missed: true });
    expect(found.dueAt).toBe(NOW + SWEEP_MS);
    expect(step(census, LAST)).toEqual(NO_CENSUS);
  });

  it("leaves nobody without an alarm who may lack something, and ends (F2, L3)", () => {
    const event = fc.oneof(
      fc.constant("applied" as const),
      fc.record({
        asked: fc.integer({ min: 0, max: 700 }),
        after: fc.constantFrom(null, after),
        missed: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let census = NO_CENSUS;
        for (const one of events) {
          if (one === "applied") census = onHeard(census, NOW);
          else if (census.dueAt !== null) census = step(census, one);
          if (census.again || census.walk !== null) expect(census.dueAt).not.toBeNull();
        }
        for (let steps = 0; census.dueAt !== null; steps++) {
          expect(steps).toBeLessThan(3);
          census = step(census, LAST);
        }
        expect(census).toEqual(NO_CENSUS);
      }),
    );
  });
});
