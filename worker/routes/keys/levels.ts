/**
 * Reading a key at a level: who is asked, and who is asked instead where that one cannot answer.
 *
 * Whatever a replica or this isolate's memory cannot promise is asked of the leader: a level is exceeded at times, never
 * weakened. Of what is older than this isolate has told of already, nothing is served at `bounded` and `eventual`: they go forward
 * (DESIGN.md §5). At `session` the client's bookmark says what it has seen, wherever it was.
 */
import { indexSeen } from "../../../shared/bookmark.ts";
import { PROOF_WAIT_MS } from "../../../shared/replica/limits.ts";
import type { ReadLevel, ReplicaReadAnswer } from "../../../shared/replica/request.ts";
import type { StoredRecord } from "../../../shared/store/entry.ts";
import {
  addMs,
  type Instant,
  type LogIndex,
  type Ms,
  ms,
  msBetween,
  ORIGIN,
  type Region,
} from "../../../shared/types.ts";
import type { ReadQuery } from "../../../shared/wire/keys.ts";
import { memory } from "../../isolate.ts";
import { ageOf, isYoung, type Remembered } from "../../memory.ts";
import { countMemoryHit, countReplicaRead } from "../../metrics.ts";
import { askReplica, replicaRef } from "../../replicas/ask-replica.ts";
import {
  MEMORY_RENEWS_MS,
  MEMORY_SERVES_MS,
  REPLICA_PATIENCE_MS,
  SESSION_WAIT_MS,
} from "../../replicas/limits.ts";
import { nearestReplica } from "../../whereabouts.ts";
import { exchange, type KeyContext } from "./exchange.ts";
import type { Answered, Level } from "./receipt.ts";
import type { Terms } from "./request-headers.ts";

type WeakLevel = Exclude<Level, "strong">;

/** What came of a read. */
export type Told =
  | { readonly from: "leader"; readonly answered: Answered; readonly remembered: null }
  | {
      readonly from: "replica" | "memory";
      readonly level: WeakLevel;
      readonly region: Region;
      readonly record: StoredRecord | null;
      readonly index: LogIndex;
      /** How old the answer can be at most; null where nothing proves it. */
      readonly stalenessMs: Ms | null;
      readonly calls: number;
      readonly tookMs: Ms;
      /** As this isolate remembers it from now on, where it may. */
      readonly remembered: Remembered | null;
    };

/** A key, and its group. */
export interface Target {
  readonly group: string;
  readonly key: string;
}

export async function readAt(
  c: KeyContext,
  target: Target,
  query: ReadQuery,
  terms: Terms,
): Promise<Told> {
  const { consistency = "strong", max_staleness_ms: maxStalenessMs = 0, revision } = query;
  const past = revision !== undefined;
  if (past || consistency === "strong" || (consistency === "bounded" && maxStalenessMs === 0)) {
    const request = { type: "get", key: target.key, revision: revision ?? null } as const;
    const answered = await exchange(c, target.group, request, terms);
    return { from: "leader", answered, remembered: null };
  }
  const arrivedAt = Date.now() as Instant;
  if (consistency !== "session") {
    const remembered = recall(c, target, consistency, ms(maxStalenessMs), arrivedAt);
    if (remembered !== null) return remembered;
  }
  const asked = await askNearest(c, target, (region) =>
    levelOf(c, target, region, consistency, ms(maxStalenessMs), terms),
  );
  if (asked.told !== null) return asked.told;
  return askLeader(c, target, terms, arrivedAt, asked.calls);
}

/** What this isolate remembers, where it is young enough. */
function recall(
  c: KeyContext,
  { key }: Target,
  level: "bounded" | "eventual",
  maxStalenessMs: Ms,
  now: Instant,
): Told | null {
  const entry = memory.recall(c.get("namespace").name, key);
  if (entry === null) return null;
  const stalenessMs = ageOf(entry, now);
  const fresh =
    level === "eventual"
      ? serves(entry, now)
      : stalenessMs !== null && stalenessMs <= maxStalenessMs;
  if (!fresh) return null;
  countMemoryHit();
  return {
    from: "memory",
    level,
    region: entry.region,
    record: entry.record,
    index: entry.index,
    stalenessMs,
    calls: 0,
    tookMs: ms(0),
    remembered: entry,
  };
}

/** Whether an entry may serve `eventual` now. One read in a while is told that it may not, and asks anew for all. */
export function serves(entry: Remembered, now: Instant): boolean {
  if (!isYoung(entry, now, MEMORY_SERVES_MS)) return false;
  if (isYoung(entry, now, MEMORY_RENEWS_MS) || entry.renewedAt !== 0) return true;
  entry.renewedAt = now;
  return false;
}

