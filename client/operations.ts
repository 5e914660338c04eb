/**
 * What a transaction is made of: conditions, by `when`, and operations, by `op`.
 *
 * They are the bodies of the API as they stand, so whatever is written out by hand is as good; and they know what
 * type of result they come to.
 */
import type {
  ElectionCondition,
  KeyCondition,
  LockCondition,
  TransactionOperation,
} from "./api.ts";
import type { Entry } from "./keys.ts";
import { memberOf, type PutValueOptions } from "./value.ts";

export type Condition = KeyCondition | LockCondition | ElectionCondition;

/** Conditions: each must hold for a transaction to succeed. */
export const when = {
  /** The key is at this revision. */
  revision: (key: string, revision: number): KeyCondition => ({ key, revision }),
  /** There is such a key. */
  present: (key: string): KeyCondition => ({ key, exists: true }),
  /** There is no such key. */
  absent: (key: string): KeyCondition => ({ key, exists: false }),
  /** The value is a JSON number, and at least this. */
  atLeast: (key: string, least: number): KeyCondition => ({ key, atLeast: least }),
  /** The value is this JSON, whatever the order of members; where it is text, this string. */
  equals: (key: string, value: unknown): KeyCondition => ({ key, equals: value }),
  /** The lock is still held by this token. */
  held: (lock: string, token: number): LockCondition => ({ lock, token }),
  /** Whoever has this token still leads. */
  leads: (election: string, token: number): ElectionCondition => ({ election, token }),
};

export interface GetOperation<Value = unknown> {
  readonly op: "get";
  readonly key: string;
  /** Checks the value. It stays here: a function has no JSON. */
  readonly as?: ((value: unknown) => Value) | undefined;
}

export interface AppendOperation<Item = unknown> {
  readonly op: "append";
  readonly key: string;
  readonly values: readonly Item[];
}

type Other<Name extends string> = Extract<TransactionOperation, { readonly op: Name }>;

export type PutOperation = Other<"put">;
export type DeleteOperation = Other<"delete">;
export type AddOperation = Other<"add">;

export type Operation =
  | GetOperation
  | PutOperation
  | DeleteOperation
  | AddOperation
  | AppendOperation;

export interface PutStepOptions extends PutValueOptions {
  /** After how many milliseconds the key is gone again. */
  readonly ttlMs?: number | undefined;
}

/** Operations. A key may be written once in a transaction; a `get` sees what stands before it there. */
export const op = {
  get: <Value = unknown>(key: string, as?: (value: unknown) => Value): GetOperation<Value> => ({
    op: "get",
    key,
    as,
  }),
  put: (key: string, value: unknown, options: PutStepOptions = {}): PutOperation => ({
    op: "put",
    key,
    ...memberOf(value, options),
    ttlMs: options.ttlMs,
  }),
  delete: (key: string): DeleteOperation => ({ op: "delete", key }),
  /** Adds to a JSON safe integer; a missing key counts as 0. */
  add: (key: string, by: number): AddOperation => ({ op: "add", key, by }),
  /** Adds to the end of a JSON array; a missing key counts as empty. */
  append: <Item = unknown>(key: string, ...values: readonly Item[]): AppendOperation<Item> => ({
    op: "append",
    key,
    values,
  }),
};

interface Result<Name extends string> {
  readonly op: Name;
  readonly key: string;
  readonly revision: number;
}

/** What an operation comes to. */
export type ResultOf<Step> =
  Step extends GetOperation<infer Value>
    ? { readonly op: "get" } & Entry<Value>
    : Step extends AppendOperation<infer Item>
      ? Result<"append"> & { readonly value: Item[] }
      : Step extends AddOperation
        ? Result<"add"> & { readonly value: number }
        : Step extends DeleteOperation
          ? Omit<Result<"delete">, "revision"> & { readonly revision: number | null }
          : Step extends PutOperation
            ? Result<"put">
            : never;

/** What operations come to, in their order. */
export type ResultsOf<Steps extends readonly Operation[]> = {
  readonly [Position in keyof Steps]: ResultOf<Steps[Position]>;
};
