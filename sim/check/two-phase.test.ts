import { describe, expect, it } from "vitest";
import type { Entry } from "../../shared/store/entry.ts";
import type {
  OutcomeEffect,
  ResolveEffect,
  TransactionEffect,
  VoteEffect,
} from "../../shared/transaction/effects.ts";
import {
  type Attempt,
  type Block,
  type Instant,
  logIndex,
  type RequestId,
  type TransactionId,
  type Wake,
} from "../../shared/types.ts";
import type { GroupLog } from "../archive.ts";
import type { Word } from "../plays/transactions/told.ts";
import { reported } from "./fixture.ts";
import { checkTwoPhase } from "./two-phase.ts";

const ID = "01HF7YAT00VVVVVVVVVVVVVVVV.a" as TransactionId;
const OTHER = "01HF7YAT01VVVVVVVVVVVVVVVV.a" as TransactionId;
const FIRST = 1 as Attempt;

const record = (attempt = FIRST): TransactionEffect => ({
  type: "record",
  id: ID,
  attempt,
  participants: ["b"],
  idempotency: null,
});

const vote = (key: string, more: Partial<VoteEffect> = {}): VoteEffect => ({
  type: "vote",
  id: ID,
  attempt: FIRST,
  locks: [{ key, write: true }],
  failed: [],
  fault: null,
  results: [],
  otherwise: [],
  recoverAt: 0 as Instant,
  ...more,
});

const outcome = (more: Partial<OutcomeEffect> = {}): OutcomeEffect => ({
  type: "outcome",
  id: ID,
  attempt: FIRST,
  status: "committed",
  final: true,
  votes: { a: logIndex(1), b: logIndex(1) },
  answer: { succeeded: true, failed: [], results: [] },
  fault: null,
  ...more,
});

const aborted = (more: Partial<OutcomeEffect> = {}): OutcomeEffect =>
  outcome({ status: "aborted", votes: {}, answer: null, ...more });

const resolve = (committed: boolean, at = 1): ResolveEffect => ({
  type: "resolve",
  id: ID,
  attempt: FIRST,
  vote: logIndex(at),
  committed,
});

/** A group's log: an entry for each list of effects, appended that many milliseconds apart. */
function log(
  group: string,
  entries: readonly (readonly TransactionEffect[])[],
  apart = 1,
): GroupLog {
  const all = entries.map(
    (transaction, at): Entry => ({
      index: logIndex(at + 1),
      term: { block: 1 as Block, wake: 1 as Wake },
      at: (at * apart) as Instant,
      request: ID as string as RequestId,
      effects: [],
      transaction,
      outcome: null,
      idempotency: null,
    }),
  );
  return { group, entries: all, members: [all] };
}

const anchor = log("a", [
  [record(), vote("x")],
  [outcome(), resolve(true)],
]);
const participant = log("b", [[vote("y")], [resolve(true)]]);

const word = (told: Word["told"]): Word => ({
  id: ID,
  by: "client1",
  askedAt: 1,
  toldAt: 2,
  told,
  answer: null,
});

const found = (logs: readonly GroupLog[], words: readonly Word[] = []): string[] =>
  reported((report) => checkTwoPhase(logs, words, { historyMs: 0, clockSpreadMs: 0 }, report));

describe("the logs of all groups", () => {
  it("agree where a transaction was committed, and told so", () => {
    expect(found([anchor, participant], [word("committed"), word("pending")])).toEqual([]);
  });

  it("agree where an attempt gave way, and another one was committed", () => {
    const second = 2 as Attempt;
    const a = log("a", [
      [record(), vote("x")],
      [aborted({ final: false }), resolve(false)],
      [record(second), vote("x", { attempt: second })],
      [
        outcome({ attempt: second, votes: { a: logIndex(3), b: logIndex(1) } }),
        { ...resolve(true, 3), attempt: second },
      ],
    ]);
    const b = log("b", [[vote("y", { attempt: second })], [{ ...resolve(true), attempt: second }]]);
    expect(found([a, b], [word("committed")])).toEqual([]);
  });

  it("show a vote that changes, and a refusal beside a vote (T2)", () => {
    const twice = log("b", [[vote("y")], [resolve(true)], [vote("y")], [resolve(false, 3)]]);
    expect(found([anchor, twice])).toEqual(["T2"]);
    const refused = log("b", [
      [vote("y")],
      [resolve(true)],
      [{ ...resolve(true), type: "refusal" }],
    ]);
    expect(found([anchor, refused])).toEqual(["T2"]);
  });

  it("may forget a vote when it is resolved and compacted", () => {
    const late = log("b", [[vote("y")], [resolve(true)], [vote("y")], [resolve(false, 3)]], 40_000);
    expect(found([anchor, late])).toEqual([]);
  });

  it("show a part that is dropped, or takes effect alone (T1)", () => {
    expect(found([anchor, log("b", [[vote("y")], [resolve(false)]])])).toEqual(["T1"]);
    const undone = log("a", [
      [record(), vote("x")],
      [aborted(), resolve(false)],
    ]);
    expect(found([undone, participant])).toEqual(["T1"]);
  });

  it("show what is never resolved (T5)", () => {
    expect(found([anchor, log("b", [[vote("y")]])])).toEqual(["T5"]);
  });

  it("show an outcome that does not follow from the votes (T3)", () => {
    expect(found([anchor, log("b", [])])).toEqual(["T3"]);
    const failed = [{ condition: 0, key: "y", revision: null }];
    const no = log("b", [[vote("y", { failed })], [resolve(true)]]);
    expect(found([anchor, no])).toEqual(["T3"]);
  });

  it("show two outcomes, and two records of an attempt (T3)", () => {
    const two = log("a", [...anchor.entries.map((entry) => entry.transaction ?? []), [aborted()]]);
    expect(found([two, participant])).toEqual(["T3"]);
    const again = log("a", [
      ...anchor.entries.map((entry) => entry.transaction ?? []),
      [record(), vote("x", { attempt: 2 as Attempt })],
      [resolve(false, 3)],
    ]);
    expect(found([again, participant])).toEqual(["T3"]);
  });

  it("show that a client was told something else (T3)", () => {
    expect(found([anchor, participant], [word("aborted")])).toEqual(["T3"]);
    expect(found([anchor, participant], [word("refused")])).toEqual(["T3"]);
    const undone = [log("a", [[aborted()]])];
    expect(found(undone, [word("aborted"), word("refused")])).toEqual([]);
    expect(found(undone, [word("else")])).toEqual(["T3"]);
  });

  it("show a key that was changed or locked while it was locked", () => {
    const other = vote("y", { id: OTHER });
    const locked = log("b", [
      [vote("y")],
      [other],
      [resolve(true)],
      [{ ...resolve(false, 2), id: OTHER }],
    ]);
    expect(found([anchor, locked])).toEqual(["locks"]);
    const [first, second] = participant.entries;
    if (first === undefined || second === undefined) throw new Error("the log has two entries");
    const put: Entry = {
      ...second,
      transaction: [],
      effects: [{ type: "delete", key: "y", expired: false }],
    };
    const entries = [first, put, { ...second, index: logIndex(3) }];
    expect(found([anchor, { group: "b", entries, members: [entries] }])).toEqual(["locks"]);
  });
});
