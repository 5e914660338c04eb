/** What clients and readers were told, and what was true when: the history that the checkers take. */

import type { ReadLevel, ReplicaReadAnswer } from "../../../shared/replica/request.ts";
import type { GroupIndex } from "../../../shared/replica/store.ts";
import type { StoredRecord } from "../../../shared/store/entry.ts";
import type { KeyRange } from "../../../shared/store/view.ts";
import type { LogIndex, Region } from "../../../shared/types.ts";
import type { Time } from "../../timeline.ts";

/** A read that a replica answered. */
export interface ReplicaWord {
  readonly client: string;
  readonly region: Region;
  readonly group: string;
  readonly keys: readonly string[];
  readonly level: ReadLevel;
  readonly askedAt: Time;
  /** When it came to the replica. */
  readonly arrivedAt: Time;
  readonly toldAt: Time;
  readonly answer: ReplicaReadAnswer;
  /** Whether the clocks that it rests on were ever set back: then they tell no duration. */
  readonly steady: boolean;
}

/** A list that a replica answered. */
export interface ReplicaListWord {
  readonly client: string;
  readonly region: Region;
  readonly range: KeyRange;
  /** What the client had seen of each group, at `session`; null at `eventual`. */
  readonly bookmark: ReadonlyMap<string, LogIndex> | null;
  readonly records: readonly StoredRecord[];
  readonly more: boolean;
  readonly seen: readonly GroupIndex[];
}

/** What a client saw of a key, in the order in which it did; a replica's answer is as of an index. */
export interface Sight {
  readonly client: string;
  readonly key: string;
  readonly how: "wrote" | "leader" | "session" | "weaker";
  /** Null where the key was absent. */
  readonly revision: number | null;
  /** The index that a replica's answer is as of; null for a leader's. */
  readonly index: number | null;
}

/** All that a replica's disk held. */
export interface Copy {
  readonly region: Region;
  readonly when: string;
  readonly groups: ReadonlyMap<
    string,
    { readonly index: number; readonly doubts: readonly number[] }
  >;
  readonly records: readonly StoredRecord[];
}

/** How far each group was committed when, as any of its members knew. */
export class Past {
  readonly #marks = new Map<string, { readonly at: Time; readonly index: number }[]>();

  note(group: string, at: Time, index: number): void {
    const marks = this.#marks.get(group);
    if (marks === undefined) this.#marks.set(group, [{ at, index }]);
    else if (index > (marks.at(-1)?.index ?? 0)) marks.push({ at, index });
  }

  indexAt(group: string, at: Time): number {
    return this.#marks.get(group)?.findLast((mark) => mark.at <= at)?.index ?? 0;
  }
}
