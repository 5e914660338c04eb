/** What a replica is asked, and what it answers: plain data, for it crosses between machines. */
import type { StoredRecord } from "../store/entry.ts";
import type { KeyRange } from "../store/view.ts";
import type { Instant, LogIndex, Ms } from "../types.ts";
import type { GroupCursor, GroupIndex, GroupPage } from "./store.ts";

/** How consistent the answer to a read of keys must be. */
export type ReadLevel =
  /** Whatever state the replica has. */
  | { readonly type: "eventual" }
  /** One that holds all that a bookmark has seen of the group; waited for so long at most. */
  | { readonly type: "session"; readonly atLeast: LogIndex; readonly waitMs: Ms }
  /** One that was current at most so long before the read arrived. */
  | { readonly type: "bounded"; readonly maxStalenessMs: Ms };

export interface ReplicaRead {
  /** One at least, and all of one group. */
  readonly keys: readonly string[];
  readonly level: ReadLevel;
}

export type ReplicaReadAnswer =
  | {
      readonly type: "read";
      /** The keys asked for, each in its place; null where it is absent. */
      readonly records: readonly (StoredRecord | null)[];
      /** The group's index that the answer is as of. */
      readonly index: LogIndex;
      /** How old the state can have been at most when the read arrived; null where nothing proves it. */
      readonly ageMs: Ms | null;
      /** Whether a transaction that may be committed is about to change any of the keys. Only ever at `eventual`. */
      readonly doubt: boolean;
      /** Calls that the replica made for it, of leaders. */
      readonly calls: number;
    }
  /** The replica cannot answer at that level: the leader can. */
  | { readonly type: "behind"; readonly index: LogIndex; readonly calls: number };

/** How consistent a list of the whole namespace must be. */
export type ListLevel =
  | { readonly type: "eventual" }
  /** One that holds all that is named in {@link ReplicaList.named}; waited for so long at most. */
  | { readonly type: "session"; readonly waitMs: Ms };

export interface ReplicaList {
  readonly range: KeyRange;
  /** False where the records shall come without their bytes. */
  readonly values: boolean;
  readonly level: ListLevel;
  /** What the client's bookmark names: the index of each group, by the group's hash. */
  readonly named: ReadonlyMap<number, LogIndex>;
}

export type ReplicaListAnswer =
  | {
      readonly type: "records";
      readonly records: readonly StoredRecord[];
      /** True where there are further keys in the range. */
      readonly more: boolean;
      /** The groups of these records, with the index each is as of. */
      readonly seen: readonly GroupIndex[];
      /** The index of each of those, and of each that was named, by the group's hash: the state that the list shows. */
      readonly had: ReadonlyMap<number, LogIndex>;
      /** Calls that the replica made for it, of leaders. */
      readonly calls: number;
    }
  | { readonly type: "behind"; readonly calls: number };

/** How far a replica has come with a group. */
export interface GroupStatus extends GroupIndex {
  /** When the entry at the index was appended, on its leader's clock; zero where there is none. */
  readonly at: Instant;
  /** How long ago the copy is known to have been current; null where nothing proves it. */
  readonly ageMs: Ms | null;
}

export interface ReplicaStatus {
  /** Those asked for, each in its place. */
  readonly groups: readonly GroupStatus[];
  /** How many groups it knows. */
  readonly known: number;
  /** When the newest of all entries applied was appended, on its leader's clock; zero where there is none. */
  readonly newestAt: Instant;
  /** False while it may lack groups that were written before it was there. */
  readonly filled: boolean;
}

/** What one replica asks another of in a round. */
export interface GroupPageRequest {
  readonly after: GroupCursor | null;
  readonly limit: number;
  /** Whether whoever asks has applied something since its round before: then whoever is asked looks too, later. */
  readonly news: boolean;
}

export interface GroupPageAnswer extends GroupPage {
  readonly filled: boolean;
}
