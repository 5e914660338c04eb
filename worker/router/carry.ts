/**
 * One call to a group's member, for all who ride in it.
 *
 * The platform ties every call and timer to the request that made it, while promises and plain data may be
 * shared. Two rules follow, each learned from failures under load and never seen in a small test
 * (docs/architecture.md):
 *
 * - A promise that another request settles comes from `Promise.withResolvers()`, called by the request that
 *   awaits it. One from `new Promise` is not tagged with its request once the engine has optimised the
 *   code, and its continuation then runs in the wrong one.
 * - Whoever awaits another request has a timer of its own under way. Else the platform sees a request
 *   that waits for nothing of its own and ends it as hung.
 */
import { type Members, memberIn } from "../../durable-objects/reach.ts";
import type { Answer, Caller, GroupRef, GroupRequest } from "../../shared/member/request.ts";
import type { OperationResult } from "../../shared/store/entry.ts";
import type { Instant, Ms, Region } from "../../shared/types.ts";
import { countObjectCalls } from "../metrics.ts";
import type { Lane, Trip } from "./lane.ts";
import { setbackOf } from "./setback.ts";
import { shareGets } from "./shared-gets.ts";
import { CARRY, LOST, type News, type Traveller } from "./traveller.ts";

/** Where a call goes. */
export interface Destination {
  readonly members: Members;
  readonly name: string;
  readonly group: GroupRef;
}

/**
 * Word for the traveller, or that there was none within `patienceMs`.
 *
 * The timer is not cleared: it ends with its request, to clear it costs as much as to set it, and every request
 * would pay.
 */
export function wait(traveller: Traveller, patienceMs: Ms): Promise<News> {
  const { promise, resolve } = Promise.withResolvers<News>();
  traveller.tell = resolve;
  setTimeout(resolve, patienceMs, LOST);
  return promise;
}

/**
 * Makes the trip's call, tells its passengers, and hands the lane on to the next carrier. Settles when that is
 * done, and never rejects; the carrier's request must live as long.
 */
export function carry(
  lane: Lane<Traveller>,
  trip: Trip<Traveller>,
  destination: Destination,
): Promise<void> {
  const { members, group } = destination;
  const { passengers } = trip;
  countObjectCalls(1);
  // A stub belongs to one request, and one that has thrown may go on throwing: each call has its own.
  const member = memberIn(members, group);
  let deadline = 0;
  for (const passenger of passengers) deadline = Math.max(deadline, passenger.deadline);
  const [only] = passengers;
  const alone = passengers.length === 1;
  const caller: Caller = {
    alone,
    deadlineMs: (deadline - trip.departedAt) as Ms,
    unreachable: unreachableOf(passengers),
    ...(only?.nearest && { nearest: only.nearest }),
  };

  const { requests, places } =
    alone && only !== undefined
      ? { requests: [only.request], places: null }
      : shareGets(passengers.map((passenger) => passenger.request));
  const end = (newsOf: (place: number) => News) => {
    const next = lane.finish(trip, Date.now() as Instant);
    next?.passengers[0]?.tell?.(CARRY);
    for (let i = 0; i < passengers.length; i++) {
      const passenger = passengers[i];
      const place = places?.[i] ?? i;
      const news = newsOf(place);
      // Whoever has gone on to another call hears an answer gladly, but no longer of this one's fate.
      const counts = news.type === "answer" && outlivesCopies(requests[place], news.answer);
      if (counts || passenger?.trip === trip) passenger?.tell?.(news);
    }
  };
  return member.serve(group, requests, caller).then(
    (answers) =>
      end((place) => {
        const answer = answers[place];
        return answer === undefined ? LOST : { type: "answer", answer, region: group.self };
      }),
    (fault) => {
      const news: News = { type: "setback", setback: setbackOf(fault), fault };
      end(() => news);
    },
  );
}

/**
 * Whether an answer still counts once another copy of its request may be under way. A leader remembers what it answered
 * if the request was a copy, had an idempotency key or changed something; else the other copy may yet take effect. Of a
 * transaction it remembers every answer. That a call was crowded, or queued, says nothing of the next one.
 */
function outlivesCopies(request: GroupRequest | undefined, answer: Answer): boolean {
  if (answer.type === "crowded" || answer.type === "queued") return false;
  if (request?.type !== "write" && request?.type !== "lock") return true;
  if (request.copy || request.idempotency !== null) return true;
  if (answer.type === "failed") return false;
  return answer.type !== "written" || answer.results.some(changes);
}

const changes = (result: OperationResult): boolean => result.type === "put" || result.deleted;

const NONE: readonly Region[] = [];

/** Whom any of the passengers could not reach. */
function unreachableOf(passengers: readonly Traveller[]): readonly Region[] {
  let found = NONE;
  for (const { unreachable } of passengers) {
    if (unreachable.length > 0) found = [...new Set([...found, ...unreachable])];
  }
  return found;
}
