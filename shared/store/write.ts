/** The changes of a member's disk, as data. One turn's writes are atomic, and turns are durable in order. */
import type { HardState } from "../raft/hard-state.ts";
import type { Term } from "../raft/term.ts";
import type { Instant, LogIndex } from "../types.ts";
import type { Entry } from "./entry.ts";
import type { SnapshotRow } from "./snapshot.ts";
import type { StagedSnapshot } from "./view.ts";

export type Write =
  /** Entries that follow the log's end, with their effects. */
  | { readonly type: "append"; readonly entries: readonly Entry[] }
  /** The log ends at `last` from now on; what came behind it is undone. */
  | { readonly type: "truncate"; readonly last: LogIndex }
  /** A part of a snapshot is put beside the tables. */
  | {
      readonly type: "stage";
      readonly staged: StagedSnapshot;
      readonly rows: readonly SnapshotRow[];
    }
  /** The staged snapshot takes the place of log and state; `at` is when its last entry was appended. */
  | {
      readonly type: "install";
      readonly lastIndex: LogIndex;
      readonly lastTerm: Term;
      readonly at: Instant;
    }
  | { readonly type: "hard-state"; readonly state: HardState }
  /** Entries up to `through` are forgotten, and the revisions they superseded. */
  | { readonly type: "compact"; readonly through: LogIndex }
  /** Answers to idempotency keys that were given before `before` are forgotten. */
  | { readonly type: "forget-answers"; readonly before: Instant };
