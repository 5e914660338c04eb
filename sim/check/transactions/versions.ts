/**
 * Which versions each key went through, as far as reads show it, and what is wrong with single reads.
 *
 * Sources: Adya 1999 §3.2 for G1a and G1b; Kingsbury & Alvaro 2020 §4 for the order of versions: a list that is
 * only ever appended to has exactly one order of versions, and its longest read shows it up to there.
 */
import {
  type Anomaly,
  describeList,
  describeTransaction,
  type ObservedTransaction,
} from "./history.ts";

export type ReadAnomaly =
  /** A value that nobody appended to that key. */
  | "unwritten"
  /** A value of a transaction that is known to be aborted (Adya's G1a). */
  | "G1a"
  /** Some of what one transaction appended to the key, and not all of it (Adya's G1b). */
  | "G1b"
  /** A value twice. */
  | "duplicate"
  /** Two reads, and neither is how the other began. */
  | "incompatible-orders"
  /** A transaction against itself: its own appends are missing, early, or in another order, or two reads differ. */
  | "internal"
  /** A committed append that a read did not show that was called after it returned. */
  | "lost-append";

export interface Append {
  readonly author: number;
  readonly value: string;
  /** True for the last one of its author to this key. */
  readonly last: boolean;
}

/** A read that agrees with the order of versions. */
export interface Read {
  readonly reader: number;
  /** How many values it showed that were not the reader's own. */
  readonly length: number;
}

export interface KeyVersions {
  readonly key: string;
  /** By position in the longest read; null for a value that no committed transaction appended. */
  readonly order: readonly (Append | null)[];
  readonly reads: readonly Read[];
  /** Committed, and in no read: they come after all that was read, in an order nobody knows. */
  readonly unread: readonly Append[];
}

export interface Versions {
  readonly keys: readonly KeyVersions[];
  /** Whether each transaction took effect: it was committed, or nobody knows and somebody read of it. */
  readonly counted: readonly boolean[];
  readonly anomalies: readonly Anomaly<ReadAnomaly>[];
}

interface ShownRead extends Read {
  readonly list: readonly string[];
}

interface KnownAppend {
  readonly author: number;
  readonly key: string;
  /** Its position among its author's appends to the key. */
  readonly place: number;
}

/** @throws where a value is appended twice, or the history is otherwise not one that this can judge. */
export function inferVersions(history: readonly ObservedTransaction[]): Versions {
  return new Inference(history).infer();
}

class Inference {
  readonly #history: readonly ObservedTransaction[];
  readonly #anomalies = new Map<string, Anomaly<ReadAnomaly>>();
  readonly #appends = new Map<string, KnownAppend>();
  /** By key and author, how many. */
  readonly #counts = new Map<string, Map<number, number>>();
  readonly #reads = new Map<string, ShownRead[]>();
  readonly #counted: boolean[];

  constructor(history: readonly ObservedTransaction[]) {
    this.#history = history;
    this.#counted = history.map(({ fate }) => fate === "committed");
  }

