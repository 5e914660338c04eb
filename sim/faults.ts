/**
 * What goes wrong in a run, and how often: drawn anew from each seed.
 *
 * Swarm testing (Groce and others, 2012): a seed switches every kind of fault on or off, because faults that are
 * always on hide what only shows without them. The scheduler is biased towards what hides: crashes right after
 * a write, answers lost after it, copies that come late.
 */
import type { Region } from "../shared/types.ts";
import type { SimMember } from "./member.ts";
import type { NetworkManner } from "./network.ts";
import type { Random } from "./random.ts";

export interface FaultPlan {
  readonly network: NetworkManner;
  readonly disk: {
    readonly usualMs: number;
    readonly slow: number;
    readonly slowMsMax: number;
    readonly failure: number;
    readonly crash: number;
  };
  readonly clocks: { readonly drift: number; readonly offsetMsMax: number };
  readonly alarms: { readonly lateMsMax: number; readonly repetition: number };
  /** How often each of these befalls one of a group's members, per second. */
  readonly rates: Readonly<Record<MemberFault, number>>;
}

export type MemberFault =
  | "crash"
  | "crashInEffect"
  | "evict"
  | "supersede"
  | "setClockBack"
  | "partition"
  | "isolate";

/** No fault at all: how the world behaves once it is healed. */
export const HEALTHY_NETWORK: NetworkManner = {
  nearMs: 2,
  farMs: 30,
  loss: 0,
  duplication: 0,
  lateness: 0,
  lateMsMax: 0,
};

export function drawFaults(random: Random): FaultPlan {
  const maybe = (value: number): number => (random.chance(0.5) ? value * random.next() : 0);
  return {
    network: {
      nearMs: random.between(0.5, 5),
      farMs: random.between(5, 80),
      loss: maybe(0.15),
      duplication: maybe(0.5),
      lateness: maybe(0.3),
      lateMsMax: random.pick([500, 3_000, 15_000]),
    },
    disk: {
      usualMs: random.between(0.5, 20),
      slow: maybe(0.3),
      slowMsMax: random.pick([100, 1_500]),
      failure: maybe(0.03),
      crash: maybe(0.08),
    },
    clocks: { drift: maybe(0.1), offsetMsMax: maybe(5_000) },
    alarms: { lateMsMax: random.pick([5, 200, 5_000]), repetition: maybe(0.5) },
    rates: {
      crash: maybe(0.6),
      crashInEffect: maybe(1),
      evict: maybe(0.5),
      supersede: maybe(0.3),
      setClockBack: maybe(0.15),
      partition: maybe(0.2),
      isolate: maybe(0.4),
    },
  };
}

/** Has `fault` befall a member. */
export function befall(
  fault: MemberFault,
  member: SimMember,
  regions: readonly Region[],
  random: Random,
  partition: (a: Region, b: Region, forMs: number) => void,
): void {
  switch (fault) {
    case "crash":
      member.crash();
      break;
    case "crashInEffect":
      member.crashAfter(random.below(8));
      break;
    case "evict":
      member.evict();
      break;
    case "supersede":
      member.supersede();
      break;
    case "setClockBack":
      member.setClockBack(random.pick([1, 50, 900, 4_000]));
      break;
    case "partition":
      partition(member.region, random.pick(regions), random.between(50, 3_000));
      break;
    case "isolate": {
      // Clients of its own region reach it still.
      const forMs = random.between(500, 8_000);
      for (const other of regions)
        if (other !== member.region) partition(member.region, other, forMs);
      break;
    }
  }
}
