/** Watches: the changes of a key, a group or a prefix, as they happen, none missing. */
import type { KeyList } from "./api.ts";
import { EventStream, type StreamEvent, type StreamOptions } from "./event-stream.ts";
import type { Scope } from "./scope.ts";
import { decodeMember } from "./value.ts";

/** What is watched, of which the leader knows every change in order. */
export type WatchedGroup =
  | { readonly key: string; readonly group?: never; readonly prefix?: never }
  | {
      readonly group: string;
      /** Only those of the group's keys that start with this. */
      readonly prefix?: string | undefined;
      readonly key?: never;
    };

/** All keys of the namespace that start so, of which a replica knows each one's changes in order. */
export interface WatchedPrefix {
  readonly prefix: string;
  readonly key?: never;
  readonly group?: never;
}

export interface WatchOptions extends StreamOptions {
  /** Of a key or a group: every change at this revision or later. Without it, every change from now on. */
  readonly from?: number | undefined;
  /** Whether a put comes with its value; it does by default. */
  readonly values?: boolean | undefined;
}

interface Told {
  readonly type: string;
  /** To go on behind it: the option `after` of a later watch. */
  readonly position: string;
}

export interface PutChange<Value> extends Told {
  readonly type: "put";
  readonly key: string;
  readonly revision: number;
  /** Undefined with `values: false`. */
  readonly value: Value;
  /** The media type as it was put; null with `values: false`. */
  readonly contentType: string | null;
}

export interface DeleteChange extends Told {
  readonly type: "delete";
  readonly key: string;
  readonly revision: number;
}

/** A change of a key. */
export type Change<Value> = PutChange<Value> | DeleteChange;

/**
 * Of a prefix: what follows a `reset`, up to `synced`, is everything the replica has. Keys that are not named in between
 * are gone.
 */
export interface Sync extends Told {
  readonly type: "reset" | "synced";
}

export class Watch<Item extends Told> implements AsyncIterable<Item> {
  readonly #stream: EventStream;

  constructor(scope: Scope, watched: WatchedGroup | WatchedPrefix, options: WatchOptions) {
    const { key, group, prefix } = watched;
    const { from, values } = options;
    const call = { path: `${scope.namespace}/watch`, query: { key, group, prefix, from, values } };
    this.#stream = new EventStream(scope.transport, call, options);
  }

  /** Behind what has been seen; null before the service has said where the watch begins. It moves without changes as well. */
  get position(): string | null {
    return this.#stream.position;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const event of this.#stream.events()) {
      const item = itemOf(event);
      if (item !== null) yield item as Told as Item;
    }
  }
}

/** Null for an event that only a newer service knows. */
function itemOf({ event, data, id }: StreamEvent): Change<unknown> | Sync | null {
  const position = id ?? "";
  switch (event) {
    case "put": {
      const { key, revision, ...member } = JSON.parse(data) as KeyList["keys"][number];
      const { value, encoding, contentType = null } = member;
      const decoded = decodeMember(encoding === undefined ? { value } : { value, encoding });
      return { type: "put", key, revision, value: decoded, contentType, position };
    }
    case "delete": {
      const { key, revision } = JSON.parse(data) as KeyList["keys"][number];
      return { type: "delete", key, revision, position };
    }
    case "reset":
    case "synced":
      return { type: event, position };
    default:
      return null;
  }
}
