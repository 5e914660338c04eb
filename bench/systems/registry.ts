// Every system that can be measured, yardsticks first: within a cell, ratios are to the first of those
// that take part.
import { bare } from "./bare.ts";
import { holdfast, three } from "./holdfast.ts";
import type { System } from "./system.ts";

export const systems: readonly System[] = [bare, holdfast, three];
