import { describe, expect, it } from "vitest";
import { internalKey } from "../../shared/lock/key.ts";
import type { Entry } from "../../shared/store/entry.ts";
import { type Attempt, type Instant, logIndex, type TransactionId } from "../../shared/types.ts";
import type { Selector } from "../../shared/watch/selector.ts";
import type { Episode, Told } from "../plays/watch/stream.ts";
import { answeredGet, bareEntry, bytes, log, reported } from "./fixture.ts";
import { checkEpisode, visibleIn } from "./watch/sequence.ts";
import { checkRefused, checkStart } from "./watch/start.ts";

const ID = "01HF7YAT00VVVVVVVVVVVVVVVV.a" as TransactionId;
const FIRST = 1 as Attempt;

const entry = (index: number, ...values: [key: string, value: string | null][]): Entry =>
  bareEntry(index, `w${index}`, {
    effects: values.map(([key, value]) =>
      value === null
        ? { type: "delete", key, expired: false }
        : {
            type: "put",
            key,
            value: { bytes: bytes(value), contentType: "text/plain" },
            expiresAt: null,
          },
    ),
  });

/** A transaction's vote at 3, which takes effect at 5. */
const ENTRIES: Entry[] = [
  entry(1, ["a", "1"]),
  entry(2, ["a", "2"], ["b", "2"]),
  {
    ...entry(3, ["a", "3"], ["b", "3"]),
    transaction: [
      {
        type: "vote",
        id: ID,
        attempt: FIRST,
        locks: [],
        failed: [],
        fault: null,
        results: [],
        otherwise: [],
        recoverAt: 0 as Instant,
      },
    ],
  },
  entry(4, [internalKey("lock", "a"), "4"]),
  {
    ...entry(5),
    transaction: [{ type: "resolve", id: ID, attempt: FIRST, vote: logIndex(3), committed: true }],
  },
  entry(6, ["a", null]),
];
const LOG = log(...ENTRIES);

const told = (position: string, key: string, revision: number, value: string | null): Told => ({
  position,
  key,
  revision: logIndex(revision),
  value,
  at: 0,
});

const ALL = [
  told("1", "a", 1, "1"),
  told("2.1", "a", 2, "2"),
  told("2", "b", 2, "2"),
  told("5.1", "a", 3, "3"),
  told("5", "b", 3, "3"),
  told("6", "a", 6, null),
];

const group: Selector = { type: "prefix", prefix: "" };

const episode = (from: string, position: string, changes: readonly Told[]): Episode => ({
  askedAt: 100,
  asked: { type: "now" },
  from,
  told: [...changes],
  position,
});

describe("W1: what a watch tells", () => {
  const check = (selector: Selector, ...about: Parameters<typeof episode>) =>
    reported((report) => checkEpisode("w", episode(...about), selector, visibleIn(LOG), report));

  it("is every change from where it began, as it became visible", () => {
    expect(check(group, "0", "6", ALL)).toEqual([]);
    expect(check(group, "2.1", "6", ALL.slice(2))).toEqual([]);
    expect(check(group, "2", "5.1", ALL.slice(3, 4))).toEqual([]);
    expect(check(group, "6", "6", [])).toEqual([]);
  });

  it("is of what is watched alone, and of locks only where they are", () => {
    const ofB = [told("2", "b", 2, "2"), told("5", "b", 3, "3")];
    expect(check({ type: "key", key: "b" }, "0", "6", ofB)).toEqual([]);
    const key = internalKey("lock", "a");
    expect(check({ type: "key", key }, "0", "6", [told("4", key, 4, "4")])).toEqual([]);
    expect(check({ type: "prefix", prefix: "b" }, "0", "6", ofB)).toEqual([]);
  });

  it.each<[string, Told[]]>([
    ["without one of them", ALL.toSpliced(2, 1)],
    ["with one twice", ALL.toSpliced(2, 0, ALL[2] as Told)],
    ["in another order", [ALL[1], ALL[0], ...ALL.slice(2)] as Told[]],
    ["with another value", ALL.with(0, told("1", "a", 1, "other"))],
    ["with an intent as it was voted for", ALL.toSpliced(3, 0, told("3", "a", 3, "3"))],
    ["with a position that is another's", ALL.with(1, told("2", "a", 2, "2"))],
    ["with what the log has lost", [...ALL, told("7", "a", 7, "7")]],
    ["and does not tell the last", ALL.slice(0, -1)],
  ])("is never told %s", (_, changes) => {
    expect(check(group, "0", "6", changes)).toEqual(["W1"]);
  });
});

describe("where a watch begins", () => {
  const heard = answeredGet([0, 50], "a", 4, null);
  const check = (changes: Partial<Episode>) =>
    reported((report) =>
      checkStart("w", { ...episode("4", "6", []), ...changes }, [heard], report),
    );

  it("is behind whatever was told before it was asked for", () => {
    expect(check({})).toEqual([]);
    expect(check({ from: "3" })).toEqual(["W1"]);
    expect(check({ from: "3", askedAt: 40 })).toEqual([]);
  });

  it("is at the revision that was asked for", () => {
    const asked = { type: "revision", revision: logIndex(3) } as const;
    expect(check({ asked, from: "2" })).toEqual([]);
    expect(check({ asked, from: "3" })).toEqual(["W1"]);
  });
});

describe("a watch that is refused as compacted", () => {
  const answer = { type: "refused", code: "revision-compacted", detail: "" } as const;
  const check = (revision: number, latest: number) => {
    const asked = { type: "revision", revision: logIndex(revision) } as const;
    const witness = { incarnation: "m" as never, arrivedAt: null, latest: latest as Instant };
    return reported((report) =>
      checkRefused("w", { askedAt: 0, asked, answer, witness }, LOG, 1_000, witness, report),
    );
  };

  it("wanted what is older than the history window", () => {
    const { at } = ENTRIES[5] as Entry;
    expect(check(6, at + 1_001)).toEqual([]);
    expect(check(6, at + 999)).toEqual(["history"]);
  });
});
