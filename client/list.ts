/** Lists of keys: pages that follow one another by their cursors, read as they are needed. */

import { bodyOf } from "./answer.ts";
import type { KeyList } from "./api.ts";
import { levelOf, type ReadOptions } from "./level.ts";
import { type Receipted, receiptOf } from "./receipt.ts";
import { ask, type Scope } from "./scope.ts";
import { aboutOf, type Call } from "./transport.ts";
import { decodeMember } from "./value.ts";

/** Timeouts count for each page anew. */
export interface ListOptions extends ReadOptions {
  /** The keys of one group, from its leader. Without it, those of the whole namespace, from the nearest replica. */
  readonly group?: string | undefined;
  /** Only keys that start with this. */
  readonly prefix?: string | undefined;
  /** The first key, included. */
  readonly start?: string | undefined;
  /** The last key, excluded. */
  readonly end?: string | undefined;
  /** From the last key to the first. */
  readonly reverse?: boolean | undefined;
  /** How many keys in all; all of them by default. */
  readonly limit?: number | undefined;
  /** How many keys a page has at most, up to 1000; 100 by default. */
  readonly pageSize?: number | undefined;
  /** Whether each key comes with its value. */
  readonly values?: boolean | undefined;
  /** Where an earlier list with the same options ended. */
  readonly cursor?: string | undefined;
}

export interface ListedKey {
  readonly key: string;
  readonly revision: number;
}

export interface ListedValue<Value> extends ListedKey {
  readonly value: Value;
  /** The media type as it was put. */
  readonly contentType: string;
}

export interface Page<Item> extends Receipted {
  readonly keys: readonly Item[];
  /** Where the next page starts; null on the last one. */
  readonly cursor: string | null;
}

export class Listing<Item extends ListedKey> implements AsyncIterable<Item> {
  readonly #scope: Scope;
  readonly #options: ListOptions;

  constructor(scope: Scope, options: ListOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const { keys } of this.pages()) yield* keys;
  }

  /** All of it at once. */
  async toArray(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const { keys } of this.pages()) items.push(...keys);
    return items;
  }

  /** A page at a time, each with its receipt and the cursor by which the list can be taken up again. */
  async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
    const { limit = Number.POSITIVE_INFINITY, pageSize } = this.#options;
    let left = limit;
    let { cursor } = this.#options;
    while (left > 0) {
      const size = Math.min(left, pageSize ?? left);
      const page = await this.#page(cursor, Number.isFinite(size) ? size : undefined);
      yield page;
      left -= page.keys.length;
      if (page.cursor === null) return;
      cursor = page.cursor;
    }
  }

  async #page(cursor: string | undefined, size: number | undefined): Promise<Page<Item>> {
    const options = this.#options;
    const { group, prefix, start, end, reverse, values } = options;
    const query = { group, prefix, start, end, reverse, values, cursor, limit: pageLimit(size) };
    const call: Call = {
      method: "GET",
      path: `${this.#scope.namespace}/keys`,
      query: { ...query, ...levelOf(this.#scope, options) },
      hasDeadline: true,
      repeatable: "read",
    };
    const answer = await ask(this.#scope, call, options);
    const body = bodyOf<KeyList>(answer, aboutOf(call));
    const keys = values === true ? body.keys.map(withValue) : body.keys;
    return {
      keys: keys as readonly ListedKey[] as readonly Item[],
      cursor: body.cursor,
      receipt: receiptOf(answer.headers),
    };
  }
}

/** The most keys that the service puts on a page. */
const PAGE_SIZE_MAX = 1000;

const pageLimit = (size: number | undefined): number | undefined =>
  size === undefined ? undefined : Math.min(size, PAGE_SIZE_MAX);

function withValue({ key, revision, ...member }: KeyList["keys"][number]): ListedValue<unknown> {
  const { value, encoding, contentType = "" } = member;
  const stored = encoding === undefined ? { value } : { value, encoding };
  return { key, revision, value: decodeMember(stored), contentType };
}
