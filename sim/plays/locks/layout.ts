/** Which locks and elections a run is about, and what each of them guards. */
import { groupOf } from "../../../shared/group.ts";
import { internalKey } from "../../../shared/lock/key.ts";
import type { Random } from "../../random.ts";

export interface Place {
  /** The lock's own key. */
  readonly key: string;
  readonly group: string;
  /** A list that is only appended to by whoever holds the lock; in its group or in another one. */
  readonly guarded: string;
}

export interface Layout {
  readonly places: readonly Place[];
  readonly groups: readonly string[];
}

const NAMES = ["a", "b", "c"];

export function drawLayout(random: Random): Layout {
  const names = NAMES.slice(0, 1 + random.below(NAMES.length));
  const places = Array.from({ length: 1 + random.below(3) }, (_, at): Place => {
    // A bare name is a group of its own, which names and keys with it as their tag share.
    const name = at === 0 && random.chance(0.5) ? "a" : `{${random.pick(names)}}l${at + 1}`;
    const key = internalKey(random.chance(0.7) ? "lock" : "election", name);
    return { key, group: groupOf(key), guarded: `{${random.pick(names)}}g${at + 1}` };
  });
  const groups = new Set(places.flatMap(({ group, guarded }) => [group, groupOf(guarded)]));
  return { places, groups: [...groups].sort() };
}
