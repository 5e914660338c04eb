/**
 * The client over a network that loses requests, loses answers and delivers twice: what it says took effect did so once, and
 * what it says had none had none.
 */
import { describe, expect, it } from "vitest";
import { type Holdfast, HoldfastError, op } from "../../client/index.ts";
import { binding, connect } from "./client-service.ts";
import { freshKey, freshTag } from "./keys-client.ts";

const SEEDS = [1, 2, 3];

/** A sequence of numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Losses {
  requests: number;
  answers: number;
  twice: number;
}

function lossy(seed: number): { readonly holdfast: Holdfast; readonly losses: Losses } {
  const random = randomFrom(seed);
  const losses: Losses = { requests: 0, answers: 0, twice: 0 };
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const fate = random();
    if (fate < 0.15) {
      losses.requests++;
      throw new TypeError("the request was lost");
    }
    const answer = await binding.fetch(url, init);
    if (fate < 0.4) {
      losses.answers++;
      await answer.body?.cancel();
      throw new TypeError("the answer was lost");
    }
    if (fate < 0.5) {
      losses.twice++;
      await answer.body?.cancel();
      return binding.fetch(url, init);
    }
    return answer;
  };
  // Pauses are cut short: it is not time that is tested here.
  const sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, 2));
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  const options = { url: "https://holdfast.test", fetch, ports: { random, sleep } };
  return { holdfast: connect(options), losses };
}

/** How many came to something; those that did not must be certain that they had no effect. */
async function countOf(calls: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.allSettled(calls);
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    expect(outcome.reason).toBeInstanceOf(HoldfastError);
    expect(outcome.reason).toMatchObject({ definite: true });
  }
  return outcomes.filter(({ status }) => status === "fulfilled").length;
}

const times = <Value>(count: number, work: (n: number) => Promise<Value>): Promise<Value>[] =>
  Array.from({ length: count }, (_, n) => work(n));

describe.each(SEEDS)("seed %i", (seed) => {
  it("adds each once, in one group and in several", async () => {
    const { holdfast, losses } = lossy(seed);
    const tag = freshTag();
    const keys = [`{${tag}}a`, `{${tag}}b`, freshKey()];
    const add = () =>
      holdfast
        .transaction()
        .do(...keys.map((key) => op.add(key, 1)))
        .commit();
    const count = await countOf(times(12, add));
    for (const key of keys) expect((await connect().keys.get(key)).value).toBe(count);
    expect(count).toBeGreaterThan(6);
    expect(Math.min(losses.requests, losses.answers, losses.twice)).toBeGreaterThan(0);
  });

  it("counts each interactive transaction once", async () => {
    const { holdfast } = lossy(seed);
    const key = freshKey();
    const increment = () =>
      holdfast.transact(async (tx) => {
        const before = (await tx.get<number>(key)) ?? 0;
        tx.put(key, before + 1);
        return before + 1;
      });
    const count = await countOf(times(8, increment));
    expect((await connect().keys.get(key)).value).toBe(count);
  });

  it("lets one of many create a key, which hears that it was the one", async () => {
    const { holdfast } = lossy(seed);
    const key = freshKey();
    const created = await countOf(times(8, (n) => holdfast.keys.put(key, n, { ifAbsent: true })));
    expect(created).toBe(1);
  });

  it("lets one at a time hold a lock, under tokens that grow", async () => {
    const { holdfast } = lossy(seed);
    const name = freshKey();
    let holders = 0;
    const tokens: number[] = [];
    const work = async (_: AbortSignal, token: number) => {
      holders++;
      expect(holders).toBe(1);
      tokens.push(token);
      await connect().keys.put(`${name}/work`, token);
      holders--;
    };
    await Promise.all(times(4, () => holdfast.lock(name, { ttlMs: 5_000, waitMs: 15_000 }, work)));
    expect(tokens).toHaveLength(4);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
  });
});
