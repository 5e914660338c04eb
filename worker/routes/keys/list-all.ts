/**
 * Listing a whole namespace: its keys have a leader each group, so a replica answers, which has them all.
 *
 * The nearest one is asked, and where it is silent or behind, the others in turn. There is no leader to turn to, so at
 * `session` a list waits until its deadline for a replica to have reached the bookmark.
 */
import {
  type Bookmark,
  bookmarkOfList,
  encodeBookmark,
  NOTHING_SEEN,
} from "../../../shared/bookmark.ts";
import type { ListLevel, ReplicaList, ReplicaListAnswer } from "../../../shared/replica/request.ts";
import type { StoredRecord } from "../../../shared/store/entry.ts";
import { addMs, type Instant, type Ms, ms, msBetween, type Region } from "../../../shared/types.ts";
import type { ListQuery } from "../../../shared/wire/keys.ts";
import { memory } from "../../isolate.ts";
import { countReplicaRead } from "../../metrics.ts";
import { Problem } from "../../problem.ts";
import { askReplica, replicaRef } from "../../replicas/ask-replica.ts";
import { LIST_PATIENCE_MS, LIST_PAUSE_MS, LIST_WAIT_MS } from "../../replicas/limits.ts";
import { pause } from "../../router/pause.ts";
import { nearestReplica } from "../../whereabouts.ts";
import type { KeyContext, ReceiptHeaders } from "./exchange.ts";
import { costText, weakHeaders } from "./receipt.ts";
import type { Terms } from "./request-headers.ts";

/** What is listed. */
export type Asked = Pick<ReplicaList, "range" | "values">;

export interface ListedKeys {
  readonly records: readonly StoredRecord[];
  readonly more: boolean;
  readonly headers: ReceiptHeaders;
}

type LevelOfAll = ListLevel["type"];

/** The level of a list of the whole namespace, of which not all can be kept. */
export function levelOfAll({ consistency }: ListQuery): LevelOfAll {
  if (consistency === "strong") {
    throw refusal(
      "a whole namespace cannot be listed at strong: its groups have a leader each, and no single one of them knows all keys; name a group",
    );
  }
  if (consistency === "bounded") {
    throw refusal(
      "a whole namespace cannot be listed at bounded: a replica proves its age a group at a time, by asking its leader, and cannot ask all of them; name a group",
    );
  }
  return consistency ?? "eventual";
}

const refusal = (detail: string): Problem =>
  new Problem("bad-request", detail, {
    errors: [
      { path: "consistency", message: "must be eventual or session where no group is named" },
    ],
  });

export async function listAll(
  c: KeyContext,
  asked: Asked,
  type: LevelOfAll,
  { bookmark, deadlineMs }: Terms,
): Promise<ListedKeys> {
  const { name: namespace } = c.get("namespace");
  const earlier = bookmark ?? NOTHING_SEEN;
  const deadline = addMs(Date.now() as Instant, deadlineMs);
  const regions = type === "session" ? thatMay(earlier, inTurn(c)) : inTurn(c);
  let calls = 0;
  for (;;) {
    for (const region of regions) {
      const sentAt = Date.now() as Instant;
      const leftMs = msBetween(sentAt, deadline);
      if (leftMs <= 0) throw late(type, earlier);
      const waitMs = ms(Math.min(LIST_WAIT_MS, leftMs));
      const level: ListLevel = type === "session" ? { type, waitMs } : { type };
      const list = { ...asked, level, named: earlier.seen };
      const { answer, calls: called } = await askFor(c, region, list, leftMs);
      calls += called + (answer?.calls ?? 0);
      if (answer?.type !== "records") continue;
      for (const { group, index } of answer.seen) memory.saw(namespace, group, index);
      countReplicaRead(type);
      const headers = weakHeaders({
        requestId: c.get("requestId"),
        level: type,
        region,
        bookmark: encodeBookmark(bookmarkOfList(answer.had, region, earlier)),
        cost: costText(calls, 0),
        timing: `replica;dur=${msBetween(sentAt, Date.now() as Instant)}`,
        stalenessMs: null,
      });
      return { records: answer.records, more: answer.more, headers };
    }
    if (Date.now() + LIST_PAUSE_MS >= deadline) throw late(type, earlier);
    await pause(LIST_PAUSE_MS);
  }
}

function askFor(c: KeyContext, region: Region, list: ReplicaList, leftMs: Ms) {
  const ref = replicaRef(c.get("namespace"), region);
  const waitMs = list.level.type === "session" ? list.level.waitMs : 0;
  const patienceMs = ms(Math.min(LIST_PATIENCE_MS + waitMs, leftMs));
  return askReplica<ReplicaListAnswer>(c.env, ref, patienceMs, (replica) =>
    replica.list(ref, list),
  );
}

/** The nearest replica, then the others. */
function inTurn(c: KeyContext): Region[] {
  const { replicaRegions } = c.get("namespace");
  const nearest = nearestReplica(c.req.raw, replicaRegions, c.env.HOLDFAST_DEV === "1");
  return nearest === undefined ? [] : [...new Set([nearest, ...replicaRegions])];
}

/**
 * The replicas that may answer at session. What a list showed by leaving it out only the replica knows that answered
 * it; of a group that the bookmark forgot its client may have seen anything, which only that group's leader could match.
 */
function thatMay({ beyond }: Bookmark, regions: readonly Region[]): readonly Region[] {
  if (beyond.type === "nothing") return regions;
  if (beyond.type === "replica" && regions.includes(beyond.region)) return [beyond.region];
  throw new Problem(
    "bad-request",
    "the bookmark does not name all groups that its client has seen: a whole namespace cannot be listed at session with it; name a group, or list at eventual",
    { errors: [{ path: "Holdfast-Bookmark", message: "does not name all groups seen" }] },
  );
}

function late(type: LevelOfAll, { beyond }: Bookmark): Problem {
  if (type === "eventual") {
    return new Problem("deadline-exceeded", "no replica of the namespace could be reached in time");
  }
  const whose =
    beyond.type === "replica"
      ? `by the replica of ${beyond.region}, whose list it has seen`
      : "by any replica";
  return new Problem("deadline-exceeded", `the bookmark was not reached in time ${whose}`);
}
