/**
 * What clients of transactions want: lists appended to and read, money moved, outcomes asked for.
 *
 * Every value that is appended is another one, so that a read of a list shows which appends came before it, and in
 * which order (Kingsbury & Alvaro 2020).
 */
import { jsonValue } from "../../../shared/transaction/json.ts";
import type { Condition, GetOperation, Operation } from "../../../shared/transaction/request.ts";
import { isReadOnly, type Whole } from "../../../shared/transaction/split.ts";
import { logIndex, ms } from "../../../shared/types.ts";
import type { Random } from "../../random.ts";
import type { Layout } from "./layout.ts";

export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

export type Wish =
  | {
      readonly type: "transact";
      readonly whole: Whole;
      readonly transfer: Transfer | null;
      /** Whether it comes with an idempotency key, to be repeated under it. */
      readonly keyed: boolean;
      /** Keys that somebody else reads while it is under way. */
      readonly watched?: Whole;
    }
  | { readonly type: "read-only"; readonly whole: Whole }
  | { readonly type: "get"; readonly key: string }
  /** Read a list, and put a longer one if nothing has changed meanwhile: a plain write. */
  | { readonly type: "swap"; readonly key: string }
  /** Send a transaction again under its idempotency key. */
  | { readonly type: "repeat" }
  /** Use an idempotency key for something else. */
  | { readonly type: "misuse"; readonly whole: Whole }
  | { readonly type: "look-up"; readonly settle: boolean };

const WEIGHTS = {
  lists: 30,
  readLists: 8,
  young: 6,
  readYoung: 6,
  transfer: 14,
  readAccounts: 6,
  get: 8,
  swap: 7,
  repeat: 4,
  misuse: 1,
  lookUp: 5,
  settle: 5,
};

/** Shorter than the contract allows, so that keys run out while they are locked. */
const TTL_MS = [30, 100, 400, 2_000];

export class Workload {
  readonly #random: Random;
  readonly #layout: Layout;
  /** The revision of each key that was seen last. */
  readonly #seen = new Map<string, number | null>();
  /** Lists that have just been thought of: absent, or about to be there. */
  #young: readonly string[] = [];
  readonly #grown: string[] = [];
  #values = 0;

  constructor(random: Random, layout: Layout) {
    this.#random = random;
    this.#layout = layout;
    this.#conceive();
  }

