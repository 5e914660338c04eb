/** What a list must show, said as simply as possible. */
import type { KeyRange } from "../../shared/store/view.ts";

/** The keys of `keys` that a range names, in its order, before its limit. Keys here are ASCII. */
export function keysInRange(range: KeyRange, keys: readonly string[]): string[] {
  const { prefix, start, end, after, reverse } = range;
  const inside = keys.filter(
    (key) =>
      key.startsWith(prefix) &&
      (start === null || key >= start) &&
      (end === null || key < end) &&
      (after === null || (reverse ? key < after : key > after)),
  );
  inside.sort();
  return reverse ? inside.reverse() : inside;
}
