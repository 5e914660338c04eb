/** Keys: reading, writing, deleting and listing them, one at a time. */

import { bodyOf, unexpected } from "./answer.ts";
import type { DeleteResult, PutResult } from "./api.ts";
import { keyPath } from "./key-path.ts";
import { levelOf, type ReadOptions } from "./level.ts";
import { type ListedKey, type ListedValue, Listing, type ListOptions } from "./list.ts";
import type { WriteCallOptions } from "./options.ts";
import { type Receipted, receiptOf } from "./receipt.ts";
import { ask, keyOfWrite, type Scope } from "./scope.ts";
import { aboutOf, type Call } from "./transport.ts";
import { BYTES_TYPE, decodeBody, encodeValue, type PutValueOptions, type ReadAs } from "./value.ts";

export interface GetOptions extends ReadOptions {
  /** The key as it was at this revision of its group. */
  readonly revision?: number | undefined;
}

/** A key that is there. */
export interface Found<Value> {
  readonly key: string;
  readonly value: Value;
  readonly revision: number;
  /** The media type as it was put. */
  readonly contentType: string;
}

/** A key that is not there. */
export interface Absent {
  readonly key: string;
  readonly value: null;
  readonly revision: null;
  readonly contentType: null;
}

/** A key, whether it is there or not: where it is not, its value and its revision are null. */
export type Entry<Value> = Found<Value> | Absent;

export type GetResult<Value> = Entry<Value> & Receipted;

export interface PutOptions extends WriteCallOptions, PutValueOptions {
  /** Only if the key is at this revision. */
  readonly ifRevision?: number | undefined;
  /** Only if there is no such key. */
  readonly ifAbsent?: boolean | undefined;
  /** Only if there is such a key. */
  readonly ifPresent?: boolean | undefined;
  /** After how many milliseconds the key is gone again. */
  readonly ttlMs?: number | undefined;
}

export interface DeleteOptions extends WriteCallOptions {
  /** Only if the key is at this revision. */
  readonly ifRevision?: number | undefined;
}

export class Keys {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * A key's value: JSON is parsed, text is a string, everything else is bytes. What `Value` says of it is taken on
   * trust; with a function as `as`, that function checks it.
   */
  get<Value = unknown>(
    key: string,
    options?: GetOptions & { readonly as?: ((value: unknown) => Value) | undefined },
  ): Promise<GetResult<Value>>;
  get(key: string, options: GetOptions & { readonly as: "text" }): Promise<GetResult<string>>;
  get(key: string, options: GetOptions & { readonly as: "bytes" }): Promise<GetResult<Uint8Array>>;
  async get(
    key: string,
    options: GetOptions & { readonly as?: ReadAs<unknown> | undefined } = {},
  ): Promise<GetResult<unknown>> {
    const call = {
      method: "GET",
      path: keyPath(this.#scope.namespace, key),
      query: { revision: options.revision, ...levelOf(this.#scope, options) },
      hasDeadline: true,
      repeatable: "read",
      expected: ["key-not-found"],
    } as const;
    const answer = await ask(this.#scope, call, options);
    const receipt = receiptOf(answer.headers);
    if (answer.problem !== null) {
      return { key, value: null, revision: null, contentType: null, receipt };
    }
    const { revision } = receipt;
    if (revision === null) throw unexpected(answer, aboutOf(call), "it names no revision");
    const contentType = answer.headers.get("Content-Type") ?? BYTES_TYPE;
    return {
      key,
      value: decodeBody(answer.bytes, contentType, options.as),
      revision,
      contentType,
      receipt,
    };
  }

  /** Puts a value: JSON, unless it is bytes or `as` says otherwise. A condition that fails is `precondition-failed`. */
  async put(key: string, value: unknown, options: PutOptions = {}): Promise<PutResult & Receipted> {
    const { content, contentType } = encodeValue(value, options);
    return this.#write<PutResult>(
      {
        method: "PUT",
        path: keyPath(this.#scope.namespace, key),
        query: { ttl_ms: options.ttlMs },
        headers: conditionsOf(options),
        body: () => ({ content, contentType }),
      },
      options,
    );
  }

  /** Deletes a key. Where there is none, `deleted` is false. */
  async delete(key: string, options: DeleteOptions = {}): Promise<DeleteResult & Receipted> {
    return this.#write<DeleteResult>(
      {
        method: "DELETE",
        path: keyPath(this.#scope.namespace, key),
        headers: conditionsOf(options),
      },
      options,
    );
  }

  /** Keys in UTF-8 byte order, of one group or of the whole namespace: to iterate over, a page at a time. */
  list<Value = unknown>(
    options: ListOptions & { readonly values: true },
  ): Listing<ListedValue<Value>>;
  list(options?: ListOptions): Listing<ListedKey>;
  list(options: ListOptions = {}): Listing<ListedKey> {
    return new Listing(this.#scope, options);
  }

  async #write<Result>(
    call: Omit<Call, "repeatable">,
    options: WriteCallOptions,
  ): Promise<Result & Receipted> {
    const idempotencyKey = keyOfWrite(this.#scope, options.idempotencyKey);
    const whole: Call = {
      ...call,
      hasDeadline: true,
      repeatable: idempotencyKey === null ? "never" : "keyed",
      idempotencyKey,
    };
    const answer = await ask(this.#scope, whole, options);
    return { ...bodyOf<Result>(answer, aboutOf(whole)), receipt: receiptOf(answer.headers) };
  }
}

function conditionsOf({ ifRevision, ifAbsent, ifPresent }: PutOptions): Record<string, string> {
  if (ifRevision !== undefined && ifPresent === true) {
    throw new TypeError("a key at a revision is present: give `ifRevision` alone");
  }
  const headers: Record<string, string> = {};
  if (ifRevision !== undefined) headers["If-Match"] = `"${ifRevision}"`;
  if (ifPresent === true) headers["If-Match"] = "*";
  if (ifAbsent === true) headers["If-None-Match"] = "*";
  return headers;
}