/** What the region's replica is asked for; null where it need not be asked, for only the leader can answer. */
function levelOf(
  c: KeyContext,
  { group }: Target,
  region: Region,
  consistency: WeakLevel,
  maxStalenessMs: Ms,
  { bookmark }: Terms,
): ReadLevel | null {
  if (consistency === "eventual") return { type: "eventual" };
  if (consistency === "bounded") return { type: "bounded", maxStalenessMs };
  const namespace = c.get("namespace").name;
  const atLeast = bookmark === null ? ORIGIN : indexSeen(bookmark, namespace, group, region);
  return atLeast === null ? null : { type: "session", atLeast, waitMs: SESSION_WAIT_MS };
}

interface AskedNearest {
  /** Null where it could not answer. */
  readonly told: Told | null;
  readonly calls: number;
}

const NOBODY: AskedNearest = { told: null, calls: 0 };

async function askNearest(
  c: KeyContext,
  target: Target,
  levelIn: (region: Region) => ReadLevel | null,
): Promise<AskedNearest> {
  const namespace = c.get("namespace");
  const dev = c.env.HOLDFAST_DEV === "1";
  const region = nearestReplica(c.req.raw, namespace.replicaRegions, dev);
  const level = region === undefined ? null : levelIn(region);
  if (region === undefined || level === null) return NOBODY;
  const ref = replicaRef(namespace, region);
  const sentAt = Date.now() as Instant;
  const { answer, calls: called } = await askReplica(
    c.env,
    ref,
    ms(REPLICA_PATIENCE_MS + waitOf(level)),
    (replica) => replica.read(ref, { keys: [target.key], level }),
  );
  const calls = called + (answer?.calls ?? 0);
  if (answer?.type !== "read" || isBehind(namespace.name, target.group, level, answer)) {
    return { told: null, calls };
  }
  const record = answer.records[0] ?? null;
  const { index, ageMs, doubt } = answer;
  countReplicaRead(level.type);
  let remembered: Remembered | null = null;
  if (doubt) memory.saw(namespace.name, target.group, index);
  else {
    const currentAt = ageMs === null ? null : ((sentAt - ageMs) as Instant);
    const brought = { record, index, sentAt, currentAt, region };
    remembered = memory.keep(namespace.name, target.group, target.key, brought);
  }
  const tookMs = msBetween(sentAt, Date.now() as Instant);
  const told: Told = {
    from: "replica",
    level: level.type,
    region,
    record,
    index,
    // Of one index there is one state: what was proven of it before holds of this answer too.
    stalenessMs: ageMs ?? (remembered && ageOf(remembered, sentAt)),
    calls,
    tookMs,
    remembered,
  };
  return { told, calls };
}

/** How long a replica takes at most before it says that it cannot. */
function waitOf(level: ReadLevel): Ms {
  if (level.type === "session") return level.waitMs;
  return level.type === "bounded" ? PROOF_WAIT_MS : ms(0);
}

/**
 * Whether an answer would go backwards. Where a transaction is about to change the key, the isolate may have told its
 * client that it is committed, at an index that the replica has: whoever has told nothing of the group has not.
 */
function isBehind(
  namespace: string,
  group: string,
  level: ReadLevel,
  { index, doubt }: Extract<ReplicaReadAnswer, { type: "read" }>,
): boolean {
  if (level.type === "session") return false;
  const floor = memory.floor(namespace, group);
  return index < floor || (doubt && floor > ORIGIN);
}

async function askLeader(
  c: KeyContext,
  { group, key }: Target,
  terms: Terms,
  arrivedAt: Instant,
  calls: number,
): Promise<Told> {
  const sentAt = Date.now() as Instant;
  const deadlineMs = msBetween(sentAt, addMs(arrivedAt, terms.deadlineMs));
  const request = { type: "get", key, revision: null } as const;
  const answered = await exchange(c, group, request, {
    deadlineMs: ms(Math.max(1, deadlineMs)),
  });
  const { answer, region } = answered;
  if (answer.type === "record") {
    const { record, receipt } = answer;
    const brought = { record, index: receipt.index, sentAt, currentAt: sentAt, region };
    memory.keep(c.get("namespace").name, group, key, brought);
  }
  return {
    from: "leader",
    answered: { ...answered, calls: answered.calls + calls },
    remembered: null,
  };
}
