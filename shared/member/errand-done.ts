/** What an errand brought goes to whoever sent it: a coordination, a recovery, the forgetting of outcomes. */
import type { Instant } from "../types.ts";
import { onParticipant } from "./coordinate.ts";
import type { Done } from "./errands.ts";
import { onHeard } from "./forget.ts";
import type { Output } from "./output.ts";
import { onOutcome } from "./recover.ts";
import type { MemberState } from "./state.ts";

export function onErrandDone(state: MemberState, done: Done, now: Instant, output: Output): void {
  const { errand, answer } = done;
  const { request, group } = errand;
  if (request.type === "validate") state.ledElsewhere = answer !== null;
  else if (request.type === "inquire") onOutcome(state, done, now);
  else onParticipant(state, done, now, output);
  if (
    request.type === "resolve" &&
    answer?.type === "resolved" &&
    !state.coordinations.has(request.id)
  ) {
    onHeard(state, request.id, group);
  }
}
