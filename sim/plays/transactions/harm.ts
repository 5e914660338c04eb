/**
 * What befalls transactions besides the faults of every play: the scheduler's bias towards what hides (DESIGN.md §10).
 *
 * Messages that come again minutes later; coordinators that crash, hang, are cut off or superseded just when they have
 * sent something. Drawn anew from each seed, each kind on or off.
 */
import type { GroupRequest } from "../../../shared/member/request.ts";
import type { SimMember } from "../../member.ts";
import type { NetworkManner } from "../../network.ts";
import type { Random } from "../../random.ts";
import type { Stage } from "../../stage.ts";

export interface HarmPlan {
  readonly echoes: NetworkManner["echoes"];
  /** How often a leader crashes within a few effects of an errand it has sent. */
  readonly crash: number;
  /** How often something befalls a coordinator while its prepares are on their way. */
  readonly prepare: number;
  /** The same for the one that sends outcomes. */
  readonly resolve: number;
}

export function drawHarm(random: Random): HarmPlan {
  const maybe = (value: number): number => (random.chance(0.5) ? value * random.next() : 0);
  return {
    echoes: random.chance(0.6)
      ? { chance: 0.4 * random.next(), msMax: random.pick([3_000, 30_000, 200_000]) }
      : undefined,
    crash: maybe(0.12),
    prepare: maybe(0.25),
    resolve: maybe(0.2),
  };
}

/** Effects that a crash after an errand may leave: the rest of the turn, and the turns that follow it. */
const EFFECTS_MAX = 8;

/** Has what was drawn befall the stage's members from now on, until it is calm. */
export function harm(stage: Stage, plan: HarmPlan): void {
  const random = stage.random.fork();
  stage.storm(plan.echoes);
  stage.afterErrand = (member, _, { type }) => {
    if (stage.isCalm) return;
    if (random.chance(plan.crash)) member.crashAfter(random.below(EFFECTS_MAX));
    const rate = rateOf(plan, type);
    if (rate > 0 && random.chance(rate)) strike(stage, member, random);
  };
}

function rateOf({ prepare, resolve }: HarmPlan, type: GroupRequest["type"]): number {
  if (type === "prepare") return prepare;
  return type === "resolve" ? resolve : 0;
}

function strike(stage: Stage, member: SimMember, random: Random): void {
  const blow = random.weighted({ crash: 2, supersede: 2, isolate: 2, stop: 2 });
  stage.timeline.after(random.between(0, 80), () => {
    if (stage.isCalm) return;
    if (blow === "crash") member.crash();
    else if (blow === "supersede") member.supersede();
    else if (blow === "stop") member.stop(random.between(200, 8_000));
    else stage.befall("isolate", member, random);
  });
}
