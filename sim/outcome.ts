/** What a run came to, for those who check it. */
import type { GroupLog } from "./archive.ts";
import type { Operation } from "./history.ts";

/** Something that must not be, by the property it breaks. */
export interface Finding {
  readonly property: string;
  readonly detail: string;
}

/** What every play leaves behind. */
export interface Outcome {
  readonly hash: string;
  /** In the order in which they were asked. */
  readonly operations: readonly Operation[];
  readonly logs: readonly GroupLog[];
  /** What the world saw go wrong while it ran. */
  readonly findings: readonly Finding[];
  readonly facts: Facts;
}

/** What the checkers must know of the world's clocks and windows. */
export interface Facts {
  /** How far apart two machines' clocks may show at once, in milliseconds. */
  readonly clockSpreadMs: number;
  readonly driftBound: number;
  readonly historyMs: number;
  /** The latest instant that any clock has shown. */
  readonly endsAt: number;
}
