/**
 * What befalls transactions besides the faults of every play: the scheduler's bias towards what hides (DESIGN.md §10).
 *
 * Messages that come again minutes later; coordinators that crash, hang or are superseded just when they have sent
 * something; two coordinators alive at once; a participant that hears nothing for a day. Drawn anew from each seed,
 * each kind on or off.
 */
import { HEALTHY_NETWORK } from "../../faults.ts";
import type { SimMember } from "../../member.ts";
import type { NetworkManner } from "../../network.ts";
import type { Random } from "../../random.ts";
import type { Stage } from "../../stage.ts";

/** What happens in the middle of a run: more time passes than copies of requests live, or than outcomes are kept. */
export type Leap = "none" | "copies" | "outcomes";

/**
 * What a run is mainly about. `free` is everything at once; the others are one story each, with hardly anything else going
 * wrong, for what takes several turns of bad luck in a row: a coordinator that goes on while another one recovers; one
 * that dies between its answer and the outcome's entry, while participants hang; a participant that loses an outcome and
 * hears nothing for a day.
 */
export type Scene = "free" | "ghost" | "orphan" | "silence";

export interface HarmPlan {
  readonly scene: Scene;
  readonly echoes: NetworkManner["echoes"];
  /** How often a leader crashes within a few effects of an errand it has sent. */
  readonly crash: number;
  /** How often something befalls a coordinator while its prepares are on their way. */
  readonly prepare: number;
  /** The same for one that sends outcomes, and for whom it sends them to. */
  readonly resolve: number;
  /** How often a coordinator goes on while its own group elects another leader, who recovers what it coordinates. */
  readonly ghost: number;
  /** Whether a group that is about to hear an outcome hears nothing more until the leap is over. */
  readonly silence: boolean;
}

export function drawHarm(random: Random, leap: Leap): HarmPlan {
  const maybe = (value: number): number => (random.chance(0.5) ? value * random.next() : 0);
  const free: HarmPlan = {
    scene: "free",
    echoes: random.chance(0.6) ? drawEchoes(random, leap) : undefined,
    crash: maybe(0.12),
    prepare: maybe(0.25),
    resolve: maybe(0.2),
    ghost: maybe(0.3),
    silence: leap === "outcomes" && random.chance(0.8),
  };
  const quiet = { crash: 0, prepare: 0, resolve: 0, ghost: 0 };
  if (leap === "outcomes") {
    return random.chance(0.5) ? { ...free, ...quiet, scene: "silence", silence: true } : free;
  }
  const scene = random.weighted({ free: 8, ghost: 1, orphan: 1 });
  if (scene === "ghost") return { ...free, ...quiet, scene, ghost: 0.4 };
  return scene === "orphan" ? { ...free, ...quiet, scene } : free;
}

function drawEchoes(random: Random, leap: Leap): NetworkManner["echoes"] {
  const chance = 0.4 * random.next();
  // Long enough for what they are about to be compacted away.
  if (leap === "copies" && random.chance(0.7)) return { chance, msMin: 50_000, msMax: 130_000 };
  return { chance, msMin: 1, msMax: random.pick([3_000, 30_000, 200_000]) };
}

/** Effects that a crash after an errand may leave: the rest of the turn, and the turns that follow it. */
const EFFECTS_MAX = 8;

/** Outcomes that are sent before silence falls. */
const OUTCOMES_BEFORE_SILENCE = 6;

/**
 * Has what was drawn befall the stage's members from now on, until it is calm.
 * @param silenceMs how long a silence lasts, unless the stage is healed before
 */
export function harm(stage: Stage, plan: HarmPlan, silenceMs: number): void {
  const random = stage.random.fork();
  // What is heard twice may be acknowledged twice.
  const duplication = plan.scene === "silence" ? 0.9 : 0.3;
  stage.storm(plan.echoes, plan.scene === "free" ? null : { ...HEALTHY_NETWORK, duplication });
  let silent = !plan.silence;
  stage.afterErrand = (member, group, request) => {
    if (stage.isCalm) return;
    const { type } = request;
    if (random.chance(plan.crash)) member.crashAfter(random.below(EFFECTS_MAX));
    const asked = stage.membersOf(group);
    const rate = type === "prepare" ? plan.prepare : type === "resolve" ? plan.resolve : 0;
    if (rate > 0 && random.chance(rate)) strike(stage, member, asked, random);
    if (type === "prepare" && plan.ghost > 0 && random.chance(plan.ghost)) {
      makeGhost(stage, member, asked, random);
    }
    if (type === "prepare" && plan.scene === "orphan" && random.chance(0.3)) {
      orphan(stage, member, asked, random);
    }
    const heardOf = request.type === "resolve" && request.vote !== null;
    if (heardOf && !silent && random.chance(1 / OUTCOMES_BEFORE_SILENCE)) {
      silent = true;
      silence(stage, asked, silenceMs, random);
    }
  };
}

function strike(
  stage: Stage,
  member: SimMember,
  asked: readonly SimMember[],
  random: Random,
): void {
  const blow = random.weighted({ crash: 2, supersede: 2, isolate: 2, stop: 2, stopAsked: 2 });
  stage.timeline.after(random.between(0, 80), () => {
    if (stage.isCalm) return;
    switch (blow) {
      case "crash":
        member.crash();
        break;
      case "supersede":
        member.supersede();
        break;
      case "isolate":
        stage.befall("isolate", member, random);
        break;
      case "stop":
        member.stop(random.between(200, 8_000));
        break;
      case "stopAsked": {
        const forMs = random.between(200, 9_000);
        for (const one of asked) one.stop(forMs);
        if (random.chance(0.7)) member.crash();
        break;
      }
    }
  });
}

/**
 * Its group elects another, as soon as somebody asks for that, while it goes on with what it coordinates; and those it asks
 * hear it when the other one may have asked them already.
 */
function makeGhost(
  stage: Stage,
  member: SimMember,
  asked: readonly SimMember[],
  random: Random,
): void {
  if (stage.membersOf(member.group).length === 1) {
    stage.timeline.after(random.between(0, 80), () => {
      if (!stage.isCalm) member.supersede();
    });
  } else if (!member.isEstranged) {
    // Its record may yet become durable; a lease later there is another leader.
    stage.timeline.after(random.between(20, 300), () => {
      if (!stage.isCalm) member.estrange(random.between(4_000, 12_000));
    });
  }
  const [first] = asked;
  if (first !== undefined) member.holdErrands(first.group, random.between(1_500, 6_000));
}

/** It dies when it may have answered its client, and those who have voted hang longer than a recovery waits for them. */
function orphan(
  stage: Stage,
  member: SimMember,
  asked: readonly SimMember[],
  random: Random,
): void {
  const voteMs = random.between(0, 60);
  stage.timeline.after(voteMs, () => {
    if (stage.isCalm) return;
    for (const one of asked) one.stop(random.between(4_000, 12_000));
  });
  stage.timeline.after(voteMs + random.between(0, 30), () => {
    if (!stage.isCalm) member.crash();
  });
}

/** Those who are asked hear nothing more, or hear it and crash while it is on its way to their disks. */
function silence(stage: Stage, asked: readonly SimMember[], forMs: number, random: Random): void {
  const fall = (): void => {
    if (stage.isCalm) return;
    for (const member of asked) {
      member.crash();
      member.stop(forMs);
    }
  };
  if (random.chance(0.5)) fall();
  else stage.timeline.after(random.between(1, 15), fall);
}
