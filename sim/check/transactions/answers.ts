/**
 * Whether all that was ever told of a transaction agrees (T3): by its own answer, by repeats of it, by
 * `GET /transactions/{id}`, and by what reads show of its effects. Source: DESIGN.md §6; issue 4, point 5.
 */
import { type Anomaly, describeList } from "./history.ts";

export type Outcome =
  /** All its operations took effect. */
  | "committed"
  /** A condition failed and the other branch ran: nothing took effect, for good. */
  | "else"
  | "aborted";

/** One answer. That an id is too old to say tells nothing, and a request that was not answered neither. */
export interface Told {
  readonly id: string;
  /** Who asked and how, for reports. */
  readonly by: string;
  /** True time of the question. */
  readonly askedAt: number;
  /** True time of the answer. */
  readonly toldAt: number;
  readonly told: Outcome | "pending" | "unknown-id";
}

/** What a transaction was to append. */
export interface Effect {
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

export interface ShownList {
  readonly by: string;
  readonly key: string;
  readonly list: readonly string[];
  /** Whether it was read after everything was over, so that it must show all that ever was committed. */
  readonly last: boolean;
}

export type AnswerAnomaly =
  /** Two outcomes of one id. */
  | "two-outcomes"
  /** An outcome was told, and who asked after that heard that there is none, or that nobody knows the id. */
  | "taken-back"
  /** An effect of what was told as without effect. */
  | "effect-without-commit"
  /** What was told as committed is not there in the end. */
  | "commit-without-effect";

export function findAnswerAnomalies(
  answers: readonly Told[],
  effects: readonly Effect[],
  lists: readonly ShownList[],
): Anomaly<AnswerAnomaly>[] {
  const anomalies: Anomaly<AnswerAnomaly>[] = [];
  const byId = new Map<string, Told[]>();
  for (const told of answers) {
    const known = byId.get(told.id);
    if (known === undefined) byId.set(told.id, [told]);
    else known.push(told);
  }
  for (const [id, told] of byId) {
    const other = disagreement(told);
    if (other !== null) anomalies.push(anomaly("two-outcomes", id, other));
    const after = takenBack(told);
    if (after !== null) anomalies.push(anomaly("taken-back", id, after));
  }
  const shown = new Map<string, ShownList>();
  const last = new Map<string, ShownList>();
  for (const one of lists) {
    for (const value of one.list) shown.set(`${one.key} ${value}`, one);
    if (one.last) last.set(one.key, one);
  }
  for (const { id, key, value } of effects) {
    const told = byId.get(id) ?? [];
    const by = shown.get(`${key} ${value}`);
    const without = told.find((answer) => answer.told === "aborted" || answer.told === "else");
    if (by !== undefined && without !== undefined) {
      anomalies.push(anomaly("effect-without-commit", id, [without], by));
    }
    const committed = told.find((answer) => answer.told === "committed");
    const end = last.get(key);
    if (committed !== undefined && end !== undefined && !end.list.includes(value)) {
      anomalies.push(anomaly("commit-without-effect", `${id}'s ${value}`, [committed], end));
    }
  }
  return anomalies;
}

function isOutcome({ told }: Told): boolean {
  return told === "committed" || told === "else" || told === "aborted";
}

function disagreement(told: readonly Told[]): readonly Told[] | null {
  const [first, ...others] = told.filter(isOutcome);
  const other = others.find((answer) => answer.told !== first?.told);
  return first === undefined || other === undefined ? null : [first, other];
}

function takenBack(told: readonly Told[]): readonly Told[] | null {
  let first: Told | null = null;
  for (const answer of told) {
    if (isOutcome(answer) && answer.toldAt < (first?.toldAt ?? Infinity)) first = answer;
  }
  if (first === null) return null;
  const { toldAt } = first;
  const later = told.find((answer) => !isOutcome(answer) && answer.askedAt > toldAt);
  return later === undefined ? null : [first, later];
}

function anomaly(
  name: AnswerAnomaly,
  about: string,
  told: readonly Told[],
  list?: ShownList,
): Anomaly<AnswerAnomaly> {
  const lines = told.map(
    ({ by, askedAt, toldAt, told: what }) =>
      `  [${askedAt.toFixed(1)}, ${toldAt.toFixed(1)}] ${by} was told ${what}`,
  );
  if (list !== undefined) lines.push(`  ${list.by} read ${list.key} as ${describeList(list.list)}`);
  return { name, detail: [`of ${about}:`, ...lines].join("\n") };
}
