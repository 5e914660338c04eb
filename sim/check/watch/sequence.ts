/**
 * W1: a watch tells every change that became visible behind where it began, in the log's order, none twice and none left out;
 * and what it tells is committed (W2), for nothing else is in the log in the end.
 *
 * Written anew: a change becomes visible at its entry, or, where it was voted for, at the entry that resolves the vote.
 */
import { isInternal } from "../../../shared/lock/key.ts";
import type { Effect, Entry } from "../../../shared/store/entry.ts";
import { type Position, parsePosition } from "../../../shared/watch/position.ts";
import type { Selector } from "../../../shared/watch/selector.ts";
import type { GroupLog } from "../../archive.ts";
import { text } from "../../history.ts";
import type { Episode } from "../../plays/watch/stream.ts";
import type { Report } from "../report.ts";

/** A change, as it became visible. */
export interface Visible {
  readonly index: number;
  /** Its place among all that became visible with that entry, from 1 on. */
  readonly place: number;
  readonly key: string;
  readonly revision: number;
  readonly value: string | null;
}

export function visibleIn({ entries }: Pick<GroupLog, "entries">): Visible[] {
  const visible: Visible[] = [];
  const votes = new Map<number, Entry>();
  for (const entry of entries) {
    const { index, effects, transaction = [] } = entry;
    const here: { revision: number; effect: Effect }[] = [];
    for (const one of transaction) {
      if (one.type !== "resolve" || !one.committed) continue;
      const vote = votes.get(one.vote);
      for (const effect of vote?.effects ?? []) here.push({ revision: one.vote, effect });
    }
    if (transaction.some(({ type }) => type === "vote")) votes.set(index, entry);
    else for (const effect of effects) here.push({ revision: index, effect });
    for (const [at, { revision, effect }] of here.entries()) {
      const value = effect.type === "put" ? text(effect.value.bytes) : null;
      visible.push({ index, place: at + 1, key: effect.key, revision, value });
    }
  }
  return visible;
}

/** @param whole whether it has to have told everything to the log's end. */
export function checkEpisode(
  name: string,
  { from, told, position }: Episode,
  selector: Selector,
  visible: readonly Visible[],
  report: Report,
): void {
  const start = parsePosition(from);
  const end = parsePosition(position);
  if (start === null || end === null) {
    report("W1", `${name} is from ${from} to ${position}`);
    return;
  }
  const wanted = visible.filter((one) => isSelected(selector, one.key));
  const expected = wanted.filter((one) => isBehind(one, start) && !isBehind(one, end));
  for (let at = 0; at < Math.max(expected.length, told.length); at++) {
    const one = expected[at];
    const heard = told[at];
    const should = one === undefined ? "nothing" : shown(one, positionOf(one, wanted));
    const was = heard === undefined ? "nothing" : shown(heard, heard.position);
    if (should === was) continue;
    report("W1", `${name}, from ${from}: told ${was} as number ${at + 1}, not ${should}`);
    return;
  }
}

const shown = (
  { key, revision, value }: Pick<Visible, "key" | "revision" | "value">,
  position: string,
): string => `${position}: ${key} = ${value ?? "gone"} r${revision}`;

/** Whether a change comes behind a position. */
function isBehind({ index, place }: Visible, position: Position): boolean {
  if (index !== position.index) return index > position.index;
  return position.changes !== null && place > position.changes;
}

/** The last change of an entry that is of a watch takes its position over the whole entry. */
function positionOf({ index, place }: Visible, wanted: readonly Visible[]): string {
  const more = wanted.some((one) => one.index === index && one.place > place);
  return more ? `${index}.${place}` : String(index);
}

function isSelected(selector: Selector, key: string): boolean {
  if (selector.type === "key") return key === selector.key;
  return !isInternal(key) && key.startsWith(selector.prefix);
}
