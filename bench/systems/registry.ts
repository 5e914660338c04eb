// Every system that can be measured, yardsticks first: within a cell, ratios are to the first of those
// that take part.
import { bare } from "./bare.ts";
import { constant } from "./constant.ts";
import { fed, holdfast, three } from "./holdfast.ts";
import { kv } from "./kv.ts";
import { bounded, eventual, eventualAfar, session, strong } from "./levels.ts";
import type { System } from "./system.ts";
import { twoPhase } from "./two-phase.ts";
import { bareOnce, bareParallel, bareSerial } from "./unprotected.ts";

export const systems: readonly System[] = [
  // Of reads at each level; the level that has an aim stands beside its yardstick.
  constant,
  eventual,
  eventualAfar,
  bounded,
  session,
  strong,
  kv,
  // Of keys.
  bare,
  // Of transactions in one group, and of those over several.
  bareOnce,
  twoPhase,
  bareParallel,
  bareSerial,
  // Ours.
  holdfast,
  three,
  fed,
];