  infer(): Versions {
    this.#history.forEach((transaction, author) => {
      this.#collectAppends(transaction, author);
    });
    this.#history.forEach((transaction, reader) => {
      if (transaction.fate === "committed") this.#collectReads(transaction, reader);
    });
    const orders = new Map<string, readonly string[]>();
    for (const key of this.#counts.keys()) this.#reads.set(key, this.#reads.get(key) ?? []);
    // All orders first: what is read of one key decides what counts at another.
    for (const [key, reads] of this.#reads) orders.set(key, this.#order(key, reads));
    const keys = [...orders].map(([key, order]) => this.#versions(key, order));
    return { keys, counted: this.#counted, anomalies: [...this.#anomalies.values()] };
  }

  #collectAppends(
    { name, invokedAt, returnedAt, steps }: ObservedTransaction,
    author: number,
  ): void {
    if (!(invokedAt <= returnedAt)) throw new Error(`${name} returned before it was called`);
    for (const step of steps) {
      if (step.type !== "append") continue;
      const { key, value } = step;
      if (this.#appends.has(value)) throw new Error(`${value} is appended twice`);
      const counts = this.#counts.get(key) ?? new Map<number, number>();
      const place = counts.get(author) ?? 0;
      this.#counts.set(key, counts.set(author, place + 1));
      this.#appends.set(value, { author, key, place });
    }
  }

  /** Takes the reader's own appends off each read: what is left is what others had done. */
  #collectReads(transaction: ObservedTransaction, reader: number): void {
    const own = new Map<string, string[]>();
    const before = new Map<string, number>();
    for (const step of transaction.steps) {
      const { key } = step;
      const mine = own.get(key) ?? [];
      if (step.type === "append") {
        own.set(key, [...mine, step.value]);
        continue;
      }
      const { list } = step;
      const length = list.length - mine.length;
      const fault = this.#faultInside(reader, key, list, mine, before.get(key));
      if (fault !== null) {
        this.#report("internal", `${reader} ${key}`, fault, transaction);
        continue;
      }
      before.set(key, length);
      const reads = this.#reads.get(key) ?? [];
      reads.push({ reader, list, length });
      this.#reads.set(key, reads);
    }
  }

  #faultInside(
    reader: number,
    key: string,
    list: readonly string[],
    own: readonly string[],
    before: number | undefined,
  ): string | null {
    const length = list.length - own.length;
    if (length < 0 || own.some((value, at) => list[length + at] !== value)) {
      return `a read of ${key} does not end with its own appends so far`;
    }
    for (const step of this.#at(reader).steps) {
      if (step.type !== "append" || step.key !== key) continue;
      const at = list.indexOf(step.value);
      if (at < 0 || at >= length) continue;
      return `a read of ${key} shows its own ${step.value} where that cannot be`;
    }
    return before === undefined || before === length ? null : `it read ${key} in two states`;
  }

  /** The longest read, with what is wrong in it, and with the reads that contradict it. */
  #order(key: string, reads: ShownRead[]): readonly string[] {
    let longest: ShownRead | null = null;
    for (const read of reads) {
      if (read.list.length > (longest?.list.length ?? 0)) longest = read;
    }
    if (longest === null) return [];
    this.#inspect(key, longest);
    const order = longest.list;
    const agreeing = reads.filter((read) => {
      if (read.list.every((value, at) => value === order[at])) return true;
      this.#inspect(key, read);
      const about = `${key} is ${describeList(order)} in one read and ${describeList(read.list)} in the other`;
      const both = [this.#at(longest.reader), this.#at(read.reader)];
      this.#report("incompatible-orders", key, about, ...both);
      return false;
    });
    this.#reads.set(key, agreeing);
    return order;
  }

  #inspect(key: string, { list, reader }: ShownRead): void {
    const by = this.#at(reader);
    const seen = new Set<string>();
    for (const value of list) {
      const known = this.#appends.get(value);
      const author = known && this.#at(known.author);
      if (seen.has(value)) {
        this.#report("duplicate", `${key} ${value}`, `${key} holds ${value} twice`, by);
      }
      seen.add(value);
      if (known?.key !== key || author === undefined) {
        const about = `${key} holds ${value}, which nobody appended to it`;
        this.#report("unwritten", `${key} ${value}`, about, by, ...(author ? [author] : []));
      } else if (author.fate === "aborted") {
        this.#report("G1a", value, `${key} shows ${value} of an aborted transaction`, author, by);
      } else {
        this.#counted[known.author] = true;
      }
    }
  }

  #versions(key: string, values: readonly string[]): KeyVersions {
    const seen = new Set<string>();
    const order = values.map((value) => {
      const append = seen.has(value) ? null : this.#append(key, value);
      seen.add(value);
      return append;
    });
    const unread: Append[] = [];
    for (const author of this.#counts.get(key)?.keys() ?? []) {
      for (const step of this.#at(author).steps) {
        if (step.type !== "append" || step.key !== key || seen.has(step.value)) continue;
        const append = this.#append(key, step.value);
        if (append !== null) unread.push(append);
      }
    }
    const reads = this.#reads.get(key) ?? [];
    this.#findIntermediate(key, order, reads);
    this.#findLost(key, unread, reads);
    return { key, order, reads, unread };
  }

  /** Null where what is behind the value did not take effect on this key. */
  #append(key: string, value: string): Append | null {
    const known = this.#appends.get(value);
    if (known?.key !== key || this.#counted[known.author] !== true) return null;
    const { author, place } = known;
    return { author, value, last: place + 1 === this.#countOf(key, author) };
  }

  #countOf(key: string, author: number): number {
    return this.#counts.get(key)?.get(author) ?? 0;
  }

  #findIntermediate(
    key: string,
    order: readonly (Append | null)[],
    reads: readonly ShownRead[],
  ): void {
    /** The authors of whom a read of this length shows a part, for each length. */
    const partial: (number | null)[] = [null];
    const shown = new Map<number, number>();
    const open = new Set<number>();
    for (const append of order) {
      if (append !== null) {
        const { author, value } = append;
        const count = shown.get(author) ?? 0;
        if (this.#appends.get(value)?.place !== count) {
          const about = `its appends to ${key} took effect in another order, or not all of them`;
          this.#report("internal", `${author} ${key} order`, about, this.#at(author));
        }
        shown.set(author, count + 1);
        if (count + 1 < this.#countOf(key, author)) open.add(author);
        else open.delete(author);
      }
      const [first] = open;
      partial.push(first ?? null);
    }
    for (const { reader, length } of reads) {
      const author = partial[length] ?? null;
      if (author === null) continue;
      const about = `${key} shows a part of what the first of these appended to it`;
      this.#report("G1b", `${author} ${key}`, about, this.#at(author), this.#at(reader));
    }
  }

  #findLost(key: string, unread: readonly Append[], reads: readonly ShownRead[]): void {
    let last: ObservedTransaction | null = null;
    for (const { reader } of reads) {
      const candidate = this.#at(reader);
      if (last === null || candidate.invokedAt > last.invokedAt) last = candidate;
    }
    if (last === null) return;
    for (const { author, value } of unread) {
      const by = this.#at(author);
      if (by.fate !== "committed" || by.returnedAt >= last.invokedAt) continue;
      this.#report("lost-append", value, `${value} was appended to ${key} and is gone`, by, last);
    }
  }

  /** Once for each `about`, at most. */
  #report(
    name: ReadAnomaly,
    about: string,
    what: string,
    ...transactions: ObservedTransaction[]
  ): void {
    const id = `${name} ${about}`;
    if (this.#anomalies.has(id)) return;
    const lines = transactions.map((transaction) => `  ${describeTransaction(transaction)}`);
    this.#anomalies.set(id, { name, detail: [what, ...lines].join("\n") });
  }

  #at(transaction: number): ObservedTransaction {
    const found = this.#history[transaction];
    if (found === undefined) throw new Error(`there is no transaction ${transaction}`);
    return found;
  }
}
