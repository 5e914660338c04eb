/** What may befall a store: the steps of a history, as they are drawn, and the entries they come to. */
import fc from "fast-check";
import type { Term } from "../../shared/raft/term.ts";
import type { Effect, Entry } from "../../shared/store/entry.ts";
import type { KeyRange } from "../../shared/store/view.ts";
import type { OutcomeEffect, TransactionEffect } from "../../shared/transaction/effects.ts";
import { transactionId } from "../../shared/transaction/id.ts";
import {
  type Attempt,
  type Instant,
  logIndex,
  type RequestId,
  type TransactionId,
} from "../../shared/types.ts";
import type { Twin } from "./store-twin.ts";

/** A horizon that covers whatever was made in its time; test/conformance/store has those that do not. */
const ALL = logIndex(Number.MAX_SAFE_INTEGER);

interface Append {
  readonly type: "append";
  readonly effects: readonly Effect[];
  readonly laterMs: number;
  readonly idempotencyKey: string | null;
  readonly nextWake: boolean;
  readonly transaction: {
    readonly id: TransactionId;
    readonly attempt: number;
    /** Resolves one of the votes there are, perhaps not for the first time. */
    readonly resolve: { readonly part: number; readonly committed: boolean } | null;
    readonly end: "outcome" | "attempt's abort" | "refusal" | null;
    readonly horizon: number | null;
    readonly vote: boolean;
  } | null;
}

export type Step =
  | Append
  | { readonly type: "truncate" | "compact"; readonly part: number }
  | { readonly type: "forget"; readonly before: number }
  /** The store is given up for another, which is sent a snapshot of it, in parts of so many bytes, and its log. */
  | { readonly type: "snapshot"; readonly bytesMax: number }
  | { readonly type: "reopen" };

/** Questions that are asked of both, of times and ranges drawn with the steps. */
export interface Questions {
  readonly range: KeyRange;
  readonly time: number;
}

export const KEYS = ["a", "a/1", "a/2", "b", "é", "\u{ffff}", "\u{10000}"];
export const IDEMPOTENCY_KEYS = ["k1", "k2", "k3"];

/** Made at 1, 2, 3 and 3. */
export const IDS = ["01", "02", "03", "03"].map((time, place) =>
  transactionId(`00000000${time}${"0".repeat(15)}${place}`, "the anchor"),
);

const encoder = new TextEncoder();

const key = fc.constantFrom(...KEYS);
const effect: fc.Arbitrary<Effect> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(key, fc.nat(9), fc.option(fc.integer({ min: 1, max: 40 }))).map(
      ([of, value, expiresAt]): Effect => ({
        type: "put",
        key: of,
        value: { bytes: encoder.encode("v".repeat(value)), contentType: `text/${value}` },
        expiresAt: expiresAt === null ? null : (expiresAt as Instant),
      }),
    ),
  },
  { weight: 1, arbitrary: key.map((of): Effect => ({ type: "delete", key: of, expired: false })) },
);

const transaction = fc.record({
  id: fc.constantFrom(...IDS),
  attempt: fc.nat(2),
  resolve: fc.option(fc.record({ part: fc.nat(10), committed: fc.boolean() }), { freq: 2 }),
  end: fc.constantFrom(null, null, "outcome", "attempt's abort", "refusal"),
  horizon: fc.option(fc.nat(3), { freq: 1 }).map((one) => (one === 0 ? null : one)),
  vote: fc.boolean(),
} as const);

const append = fc.record({
  type: fc.constant("append" as const),
  effects: fc.uniqueArray(effect, { maxLength: 4, selector: (one) => one.key }),
  laterMs: fc.nat(5),
  idempotencyKey: fc.option(fc.constantFrom(...IDEMPOTENCY_KEYS), { freq: 2 }),
  nextWake: fc.boolean(),
  transaction: fc.option(transaction, { freq: 3 }),
});
const cut = (type: "truncate" | "compact"): fc.Arbitrary<Step> =>
  fc.nat(10).map((part): Step => ({ type, part }));

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: append },
    { weight: 2, arbitrary: cut("truncate") },
    { weight: 2, arbitrary: cut("compact") },
    { weight: 2, arbitrary: fc.nat(30).map((before): Step => ({ type: "forget", before })) },
    { weight: 1, arbitrary: fc.nat(20).map((bytesMax): Step => ({ type: "snapshot", bytesMax })) },
    { weight: 1, arbitrary: fc.constant<Step>({ type: "reopen" }) },
  ),
  { maxLength: 30 },
);

