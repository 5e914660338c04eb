/**
 * K1, and the story that a group's log tells of its locks: each is granted when it is free or its holder's own, renewed and
 * released under its token alone, and tokens grow.
 *
 * Written from docs/protocols/lock.md; of the member's code only the record's format is used.
 */
import { isInternal } from "../../../shared/lock/key.ts";
import { type Lock, lockIn } from "../../../shared/lock/lock.ts";
import type { LockRequest } from "../../../shared/lock/request.ts";
import type { Entry } from "../../../shared/store/entry.ts";
import type { GroupLog } from "../../archive.ts";
import { describe, type Operation } from "../../history.ts";
import type { Report } from "../report.ts";

/** What a lock was from an entry on; null where nobody held it. */
export interface Chapter {
  readonly from: number;
  readonly lock: Lock | null;
}

/** Each lock's chapters, in the log's order. */
export function chaptersOf({ entries }: GroupLog): Map<string, Chapter[]> {
  const chapters = new Map<string, Chapter[]>();
  for (const entry of entries) {
    for (const key of lockKeysOf(entry)) {
      const known = chapters.get(key);
      const chapter = { from: entry.index, lock: lockAfter(entry, key) };
      if (known === undefined) chapters.set(key, [chapter]);
      else known.push(chapter);
    }
  }
  return chapters;
}

/** What a lock was as of an entry. */
export const lockAsOf = (chapters: readonly Chapter[] | undefined, index: number): Lock | null =>
  chapters?.findLast(({ from }) => from <= index)?.lock ?? null;

export function checkHistory(
  log: GroupLog,
  operations: readonly Operation[],
  report: Report,
): Map<string, Chapter[]> {
  const requests = new Map<string, LockRequest>();
  const refused = new Map<string, Operation>();
  for (const operation of operations) {
    const { request, group, answer } = operation;
    if (group !== log.group || request.type !== "lock") continue;
    requests.set(request.id, request);
    if (answer !== null && answer.type !== "written") refused.set(request.id, operation);
  }
  const chapters = chaptersOf(log);
  const entries = new Map<number, Entry>(log.entries.map((entry) => [entry.index, entry]));
  const seen = new Map<string, number>();
  for (const [key, all] of chapters) {
    let before: Lock | null = null;
    let highest = 0;
    for (const { from, lock } of all) {
      const entry = entries.get(from);
      const request = requests.get(entry?.request ?? "");
      const fault = faultIn(before, lock, from, highest, entry, request);
      if (fault !== null) report(fault[0], `${key} at ${from}: ${fault[1]}`);
      const id = entry?.request ?? null;
      if (id !== null) {
        const first = seen.get(id);
        if (first !== undefined) report("I1", `${key} at ${from}: ${id} took effect at ${first}`);
        const told = refused.get(id);
        if (told !== undefined) report("I1", `${key} at ${from}: yet ${describe(told)}`);
        seen.set(id, from);
      }
      before = lock;
      highest = Math.max(highest, lock?.token ?? 0);
    }
  }
  return chapters;
}

type Fault = readonly [property: string, detail: string] | null;

function faultIn(
  before: Lock | null,
  lock: Lock | null,
  index: number,
  highest: number,
  entry: Entry | undefined,
  request: LockRequest | undefined,
): Fault {
  const [condition] = request?.conditions ?? [];
  const token = condition?.type === "held" ? condition.token : null;
  if (lock === null) {
    if (before === null) return ["locks", "nobody held what is given up"];
    if (entry?.request === null) return null;
    return token === before.token ? null : ["K3", `token ${token} gives up ${shown(before)}`];
  }
  if (request === undefined) return ["log", "nobody asked for it"];
  if (condition?.type === "free") {
    if (lock.token !== index) return ["K1", `it is granted under the token ${lock.token}`];
    if (lock.token <= highest) return ["K1", `token ${lock.token} follows ${highest}`];
    if (lock.holder !== condition.holder) return ["locks", `it is granted to ${lock.holder}`];
    const free = before === null || before.holder === lock.holder;
    return free ? null : ["locks", `it is granted to ${shown(lock)}, but held by ${shown(before)}`];
  }
  if (before === null || token !== before.token || lock.token !== before.token) {
    return ["K3", `token ${token} renews what is ${shown(before)}`];
  }
  return lock.holder === before.holder ? null : ["locks", `a renewal is ${lock.holder}'s`];
}

const shown = (lock: Lock | null): string =>
  lock === null ? "nobody's" : `${lock.holder}'s under ${lock.token}`;

const lockKeysOf = ({ effects }: Entry): string[] =>
  effects.flatMap(({ key }) => (isInternal(key) ? [key] : []));

function lockAfter({ index, effects }: Entry, key: string): Lock | null {
  const effect = effects.find((one) => one.key === key);
  if (effect === undefined || effect.type === "delete") return null;
  const { value, expiresAt } = effect;
  return lockIn({ key, revision: index, value, expiresAt });
}
