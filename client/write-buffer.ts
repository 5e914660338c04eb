/**
 * What an interactive transaction will write: one operation a key, since a key may be written once.
 *
 * A later write of a key is put together with the earlier ones, and a read sees what they make of the key, as if each
 * had taken effect at once.
 */
import {
  type AddOperation,
  type AppendOperation,
  type DeleteOperation,
  op,
  type PutOperation,
  type PutStepOptions,
} from "./operations.ts";
import { decodeMember, type Member } from "./value.ts";

export type Write = PutOperation | DeleteOperation | AddOperation | AppendOperation;

/** A value, or that there is none: a key may hold null. */
export type Held = { readonly value: unknown } | null;

export class WriteBuffer {
  readonly #writes = new Map<string, Write>();

  get operations(): readonly Write[] {
    return [...this.#writes.values()];
  }

  put(key: string, value: unknown, options: PutStepOptions): void {
    this.#writes.set(key, op.put(key, value, options));
  }

  delete(key: string): void {
    this.#writes.set(key, op.delete(key));
  }

  add(key: string, by: number): void {
    const before = this.#writes.get(key);
    if (before === undefined) this.#writes.set(key, op.add(key, by));
    else if (before.op === "add") this.#writes.set(key, op.add(key, sum(key, before.by, by)));
    else if (before.op === "append") throw new TypeError(`${JSON.stringify(key)} is an array`);
    else this.#rewrite(before, sum(key, heldBy(before)?.value ?? 0, by));
  }

  append(key: string, values: readonly unknown[]): void {
    const before = this.#writes.get(key);
    if (before === undefined) this.#writes.set(key, op.append(key, ...values));
    else if (before.op === "append") {
      this.#writes.set(key, op.append(key, ...before.values, ...values));
    } else if (before.op === "add") throw new TypeError(`${JSON.stringify(key)} is a number`);
    else this.#rewrite(before, joined(key, heldBy(before)?.value ?? [], values));
  }

  /** Whether what a key will be depends on what it is. */
  needsRead(key: string): boolean {
    const write = this.#writes.get(key);
    return write === undefined || write.op === "add" || write.op === "append";
  }

  /** What a key will be, where it is now this. */
  over(key: string, held: Held): Held {
    const write = this.#writes.get(key);
    if (write === undefined) return held;
    switch (write.op) {
      case "add":
        return { value: sum(key, held?.value ?? 0, write.by) };
      case "append":
        return { value: joined(key, held?.value ?? [], write.values) };
      default:
        return heldBy(write);
    }
  }

  /** A put keeps what it says beside its value; where a key was to be deleted it is a new one. */
  #rewrite(before: PutOperation | DeleteOperation, value: unknown): void {
    const { key } = before;
    this.#writes.set(key, before.op === "put" ? { ...before, value } : op.put(key, value));
  }
}

const heldBy = (write: PutOperation | DeleteOperation): Held =>
  write.op === "put" ? { value: decodeMember(write as Member) } : null;

function sum(key: string, value: unknown, by: number): number {
  if (typeof value === "number") return value + by;
  throw new TypeError(`${JSON.stringify(key)} is no number`);
}

function joined(key: string, value: unknown, more: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(value)) return [...value, ...more];
  throw new TypeError(`${JSON.stringify(key)} is no array`);
}
