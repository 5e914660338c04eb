import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMs, type Instant, ms, region } from "../types.ts";
import { ROUND_RETRY_MS, SWEEP_MS } from "./limits.ts";
import { begin, newRounds, onApplied, onNews, onStep, type Rounds, type Step } from "./rounds.ts";

const NOW = 1_000_000 as Instant;
const OTHERS = ["wnam", "enam", "apac"].map(region);
const [WNAM, ENAM, APAC] = OTHERS;

/** The last page of a filled replica, of which nothing stays behind. */
const LAST: Step = { after: null, filled: true, missed: false };
const MORE: Step = { ...LAST, after: { hash: 1, group: "g" } };

/** A whole round, by what came of each region. */
function round(rounds: Rounds, steps: readonly (Step | null)[], now: Instant = NOW): Rounds {
  let after = rounds;
  for (const step of steps) after = onStep(begin(after, OTHERS), step, now);
  return after;
}

/** A replica that is filled and has nothing to do. */
const idle = round(newRounds(NOW), [LAST, LAST, LAST]);

describe("a new replica", () => {
  it("begins at once, and looks at every other one, page by page", () => {
    let rounds = newRounds(NOW);
    expect(rounds.dueAt).toBe(NOW);
    const asked: unknown[] = [];
    for (const step of [MORE, LAST, LAST, LAST]) {
      const begun = begin(rounds, OTHERS);
      asked.push([begun.round.regions[0], begun.round.after?.group ?? null]);
      expect(begun.filled).toBe(false);
      rounds = onStep(begun, step, NOW);
    }
    expect(asked).toEqual([
      [WNAM, null],
      [WNAM, "g"],
      [ENAM, null],
      [APAC, null],
    ]);
    expect(rounds).toEqual(idle);
    expect(idle).toMatchObject({ filled: true, dueAt: null, round: null });
  });

  it("is filled once one that is filled was looked at whole, though others do not answer", () => {
    const rounds = round(newRounds(NOW), [null, LAST, null]);
    expect(rounds).toMatchObject({ filled: true, dueAt: NOW + ROUND_RETRY_MS });
    expect(begin(rounds, OTHERS).round.regions).toEqual([WNAM, APAC]);
  });

  it("is not filled by others that are as new, while one does not answer", () => {
    const young = { ...LAST, filled: false };
    const rounds = round(newRounds(NOW), [young, young, null]);
    expect(rounds.filled).toBe(false);
    expect(round(rounds, [young]).filled).toBe(true);
  });

  it("is not filled by a round in which a group stayed behind", () => {
    const behind = [{ ...MORE, missed: true }, LAST];
    const young = { ...LAST, filled: false };
    const rounds = round(newRounds(NOW), [...behind, young, young]);
    expect(rounds).toMatchObject({ filled: false, left: { regions: [WNAM] } });
  });
});

describe("a sweep", () => {
  it("follows what was applied, once, and an hour later", () => {
    const news = onApplied(idle, NOW);
    expect(news.dueAt).toBe(NOW + SWEEP_MS);
    expect(onApplied(news, addMs(NOW, ms(5)))).toBe(news);
    expect(begin(news, OTHERS).round.news).toBe(true);
    expect(round(news, [LAST, LAST, LAST])).toEqual(idle);
  });

  it("is followed by another where something was applied while it went on", () => {
    const begun = begin(onApplied(idle, NOW), OTHERS);
    const found = onApplied(onStep(begun, LAST, NOW), NOW);
    expect(found.dueAt).toBe(NOW);
    const after = round(found, [LAST, LAST]);
    expect(after).toMatchObject({ dueAt: NOW + SWEEP_MS, news: true, round: null });
    expect(round(after, [LAST, LAST, LAST])).toEqual(idle);
  });

  it("is made by a replica that hears of news, which tells nobody", () => {
    const stirred = onNews(idle, NOW);
    expect(stirred.dueAt).toBe(NOW + SWEEP_MS);
    expect(begin(stirred, OTHERS).round.news).toBe(false);
    expect(onNews(stirred, addMs(NOW, ms(9)))).toBe(stirred);
    expect(round(stirred, [LAST, LAST, LAST])).toEqual(idle);
  });

  it("tells its news to a region that did not hear it, ever more rarely", () => {
    let rounds = round(onApplied(idle, NOW), [LAST, null, LAST]);
    const pauses: number[] = [];
    for (let retry = 0; retry < 8; retry++) {
      pauses.push((rounds.dueAt ?? 0) - NOW);
      const begun = begin(rounds, OTHERS);
      expect(begun.round).toMatchObject({ regions: [ENAM], news: true });
      rounds = onStep(begun, null, NOW);
    }
    expect(pauses.slice(0, 3)).toEqual([ROUND_RETRY_MS, 2 * ROUND_RETRY_MS, 4 * ROUND_RETRY_MS]);
    expect(pauses.at(-1)).toBe(SWEEP_MS);
    expect(round(rounds, [LAST])).toEqual(idle);
  });

  it("looks at all regions again where there is news on top of what is left", () => {
    const rounds = onApplied(round(onApplied(idle, NOW), [null, LAST, LAST]), NOW);
    expect(rounds.dueAt).toBe(NOW + ROUND_RETRY_MS);
    expect(begin(rounds, OTHERS).round).toMatchObject({ regions: OTHERS, news: true });
  });
});

describe("whatever happens", () => {
  const step = fc.option(
    fc.record({
      after: fc.constantFrom(null, MORE.after),
      filled: fc.boolean(),
      missed: fc.boolean(),
    }),
  );
  const event = fc.oneof(
    fc.constant("applied" as const),
    fc.constant("news" as const),
    step.map((brought) => ({ brought })),
  );

  it("nobody who may lack something is left without an alarm, and it ends (F2, L3)", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let rounds = newRounds(NOW);
        for (const one of events) {
          if (one === "applied") rounds = onApplied(rounds, NOW);
          else if (one === "news") rounds = onNews(rounds, NOW);
          else if (rounds.dueAt !== null) rounds = onStep(begin(rounds, OTHERS), one.brought, NOW);
          const mayLack = rounds.news || rounds.round || rounds.left || !rounds.filled;
          if (mayLack) expect(rounds.dueAt).not.toBeNull();
        }
        for (let steps = 0; rounds.dueAt !== null; steps++) {
          expect(steps).toBeLessThan(10);
          rounds = onStep(begin(rounds, OTHERS), LAST, NOW);
        }
        expect(rounds).toEqual(idle);
      }),
    );
  });
});