  /** Every list that there may be. */
  get lists(): readonly string[] {
    return [...this.#layout.lists, ...this.#grown];
  }

  next(): Wish {
    const kind = this.#random.weighted(WEIGHTS);
    const { lists, accounts } = this.#layout;
    switch (kind) {
      case "lists":
        return this.#onLists();
      case "readLists":
        return this.#readOnly(this.#some(lists));
      case "young":
        return this.#onYoung();
      case "readYoung":
        return this.#readOnly(this.#young);
      case "transfer":
        return accounts.length === 0 ? this.#onLists() : this.#transfer();
      case "readAccounts":
        return this.#readOnly(accounts.length === 0 ? this.#some(lists) : accounts);
      case "get":
        return { type: "get", key: this.#random.pick(lists) };
      case "swap":
        return { type: "swap", key: this.#random.pick(lists) };
      case "repeat":
        return { type: "repeat" };
      case "misuse":
        return { type: "misuse", whole: this.#onLists().whole };
      case "lookUp":
      case "settle":
        return { type: "look-up", settle: kind === "settle" };
    }
  }

  /** What contends with everything: appends to several keys at once, or moves money. */
  contending(): Extract<Wish, { type: "transact" }> {
    const transfers = this.#layout.accounts.length > 0 && this.#random.chance(0.4);
    if (transfers) return this.#transfer();
    const operations = this.#some(this.#layout.lists).map((key) => this.#append(key));
    const whole = { conditions: [], operations, otherwise: [] };
    return { type: "transact", whole, transfer: null, keyed: false };
  }

  nextValue(): string {
    return `v${++this.#values}`;
  }

  /** A client has seen a revision, or that there is none. */
  learn(key: string, revision: number | null): void {
    this.#seen.set(key, revision);
  }

  #onLists(): Extract<Wish, { type: "transact" }> {
    const random = this.#random;
    const keys = this.#some(this.#layout.lists);
    const conditions = keys.flatMap((key) => (random.chance(0.3) ? [this.#condition(key)] : []));
    const operations: Operation[] = [];
    for (const key of keys) {
      const does = random.weighted({ append: 6, get: 3, both: 1, nothing: 1 });
      if (does === "get" || does === "both") operations.push({ type: "get", key });
      if (does === "append" || does === "both") operations.push(this.#append(key));
    }
    for (const key of random.chance(0.15) ? this.#layout.accounts : []) {
      operations.push({ type: "get", key });
    }
    for (const key of this.#layout.fleeting) {
      const does = random.weighted({ nothing: 4, get: 4, exists: 1, put: 2 });
      if (does === "exists") conditions.push({ type: "exists", key, exists: random.chance(0.5) });
      if (does === "get") operations.push({ type: "get", key });
      if (does === "put") operations.push(this.#putForATime(key));
    }
    // A condition may also stand on what the transaction does not touch.
    if (random.chance(0.15)) conditions.push(this.#condition(random.pick(this.#layout.lists)));
    if (isReadOnly(operations)) operations.push(this.#append(keys[0] as string));
    const otherwise = random.chance(0.7) ? gets(keys) : [];
    const keyed = random.chance(0.15);
    return {
      type: "transact",
      whole: { conditions, operations, otherwise },
      transfer: null,
      keyed,
    };
  }

  /** Creates lists, all at once; who reads them sees all of them or none. */
  #onYoung(): Extract<Wish, { type: "transact" }> {
    const keys = this.#young;
    const operations = keys.map((key) => this.#append(key));
    if (this.#random.chance(0.5)) this.#conceive();
    const whole = { conditions: [], operations, otherwise: [] };
    const watched = { conditions: [], operations: gets(keys), otherwise: [] };
    return { type: "transact", whole, transfer: null, keyed: false, watched };
  }

  #conceive(): void {
    const random = this.#random;
    const number = this.#grown.length;
    this.#young = Array.from(
      { length: 2 + random.below(2) },
      (_, at) => `{${random.pick(this.#layout.groups)}}n${number + at}`,
    );
    this.#grown.push(...this.#young);
  }

  #transfer(): Extract<Wish, { type: "transact" }> {
    const random = this.#random;
    const { accounts, covered } = this.#layout;
    const from = random.pick(accounts);
    const to = random.pick(accounts.filter((account) => account !== from));
    const amount = 1 + random.below(40);
    const conditions: Condition[] = covered ? [{ type: "at-least", key: from, least: amount }] : [];
    const operations: Operation[] = [
      { type: "add", key: from, by: -amount },
      { type: "add", key: to, by: amount },
    ];
    return {
      type: "transact",
      whole: { conditions, operations, otherwise: gets([from, to]) },
      transfer: { from, to, amount },
      keyed: random.chance(0.15),
    };
  }

  #readOnly(keys: readonly string[]): Wish {
    const conditions = keys.flatMap((key) =>
      this.#random.chance(0.1) ? [this.#condition(key)] : [],
    );
    return {
      type: "read-only",
      whole: { conditions, operations: gets(keys), otherwise: gets(keys) },
    };
  }

  #append(key: string): Operation {
    const values = [this.nextValue()];
    if (this.#random.chance(0.15)) values.push(this.nextValue());
    return { type: "append", key, values };
  }

  #putForATime(key: string): Operation {
    const ttlMs = ms(this.#random.pick(TTL_MS));
    return { type: "put", key, value: jsonValue(this.nextValue()), ttlMs };
  }

  /** Mostly one that holds, as far as is known. */
  #condition(key: string): Condition {
    const seen = this.#seen.get(key) ?? null;
    if (seen === null || this.#random.chance(0.3)) {
      const exists = this.#random.chance(0.85) === (seen !== null);
      return { type: "exists", key, exists };
    }
    const negated = this.#random.chance(0.1);
    return { type: "revision", key, among: [logIndex(seen)], negated };
  }

  #some(keys: readonly string[]): string[] {
    const random = this.#random;
    const many = random.weighted({ one: 3, two: 5, three: 3, all: 2 });
    const count = { one: 1, two: 2, three: 3, all: keys.length }[many];
    const left = [...keys];
    const chosen: string[] = [];
    while (chosen.length < count && left.length > 0) {
      chosen.push(...left.splice(random.below(left.length), 1));
    }
    return chosen;
  }
}

const gets = (keys: readonly string[]): GetOperation[] => keys.map((key) => ({ type: "get", key }));
