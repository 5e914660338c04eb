/**
 * Transactions that only read: nothing is written, no lock is held. Source: DESIGN.md §6; models/reads.js.
 *
 * All groups' keys are read at once, then it is validated that none of them has changed since its group was read. Every
 * read ends before any validation starts, so between the two all values stood together: the transaction took place
 * there (T4). A validation is a strong read; an intent counts as a change; and a key counts as changed by its group's
 * index, not by what is seen of it: between two sights of an absent key it may have come and gone.
 *
 * Whom to ask, and for how long, is said by the caller.
 */
import type { Answer } from "../member/request.ts";
import type { FailedCondition, StoredRecord } from "../store/entry.ts";
import { type Instant, type LogIndex, ORIGIN } from "../types.ts";
import { evaluate, type Records, type Result, readAll } from "./evaluate.ts";
import { keysOf } from "./locks.ts";
import type { GroupPart, ReadRequest, Seen, ValidateRequest } from "./request.ts";
import type { Whole } from "./split.ts";

type Answered = Extract<Answer, { type: "read" | "validated" }>;

export interface ReadOnlyPorts {
  /** Asks a group's leader. Rejects where there is no answer, which ends the transaction. */
  ask(group: string, request: ReadRequest | ValidateRequest): Promise<Answered>;
  /** Waits until it is worth trying again; false where there is no time left for that. */
  retry(): Promise<boolean>;
}

export type ReadOnly =
  | {
      readonly type: "read";
      readonly succeeded: boolean;
      /** Empty where it succeeded. */
      readonly failed: readonly FailedCondition[];
      readonly results: readonly Result[];
      /** As of which index of each group. */
      readonly seen: readonly Seen[];
    }
  /** The keys went on changing until time was up. */
  | { readonly type: "moved" };

/** The keys of all groups, as they stood together at one instant. */
interface Snapshot {
  readonly records: Records;
  readonly seen: readonly Seen[];
}

/** A group's keys as they were read. */
interface Sight {
  readonly index: LogIndex;
  readonly keys: readonly string[];
  readonly records: readonly (StoredRecord | null)[];
}

/** @param parts the whole, split by groups. */
export async function readOnly(
  { conditions, operations, otherwise }: Whole,
  parts: readonly GroupPart[],
  ports: ReadOnlyPorts,
): Promise<ReadOnly> {
  const snapshot = await readTogether(parts, ports);
  if (snapshot === null) return { type: "moved" };
  const { records, seen } = snapshot;
  const evaluation = evaluate({ conditions, operations }, records, ORIGIN, NEVER);
  switch (evaluation.type) {
    case "holds":
      return { type: "read", succeeded: true, failed: [], results: evaluation.results, seen };
    case "fails": {
      const results = readAll(otherwise, records);
      return { type: "read", succeeded: false, failed: evaluation.failed, results, seen };
    }
    case "faulty":
      throw new Error(`reading alone came to a fault: ${evaluation.fault.detail}`);
  }
}

/** Only writes need the time. */
const NEVER = 0 as Instant;

/** All keys that the parts name; null where they went on changing until time was up. */
async function readTogether(
  parts: readonly GroupPart[],
  ports: ReadOnlyPorts,
): Promise<Snapshot | null> {
  const sights = new Map<string, Sight>();
  let stale = parts;
  for (;;) {
    // What has not moved so far need not be read again: it is validated again.
    const read = await Promise.all(stale.map((part) => sightOf(part, ports)));
    for (const [at, { group }] of stale.entries()) sights.set(group, read[at] as Sight);
    if (parts.length === 1) return snapshotOf(sights);
    const moved = await Promise.all(
      parts.map(({ group }) => hasMoved(group, sights.get(group) as Sight, ports)),
    );
    stale = parts.filter((_, at) => moved[at]);
    if (stale.length === 0) return snapshotOf(sights);
    if (!(await ports.retry())) return null;
  }
}

async function sightOf(part: GroupPart, { ask }: ReadOnlyPorts): Promise<Sight> {
  const keys = [...keysOf(part)];
  const answer = await ask(part.group, { type: "read", keys });
  if (answer.type !== "read") throw new Error(`a read was answered with a ${answer.type}`);
  return { index: answer.receipt.index, keys, records: answer.records };
}

async function hasMoved(
  group: string,
  { keys, index }: Sight,
  { ask }: ReadOnlyPorts,
): Promise<boolean> {
  const answer = await ask(group, { type: "validate", keys, since: index });
  if (answer.type !== "validated") throw new Error(`a validation was answered by ${answer.type}`);
  return answer.moved;
}

function snapshotOf(sights: ReadonlyMap<string, Sight>): Snapshot {
  const records = new Map<string, StoredRecord | null>();
  const seen: Seen[] = [];
  for (const [group, { index, keys, records: found }] of sights) {
    for (const [at, key] of keys.entries()) records.set(key, found[at] ?? null);
    seen.push({ group, index });
  }
  return { records: { record: (key) => records.get(key) ?? null }, seen };
}
