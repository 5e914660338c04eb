/**
 * What clients asked of real processes and what they heard, and whether one order of it all explains every answer.
 *
 * A history counts only what clients can know: a request that nobody answered may have taken effect or not. So
 * that such requests do not stay open for ever, which would make the search for an order hopeless, one ends
 * where its effect was first seen, and one whose effect nobody saw is left out. Both lose nothing, as long as
 * keys exist from the start and are never deleted: an unseen write can always be put right before the
 * write that hid it, or last.
 */
import { checkLinearizability } from "../../sim/check/linearizability.ts";
import { type KeyOperation, register } from "../../sim/check/register.ts";

export type Action =
  | { readonly type: "get" }
  | {
      readonly type: "put";
      /** Different in every put. */
      readonly value: string;
      /** The revision it is conditional on, null for a key that must be absent; undefined for any. */
      readonly ifRevision: number | null | undefined;
    };

export type Outcome =
  /** A read's: what was there. */
  | {
      readonly type: "record";
      readonly record: { readonly revision: number; readonly value: string } | null;
    }
  | { readonly type: "written"; readonly revision: number; readonly created: boolean }
  /** The condition did not hold. */
  | { readonly type: "failed"; readonly revision: number | null }
  /** It certainly had no effect, and showed nothing. */
  | { readonly type: "nothing" }
  /** It may have had its effect, or may yet. */
  | { readonly type: "unknown" };

export interface Attempt {
  readonly client: number;
  readonly key: string;
  readonly action: Action;
  readonly invokedAt: number;
  readonly returnedAt: number;
  readonly outcome: Outcome;
  /** Who answered, or how the answer was named. */
  readonly by: string;
}

/** What each revision of a key holds, as far as anybody knows. */
export type Values = ReadonlyMap<number, string>;

/** The revisions that some answer names, and what they hold where the answer or the request says so. */
export function revisionsOf(attempts: readonly Attempt[]): Map<number, string | null> {
  const revisions = new Map<number, string | null>();
  for (const { action, outcome } of attempts) {
    if (outcome.type === "record" && outcome.record !== null) {
      revisions.set(outcome.record.revision, outcome.record.value);
    } else if (outcome.type === "written" && action.type === "put") {
      revisions.set(outcome.revision, action.value);
    } else if (outcome.type === "failed" && outcome.revision !== null) {
      const { revision } = outcome;
      if (!revisions.has(revision)) revisions.set(revision, null);
    }
  }
  return revisions;
}

/**
 * The history of one key for the checker.
 * @param values what all revisions hold that {@link revisionsOf} names
 */
export function keyHistory(attempts: readonly Attempt[], values: Values): KeyOperation[] {
  const seen = firstSeen(attempts, values);
  return attempts.flatMap((attempt, number): KeyOperation[] => {
    const { action, outcome, invokedAt, returnedAt } = attempt;
    if (outcome.type === "nothing") return [];
    if (action.type === "get") {
      if (outcome.type !== "record") return [];
      const observed = { type: "observe", record: outcome.record } as const;
      return [{ number, invokedAt, returnedAt, action: observed }];
    }
    const unknown = outcome.type === "unknown";
    const end = unknown ? seen.get(action.value) : returnedAt;
    if (end === undefined) return [];
    return [
      {
        number,
        invokedAt,
        returnedAt: end,
        action: {
          type: "write",
          conditions: conditionsOf(action.ifRevision),
          change: { type: "put", value: action.value, mayExpireFrom: null },
          outcome:
            outcome.type === "written"
              ? { succeeded: true, revision: outcome.revision, existed: !outcome.created }
              : outcome.type === "failed"
                ? { succeeded: false, seen: outcome.revision }
                : null,
        },
      },
    ];
  });
}

/** When somebody first had an answer that shows a value, or names its revision. */
function firstSeen(attempts: readonly Attempt[], values: Values): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { outcome, returnedAt } of attempts) {
    const revision =
      outcome.type === "record"
        ? outcome.record?.revision
        : outcome.type === "failed"
          ? outcome.revision
          : null;
    const value = values.get(revision ?? -1);
    if (value === undefined) continue;
    seen.set(value, Math.min(returnedAt, seen.get(value) ?? Number.POSITIVE_INFINITY));
  }
  return seen;
}

function conditionsOf(ifRevision: number | null | undefined) {
  if (ifRevision === undefined) return [];
  if (ifRevision === null) return [{ type: "exists", exists: false }] as const;
  return [{ type: "revision", among: [ifRevision], negated: false }] as const;
}

/** Null where one order explains every answer; else the last attempts up to the first that none explains. */
export function disorder(attempts: readonly Attempt[], values: Values): string | null {
  const inOrder = [...attempts].sort((a, b) => a.returnedAt - b.returnedAt);
  if (explains(inOrder, values)) return null;
  // Whatever is heard later explains no answer before it, so the first wrong one can be searched by halves.
  let good = 0;
  let bad = inOrder.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (explains(heardUntil(inOrder, middle), values)) good = middle;
    else bad = middle;
  }
  const last = inOrder[bad - 1];
  return inOrder
    .filter(({ invokedAt, returnedAt }) => {
      return (
        last !== undefined && invokedAt <= last.returnedAt && returnedAt > last.invokedAt - SHOWN_MS
      );
    })
    .map(describe)
    .join("\n");
}

/** How much of the history before a wrong answer is shown. */
const SHOWN_MS = 50;

const explains = (attempts: readonly Attempt[], values: Values): boolean =>
  checkLinearizability(register, keyHistory(attempts, values)) === "linearizable";

/** The history as it was when the first `count` answers had been heard: of the others, nobody knew yet. */
function heardUntil(inOrder: readonly Attempt[], count: number): Attempt[] {
  const now = inOrder[count - 1]?.returnedAt ?? 0;
  return inOrder.flatMap((attempt, at) => {
    if (at < count) return [attempt];
    return attempt.invokedAt < now ? [{ ...attempt, outcome: { type: "unknown" } }] : [];
  });
}

export function describe({ client, action, outcome, invokedAt, returnedAt, by }: Attempt): string {
  const asked =
    action.type === "get"
      ? "get"
      : `put ${action.value}${action.ifRevision === undefined ? "" : ` if at ${action.ifRevision ?? "absent"}`}`;
  const heard =
    outcome.type === "record"
      ? `${outcome.record?.value ?? "absent"} at ${outcome.record?.revision}`
      : outcome.type === "written" || outcome.type === "failed"
        ? `${outcome.type} at ${outcome.revision}`
        : outcome.type;
  const times = `[${invokedAt.toFixed(1)}, ${returnedAt.toFixed(1)}]`;
  return `${times} client ${client}: ${asked} → ${heard} (${by})`;
}