const maybeKey = fc.option(key, { freq: 3 });

export const questions: fc.Arbitrary<Questions> = fc.record({
  range: fc.record({
    prefix: fc.constantFrom("", "", "a", "a/", "\u{ffff}", "\u{10000}"),
    start: maybeKey,
    end: maybeKey,
    after: maybeKey,
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 8 }),
  }),
  time: fc.nat(45),
});

/** The entry that a step appends to what the twin holds. */
export function entryOf(step: Append, twin: Twin): Entry {
  const before = twin.entries.at(-1);
  const index = logIndex(twin.entries.length + 1);
  const { idempotencyKey } = step;
  const wake = (before?.term.wake ?? 0) + (step.nextWake ? 1 : 0);
  const at = Math.max((before?.at ?? 0) + step.laterMs, twin.forgottenBefore);
  const transaction = transactionOf(step, twin);
  const ended = transaction?.some((one) => one.type === "outcome");
  const voted = transaction?.some((one) => one.type === "vote");
  const resolved = transaction?.find((one) => one.type === "resolve")?.vote;
  const open = twin.openVotes(twin.entries.length).filter((vote) => vote !== resolved);
  const oldestOpen = open[0] ?? (voted ? index : undefined);
  // Nobody writes a key that a vote locks.
  const locked = open.flatMap((vote) => twin.entries[vote - 1]?.effects ?? []);
  return {
    index,
    term: { block: 1, wake } as unknown as Term,
    at: at as Instant,
    request: (step.transaction?.id ?? (index % 3 === 0 ? null : `q${index}`)) as RequestId | null,
    effects: step.effects.filter(({ key: of }) => !locked.some((one) => one.key === of)),
    ...(transaction && { transaction }),
    ...(oldestOpen !== undefined && { oldestOpen: logIndex(oldestOpen) }),
    outcome: idempotencyKey === null || ended ? null : { succeeded: true, results: [] },
    idempotency: idempotencyKey === null ? null : { key: idempotencyKey, fingerprint: `${index}` },
  };
}

function transactionOf(
  { transaction: drawn }: Append,
  twin: Twin,
): TransactionEffect[] | undefined {
  if (drawn === null) return undefined;
  const { id, resolve, end, horizon, vote } = drawn;
  const attempt = drawn.attempt as Attempt;
  const effects: TransactionEffect[] = [];
  const votes = twin.effects("vote");
  const resolved = resolve && votes[Math.round(((votes.length - 1) * resolve.part) / 10)];
  if (resolved) {
    const { index, effect: of } = resolved;
    effects.push({
      type: "resolve",
      id: of.id,
      attempt: of.attempt,
      vote: index,
      committed: resolve.committed,
    });
  }
  if (horizon !== null) {
    effects.push({ type: "horizon", through: horizon as Instant, upTo: ALL });
  }
  if (end === "refusal") effects.push({ type: "refusal", id, attempt });
  if (end === "outcome") effects.push(outcomeOf(id, attempt, true));
  if (end === "attempt's abort") effects.push(outcomeOf(id, attempt, false));
  if (vote) {
    effects.push(
      { type: "record", id, attempt, participants: ["other"], idempotency: null },
      {
        type: "vote",
        id,
        attempt,
        locks: [],
        failed: [],
        fault: null,
        results: [],
        otherwise: [],
        recoverAt: 9 as Instant,
      },
    );
  }
  return effects.length === 0 ? undefined : effects;
}

/** Of an attempt there is but one final outcome, however often it is said. */
function outcomeOf(id: TransactionId, attempt: Attempt, final: boolean): OutcomeEffect {
  const statuses = ["committed", "else", "aborted"] as const;
  const status = final ? statuses[(IDS.indexOf(id) + attempt) % 3] : "aborted";
  const bytes = Uint8Array.from([attempt, 255, 0, 128]);
  return {
    type: "outcome",
    id,
    attempt,
    status: status ?? "aborted",
    final,
    votes: { one: logIndex(3) },
    answer:
      status === "aborted"
        ? null
        : {
            succeeded: status === "committed",
            failed: [],
            results: [
              { at: 0, op: "put", key: "a", revision: logIndex(3) },
              {
                at: 1,
                op: "get",
                key: "b",
                revision: logIndex(2),
                value: { bytes, contentType: "text/plain" },
              },
            ],
          },
    fault: status === "aborted" ? { code: "deadline-exceeded", detail: "too late" } : null,
  };
}
