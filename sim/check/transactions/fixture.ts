/**
 * Histories of transactions for the checkers' own tests: by hand, and at random from a store that runs one
 * transaction after the other, together with the ways to spoil them.
 */
import type { Random } from "../../random.ts";
import type { Span } from "../fixture.ts";
import type { Interval, Model } from "../linearizability.ts";
import type { Fate, ObservedTransaction, Step } from "./history.ts";

// --- by hand

export const append = (key: string, value: string): Step => ({ type: "append", key, value });

/** The values as one word, a letter each: `read("x", "ab")`. */
export const read = (key: string, values: string): Step => ({
  type: "read",
  key,
  list: [...values],
});

const observed =
  (fate: Fate) =>
  (name: string, [invokedAt, to]: Span, ...steps: Step[]): ObservedTransaction => ({
    name,
    invokedAt,
    returnedAt: to ?? Number.POSITIVE_INFINITY,
    fate,
    steps,
  });

export const committed = observed("committed");
export const aborted = observed("aborted");
export const unknown = observed("unknown");

// --- at random

export interface Size {
  readonly transactions: number;
  readonly keys: number;
  readonly stepsMax: number;
  /** How far from the instant at which it runs a transaction's call and return may lie, in instants. */
  readonly spread: number;
}

/** A transaction before it has run: its reads are still empty. */
export type Planned = ObservedTransaction;

/** Some of a transaction's steps, run together: its number, and theirs. */
interface Slot {
  readonly transaction: number;
  readonly steps: readonly number[];
}

export interface Plan {
  readonly transactions: readonly Planned[];
  /** Whether each takes effect. */
  readonly effective: readonly boolean[];
  /** In the order in which they run. A serial plan has one slot a transaction. */
  readonly slots: readonly Slot[];
}

export function serialPlan(random: Random, size: Size): Plan {
  const transactions: Planned[] = [];
  const effective: boolean[] = [];
  for (let number = 0; number < size.transactions; number++) {
    const fate = random.weighted({ committed: 8, aborted: 1, unknown: 1 });
    const steps: Step[] = [];
    const count = 1 + random.below(size.stepsMax);
    for (let at = 0; at < count; at++) {
      const key = `k${random.below(size.keys)}`;
      steps.push(random.chance(0.5) ? append(key, `${number}.${at}`) : read(key, ""));
    }
    transactions.push({
      name: `T${number}`,
      invokedAt: number - random.below(size.spread + 1),
      returnedAt: fate === "unknown" ? Infinity : number + random.below(size.spread + 1),
      fate,
      steps,
    });
    effective.push(fate === "committed" || (fate === "unknown" && random.chance(0.5)));
  }
  const slots = transactions.map(({ steps }, transaction) => ({
    transaction,
    steps: [...steps.keys()],
  }));
  return { transactions, effective, slots };
}

/** The history that running the plan's slots in their order shows. */
export function run({ transactions, effective, slots }: Plan): ObservedTransaction[] {
  const store = new Map<string, readonly string[]>();
  const ran = transactions.map(({ steps }) => [...steps]);
  for (const { transaction, steps } of slots) {
    if (effective[transaction] !== true) continue;
    for (const at of steps) {
      const step = ran[transaction]?.[at];
      if (step === undefined) throw new Error(`transaction ${transaction} has no step ${at}`);
      const list = store.get(step.key) ?? [];
      if (step.type === "append") store.set(step.key, [...list, step.value]);
      else ran[transaction]?.splice(at, 1, { ...step, list });
    }
  }
  return transactions.map((transaction, number) => ({ ...transaction, steps: ran[number] ?? [] }));
}

// --- spoiling a plan: what a store does that keeps its promises badly

export type Spoiling = (random: Random, plan: Plan) => Plan;

/** What a transaction does to one of its keys happens a few slots before or after the rest of it. */
const tear: Spoiling = (random, plan) => {
  const slots = [...plan.slots];
  const from = random.below(slots.length);
  const slot = slots[from];
  const steps = slot && plan.transactions[slot.transaction]?.steps;
  if (slot === undefined || steps === undefined) return plan;
  const { key } = random.pick(steps);
  const away = slot.steps.filter((at) => steps[at]?.key === key);
  const rest = slot.steps.filter((at) => steps[at]?.key !== key);
  slots[from] = { ...slot, steps: rest };
  slots.splice(nearby(random, from, slots.length), 0, { ...slot, steps: away });
  return { ...plan, slots };
};

