/**
 * `GET /v1/{ns}/elections/{name}/observe`: who leads now, and each new leader from then on, as server-sent events; again,
 * where a leader says something else of itself.
 *
 * A watch of the election's record. A renewal changes the record and neither of those; that nobody leads is no leader.
 */
import { groupOf } from "../../../shared/group.ts";
import { type Lock, lockIn } from "../../../shared/lock/lock.ts";
import { nextIndex, type Revision } from "../../../shared/types.ts";
import { parsePosition, wholeEntries } from "../../../shared/watch/position.ts";
import { lastEventId, streamWatch } from "../../watch/answer.ts";
import { exchange, type KeyContext } from "../keys/exchange.ts";
import { readTerms } from "../keys/request-headers.ts";
import { lockJson } from "./dialect.ts";
import { keyOf, type Subject } from "./exchange.ts";

const LEADER = "leader";

export async function observe(c: KeyContext, subject: Subject): Promise<Response> {
  const key = keyOf(subject);
  const group = groupOf(subject.name);
  const resumed = parsePosition(lastEventId(c, undefined) ?? "");
  // Whoever comes back knows who led where it was.
  const { lock, index } = await leaderAt(c, subject, resumed && wholeEntries(resumed));
  let told: Lock | null = lock;
  const eventOf = (leader: Lock) => ({
    event: LEADER,
    data: lockJson(subject.dialect, subject.name, leader),
  });
  const watch = {
    group,
    selector: { type: "key", key },
    values: true,
    from: resumed === null ? nextIndex(index) : null,
    ...(resumed === null && lock !== null && { opening: eventOf(lock) }),
  } as const;
  return streamWatch(c, watch, ({ revision, value }) => {
    const record = value === null ? null : { key, revision, value, expiresAt: null };
    const leader = lockIn(record);
    if (leader === null || (leader.token === told?.token && leader.value === told.value))
      return null;
    told = leader;
    return eventOf(leader);
  });
}

/** Who led as of a revision, or leads now; and as of which index. */
async function leaderAt(c: KeyContext, subject: Subject, at: Revision | null) {
  const terms = readTerms(c.req.raw.headers);
  const group = groupOf(subject.name);
  const revision = at === 0 ? null : at;
  const request = { type: "get", key: keyOf(subject), revision } as const;
  const { answer } = await exchange(c, group, request, terms);
  if (answer.type !== "record") throw new Error(`an election was shown by a ${answer.type}`);
  return { lock: lockIn(answer.record), index: answer.receipt.index };
}
