/**
 * Asking a group's leader: one request in, its answer or the reason why there is none.
 *
 * The request goes to the member that should lead, shares a call where others go there too, and is tried again
 * until its deadline, under its own id. One that may have to wait for a transaction has a call of its own: all
 * answers of a call come together, so whoever shared it would wait as well.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import { memberName } from "../../shared/group.ts";
import { BATCH_BYTES_MAX, BATCH_REQUESTS_MAX } from "../../shared/limits.ts";
import type { Answer, GroupRequest, Unserved } from "../../shared/member/request.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import { addMs, type Instant, type Ms, ms, msBetween, type Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { countRowsWritten } from "../metrics.ts";
import { carry, type Destination, wait } from "./carry.ts";
import { Lane, type LaneLimits } from "./lane.ts";
import { logMemberFault, memberRef } from "./member-ref.ts";
import { pause } from "./pause.ts";
import { MAY_RIDE } from "./riding.ts";
import { Route, routeName } from "./route.ts";
import {
  afterSetback,
  patienceMs,
  type Setback,
  TRIP_MS_MAX,
  TRIP_MS_MAX_OF_SEVERAL,
} from "./setback.ts";
import { LOST, type News, Traveller } from "./traveller.ts";

/** What came of a request. */
export type Delivery =
  | {
      readonly type: "answered";
      readonly answer: Exclude<Answer, Unserved>;
      /** The region that answered. */
      readonly region: Region;
      /** Calls this request made; 0 where it rode in others'. */
      readonly calls: number;
      readonly tookMs: Ms;
    }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly detail: string };

/** A request, and whom it is for. */
export interface Question {
  readonly namespace: NamespaceConfig;
  readonly group: string;
  readonly request: GroupRequest;
  readonly deadlineMs: Ms;
  /** The member nearest to whom it comes from, where the group has several. */
  readonly nearest?: Region | undefined;
}

const BATCH = { passengersMax: BATCH_REQUESTS_MAX, bytesMax: BATCH_BYTES_MAX };
const SOLO_LIMITS = { ...BATCH, tripMsMax: TRIP_MS_MAX };
const GROUP_LIMITS = { ...BATCH, tripMsMax: TRIP_MS_MAX_OF_SEVERAL };

/** Lanes in use, by the member they lead to. One whose carrier vanished may stay behind, so they are bounded. */
const lanes = new Map<string, Lane<Traveller>>();
const LANES_MAX = 10_000;

export async function ask(
  env: Env,
  context: Pick<ExecutionContext, "waitUntil">,
  question: Question,
): Promise<Delivery> {
  const startedAt = Date.now() as Instant;
  const traveller = new Traveller(question.request, addMs(startedAt, question.deadlineMs));
  traveller.nearest = question.nearest ?? null;
  const { namespace, group } = question;
  const several = namespace.regions.length > 1;
  const route = new Route(routeName(namespace.name, group), namespace.regions);
  let alone = !MAY_SHARE.has(question.request.type);
  // Who waits for a lock and hangs up is to lose it to the next: nothing of theirs goes on.
  const held = isWaiting(question.request) ? UNHELD : context;
  let copied = false;
  let attempts = 0;
  let failures = 0;
  let broken = 0;
  for (;;) {
    const { region } = route;
    traveller.unreachable = route.unreachable;
    const sentAt = Date.now() as Instant;
    traveller.request = asSent(question.request, copied, msBetween(startedAt, sentAt));
    const patience = patienceMs(failures, several, alone, sentAt, traveller.deadline);
    const destination = destinationOf(env, question, region);
    const news = await ride(held, traveller, destination, patience, alone);
    const now = Date.now() as Instant;
    let setback: Setback | null = null;
    if (news.type === "setback") {
      setback = news.setback;
      if (setback === "broken") logMemberFault(destination.group, news.fault);
      if (setback !== "overloaded") route.failed();
      failures += 1;
    } else if (news.type === "carry") {
      throw new Error("a request was told to make a call that another makes");
    } else if (news.answer.type === "refused") {
      const { code, detail, final } = news.answer;
      if (code !== "no-quorum" || !copied || final) return { type: "refused", code, detail };
      setback = "refused-copy";
    } else if (news.answer.type === "crowded") {
      // It had no effect, so what goes now is no copy because of it.
      copied ||= news.answer.copy;
      if (!alone) {
        alone = true;
        continue;
      }
      setback = "transient";
    } else if (news.answer.type === "queued") {
      copied ||= news.answer.copy;
      // At once, or its place is lost.
      if (Date.now() < traveller.deadline) continue;
      setback = "transient";
    } else if (news.answer.type !== "redirected") {
      countRowsWritten(news.answer.receipt.rows);
      route.answered(news.region);
      return {
        type: "answered",
        answer: news.answer,
        region: news.region,
        calls: traveller.calls,
        tookMs: (now - startedAt) as Ms,
      };
    } else {
      route.redirected(news.answer.leader);
      setback = "redirected";
    }
    attempts += 1;
    if (setback === "broken") broken += 1;
    const course = { attempts, broken, mayHaveEffect: copied };
    // From now on two copies of it may exist, if it was sent at all.
    if (setback !== "overloaded" && traveller.trip !== null) copied = mayChange(question.request);
    const decision = afterSetback(setback, course, now, traveller.deadline, Math.random());
    if (decision.type === "give-up") {
      return { type: "refused", code: decision.code, detail: decision.detail };
    }
    if (decision.afterMs > 0) await pause(decision.afterMs);
  }
}

