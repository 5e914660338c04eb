/**
 * Asking a group's leader what operators ask: how the group stands, or to be led from elsewhere.
 *
 * Rare, so each request makes its own calls: to the member that should lead, to whom that one names, and where one
 * does not answer, to another that is told so. All of it ends with the request's deadline.
 */
import { memberIn } from "../../durable-objects/reach.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { TRANSFER_MS } from "../../shared/limits.ts";
import type {
  Caller,
  OperatorAnswer,
  OperatorRequest,
  Unserved,
} from "../../shared/member/request.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import { type Instant, type Ms, ms, msBetween, type Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { countObjectCalls } from "../metrics.ts";
import { logMemberFault, memberRef } from "./member-ref.ts";
import { pause } from "./pause.ts";
import { afterSetback, patienceMs, type Setback, setbackOf } from "./setback.ts";

export interface OperatorQuestion {
  readonly namespace: NamespaceConfig;
  readonly group: string;
  readonly request: OperatorRequest;
  readonly deadline: Instant;
  /** The member asked first; the namespace's first region where nothing is known. */
  readonly first?: Region;
}

export type Operated =
  | Exclude<OperatorAnswer, Unserved>
  | { readonly type: "refused"; readonly code: ErrorCode; readonly detail: string };

/** What came of one call. */
type News =
  | { readonly type: "answer"; readonly answer: OperatorAnswer }
  | { readonly type: "setback"; readonly setback: Setback };

export async function operate(env: Env, question: OperatorQuestion): Promise<Operated> {
  const { namespace, deadline } = question;
  let region = question.first ?? nextMember(namespace, null, []);
  let unreachable: readonly Region[] = [];
  let attempts = 0;
  let failures = 0;
  let broken = 0;
  let mayHaveEffect = false;
  for (;;) {
    const news = await callMember(env, question, region, unreachable, failures);
    let setback: Setback;
    if (news.type === "setback") {
      setback = news.setback;
      failures += 1;
      // A hand-over that was asked for and not answered may have happened, or may yet.
      mayHaveEffect ||= question.request.type === "transfer" && setback !== "overloaded";
      const failed = [...unreachable, region];
      // Once all have failed, none is known to be worse than another.
      unreachable = failed.length < namespace.regions.length ? failed : [];
      region = nextMember(namespace, region, unreachable);
    } else if (news.answer.type === "redirected") {
      setback = "redirected";
      region = news.answer.leader;
      // Whoever names it has heard of it later than this request has.
      unreachable = unreachable.filter((one) => one !== region);
    } else if (
      news.answer.type === "refused" &&
      news.answer.code === "no-quorum" &&
      mayHaveEffect
    ) {
      setback = "refused-copy";
    } else if (news.answer.type === "crowded" || news.answer.type === "queued") {
      throw new Error("an operator was told to wait for others");
    } else {
      return news.answer;
    }
    attempts += 1;
    if (setback === "broken") broken += 1;
    const course = { attempts, broken, mayHaveEffect };
    const decision = afterSetback(setback, course, now(), deadline, Math.random());
    if (decision.type === "give-up") {
      return { type: "refused", code: decision.code, detail: decision.detail };
    }
    if (decision.afterMs > 0) await pause(decision.afterMs);
  }
}

/** Calls a member and waits for word, but not for ever; longer, the more have failed before. */
async function callMember(
  env: Env,
  { namespace, group, request, deadline }: OperatorQuestion,
  self: Region,
  unreachable: readonly Region[],
  failures: number,
): Promise<News> {
  countObjectCalls(1);
  // Who asks is not where the group's requests come from: leaders do not move to operators.
  const caller: Caller = { alone: true, deadlineMs: msBetween(now(), deadline), unreachable };
  const ref = memberRef(namespace, group, self);
  const answered = memberIn(env, ref)
    .operate(ref, request, caller)
    .then(
      (answer): News => ({ type: "answer", answer }),
      (fault): News => {
        const setback = setbackOf(fault);
        if (setback === "broken") logMemberFault(ref, fault);
        return { type: "setback", setback };
      },
    );
  const patience = patienceFor(request, failures, ref.members.length > 1, deadline);
  const { promise: lost, resolve } = Promise.withResolvers<News>();
  const timer = setTimeout(resolve, patience, { type: "setback", setback: "lost" });
  const news = await Promise.race([answered, lost]);
  clearTimeout(timer);
  return news;
}

/** A leader that hands over waits for its heir to catch up before it says anything. */
function patienceFor(
  { type }: OperatorRequest,
  failures: number,
  several: boolean,
  deadline: Instant,
): Ms {
  const usual = patienceMs(failures, several, false, now(), deadline);
  return ms(Math.min(type === "transfer" ? usual + TRANSFER_MS : usual, deadline - now()));
}

/** The member to ask after `region`, in the namespace's order, that is not known to have failed. */
function nextMember(
  { name, regions }: NamespaceConfig,
  region: Region | null,
  unreachable: readonly Region[],
): Region {
  const after = region === null ? 0 : regions.indexOf(region) + 1;
  const inTurn = [...regions.slice(after), ...regions.slice(0, after)];
  const next = inTurn.find((one) => !unreachable.includes(one));
  if (next === undefined) throw new Error(`namespace ${name} has no member to ask`);
  return next;
}

const now = (): Instant => Date.now() as Instant;