/** Reads happen before the transaction runs, as without validation; or after. */
const unlock: Spoiling = (random, plan) => {
  const slots = [...plan.slots];
  const from = random.below(slots.length);
  const slot = slots[from];
  const steps = slot && plan.transactions[slot.transaction]?.steps;
  if (slot === undefined || steps === undefined) return plan;
  const reads = slot.steps.filter((at) => steps[at]?.type === "read");
  slots[from] = { ...slot, steps: slot.steps.filter((at) => steps[at]?.type === "append") };
  slots.splice(nearby(random, from, slots.length), 0, { ...slot, steps: reads });
  return { ...plan, slots };
};

/** Told as committed what did not take effect. */
const lose: Spoiling = (random, plan) => {
  const number = random.below(plan.effective.length);
  return { ...plan, effective: plan.effective.with(number, false) };
};

/** Took effect though told as aborted. */
const resurrect: Spoiling = (random, plan) => {
  const numbers = [...plan.transactions.keys()];
  const aborted = numbers.filter((number) => plan.transactions[number]?.fate === "aborted");
  if (aborted.length === 0) return plan;
  return { ...plan, effective: plan.effective.with(random.pick(aborted), true) };
};

/** Runs elsewhere than between its call and its return. */
const displace: Spoiling = (random, plan) => {
  const from = random.below(plan.slots.length);
  const slot = plan.slots[from];
  if (slot === undefined) return plan;
  const slots = plan.slots.toSpliced(from, 1);
  return { ...plan, slots: slots.toSpliced(random.below(slots.length + 1), 0, slot) };
};

function nearby(random: Random, at: number, length: number): number {
  return Math.min(length, Math.max(0, at - 4 + random.below(9)));
}

export const spoilings = { tear, unlock, lose, resurrect, displace };

// --- spoiling a history: what a store answers that shows what never was

type Edit = (random: Random, list: readonly string[]) => readonly string[];

/** Each changes one read that showed something. */
const edits: Record<string, Edit> = {
  swap: (random, list) => {
    const at = random.below(list.length - 1);
    const [first, second] = [list[at], list[at + 1]];
    return first === undefined || second === undefined
      ? list
      : list.toSpliced(at, 2, second, first);
  },
  drop: (random, list) => list.toSpliced(random.below(list.length), 1),
  truncate: (random, list) => list.slice(0, random.below(list.length)),
  repeat: (random, list) => [...list, random.pick(list)],
  invent: (_, list) => [...list, "nobody's"],
};

export type EditName = "swap" | "drop" | "truncate" | "repeat" | "invent";
export const editNames: readonly EditName[] = ["swap", "drop", "truncate", "repeat", "invent"];

export function spoilRead(
  name: EditName,
  random: Random,
  history: readonly ObservedTransaction[],
): ObservedTransaction[] {
  const shortest = name === "swap" ? 2 : 1;
  const places = history.flatMap(({ fate, steps }, number) =>
    fate !== "committed"
      ? []
      : [...steps.entries()].flatMap(([at, step]) =>
          step.type === "read" && step.list.length >= shortest ? [{ number, at }] : [],
        ),
  );
  const spoilt = [...history];
  if (places.length === 0) return spoilt;
  const { number, at } = random.pick(places);
  const transaction = history[number];
  const step = transaction?.steps[at];
  if (transaction === undefined || step?.type !== "read") return spoilt;
  const list = edits[name]?.(random, step.list) ?? step.list;
  spoilt[number] = { ...transaction, steps: transaction.steps.with(at, { ...step, list }) };
  return spoilt;
}

// --- the twin

type Store = Readonly<Record<string, readonly string[]>>;

/**
 * The same question asked simply: the whole store as one object, each transaction as one operation on it, for
 * ../linearizability.ts to search all orders.
 */
export const serialStore: Model<Store, ObservedTransaction & Interval> = {
  initial: {},
  key: (store) => JSON.stringify(Object.entries(store).sort(([a], [b]) => (a < b ? -1 : 1))),
  step(before, { steps, fate }) {
    const store: Record<string, readonly string[]> = { ...before };
    for (const step of steps) {
      const list = store[step.key] ?? [];
      if (step.type === "append") store[step.key] = [...list, step.value];
      else if (fate === "committed" && step.list.join() !== list.join()) return null;
    }
    return store;
  },
};

/** What the twin is asked: an aborted transaction never was, an unknown one may be at any time. */
export function asOperations(history: readonly ObservedTransaction[]): ObservedTransaction[] {
  return history
    .filter(({ fate }) => fate !== "aborted")
    .map((one) => (one.fate === "unknown" ? { ...one, returnedAt: Infinity } : one));
}