/**
 * Goes with the lane's next call, or makes it. Calls are held by `waitUntil`, and so is waiting for one's turn
 * to make one: a client that hangs up takes nobody else's answer along.
 */
async function ride(
  context: Pick<ExecutionContext, "waitUntil">,
  traveller: Traveller,
  destination: Destination,
  patience: Ms,
  alone: boolean,
): Promise<News> {
  const { name } = destination;
  const limits = destination.group.members.length > 1 ? GROUP_LIMITS : SOLO_LIMITS;
  const lane = alone || !MAY_RIDE ? new Lane<Traveller>(limits) : laneTo(name, limits);
  let news: News = LOST;
  if (lane.arrive(traveller, Date.now() as Instant) === null) {
    const waiting = wait(traveller, patience);
    context.waitUntil(waiting);
    news = await waiting;
    if (traveller.trip === null) lane.leave(traveller);
  }
  const { trip } = traveller;
  // Whether it was told so or not: a trip whose first passenger does not make the call is made by nobody.
  if (trip !== null && trip.passengers[0] === traveller) {
    traveller.calls += 1;
    context.waitUntil(carry(lane, trip, destination));
    news = await wait(traveller, patience);
  }
  if (lane.idle && lanes.get(name) === lane) lanes.delete(name);
  return news;
}

function laneTo(name: string, limits: LaneLimits): Lane<Traveller> {
  let lane = lanes.get(name);
  if (lane === undefined) {
    // Whoever uses a lane holds on to it, so forgetting it only starts another one beside it.
    if (lanes.size >= LANES_MAX) lanes.clear();
    lane = new Lane(limits);
    lanes.set(name, lane);
  }
  return lane;
}

function destinationOf(env: Env, { namespace, group }: Question, region: Region): Destination {
  return {
    members: env,
    name: memberName(namespace.name, region, group),
    group: memberRef(namespace, group, region),
  };
}

/** Requests that are answered at once, or say that they cannot be (`crowded`). All others go alone. */
const MAY_SHARE: ReadonlySet<GroupRequest["type"]> = new Set(["get", "list", "write", "watch"]);

const isWaiting = (request: GroupRequest): boolean => request.type === "lock" && request.waitMs > 0;

/** Ends with its client's connection. */
const UNHELD: Pick<ExecutionContext, "waitUntil"> = { waitUntil: () => {} };

/** Whether a request can have an effect. */
const mayChange = (request: GroupRequest): boolean =>
  request.type === "write" ||
  request.type === "lock" ||
  request.type === "transact" ||
  (request.type === "look-up" && request.settle);

/** A request as it goes now: marked where it may be a copy, a transaction with what is left of its time. */
function asSent(request: GroupRequest, copied: boolean, sinceAsked: Ms): GroupRequest {
  if (request.type === "write") return copied ? { ...request, copy: true } : request;
  if (request.type === "lock") {
    return { ...request, copy: copied, waitMs: ms(Math.max(0, request.waitMs - sinceAsked)) };
  }
  if (request.type !== "transact") return request;
  const deadlineMs = ms(Math.max(1, request.deadlineMs - sinceAsked));
  return { ...request, copy: request.copy || copied, deadlineMs };
}
