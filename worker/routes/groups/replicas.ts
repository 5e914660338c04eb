/** How far a group's replicas are, beside its leader. */
import type { Context } from "hono";
import { DESCRIBE_MS } from "../../../shared/limits.ts";
import type { MemberDescription } from "../../../shared/member/request.ts";
import type { NamespaceConfig } from "../../../shared/namespace.ts";
import type { FeedEntry } from "../../../shared/replica/feed.ts";
import {
  type Instant,
  type LogIndex,
  type Ms,
  nextIndex,
  type Region,
} from "../../../shared/types.ts";
import type { AppEnv } from "../../context.ts";
import { lagOf, replicaStatuses } from "../../replicas/status.ts";
import { ask } from "../../router/ask.ts";

interface ShownReplica {
  readonly region: Region;
  readonly index: LogIndex;
  readonly lagMs: Ms;
}

interface Subject {
  readonly namespace: NamespaceConfig;
  readonly group: string;
}

/** A replica that does not say how far it is, or of which nobody can say how far it is behind, is left out. */
export async function replicasOf(
  c: Context<AppEnv>,
  subject: Subject,
  members: readonly MemberDescription[],
): Promise<ShownReplica[]> {
  const committed = Math.max(...members.map(({ commitIndex }) => commitIndex)) as LogIndex;
  const statuses = await replicaStatuses(c.env, subject.namespace, [subject.group]);
  const now = Date.now() as Instant;
  const groups = statuses.flatMap(({ region, status }) =>
    status.groups.map((group) => ({ region, group })),
  );
  const behind = groups.filter(({ group }) => group.index < committed);
  const lowest = Math.min(...behind.map(({ group }) => group.index)) as LogIndex;
  const entries = behind.length === 0 ? [] : await entriesFrom(c, subject, nextIndex(lowest));
  const lacksSince = (index: LogIndex) =>
    entries.find((entry) => entry.index === index + 1)?.at ?? null;
  return groups.flatMap(({ region, group }) => {
    const lagMs = lagOf(group, committed, now, lacksSince);
    return lagMs === null ? [] : [{ region, index: group.index, lagMs }];
  });
}

/** What the leader would feed a replica, for the times that stand in it. */
async function entriesFrom(
  c: Context<AppEnv>,
  subject: Subject,
  from: LogIndex,
): Promise<readonly FeedEntry[]> {
  const request = { type: "feed", from, state: null } as const;
  const question = { ...subject, request, deadlineMs: DESCRIBE_MS };
  const delivery = await ask(c.env, c.executionCtx, question);
  if (delivery.type !== "answered" || delivery.answer.type !== "fed") return [];
  return delivery.answer.entries;
}
