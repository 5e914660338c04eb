/**
 * What clients ask for: every kind of request, on a few keys that all of them want.
 *
 * Each put writes a value of its own, so a checker can tell from a read which put it saw.
 */
import type {
  GroupRequest,
  WriteCondition,
  WriteOperation,
  WriteRequest,
} from "../../../shared/member/request.ts";
import { logIndex, ms, type RequestId, type Value } from "../../../shared/types.ts";
import type { Random } from "../../random.ts";

/** A request, and what names its effect (see `Operation.effect`). */
export interface Asked {
  readonly group: string;
  readonly request: GroupRequest;
  readonly effect: string;
}

/** An idempotency key that was used, to be used again. */
interface UsedKey {
  readonly asked: Asked;
  readonly epoch: number;
}

type Kind = keyof typeof WEIGHTS;

const WEIGHTS = {
  put: 10,
  putForATime: 6,
  compareAndSwap: 10,
  putIfAbsent: 6,
  delete: 6,
  deleteIfUnchanged: 2,
  several: 6,
  get: 16,
  getEarlier: 6,
  list: 8,
  withKey: 7,
  repeatKey: 5,
  misuseKey: 2,
};

const KEYS_PER_GROUP = 4;
/** Shorter than the contract allows, so that keys expire while they are written again. */
const TTL_MS = [60, 300, 1_000, 3_000];

const encoder = new TextEncoder();

export class Workload {
  readonly #random: Random;
  readonly #groups: readonly string[];
  /** Revisions seen of each key: what a client would compare with. */
  readonly #seen = new Map<string, number[]>();
  readonly #usedKeys: UsedKey[] = [];
  /** Asked for next: what only shows if it comes right behind something else. */
  readonly #soon: Asked[] = [];
  #requests = 0;
  #values = 0;
  /** Raised when more time has passed than an idempotency key is kept. */
  epoch = 0;

  constructor(random: Random, groups: readonly string[]) {
    this.#random = random;
    this.#groups = groups;
  }

  next(): Asked {
    const soon = this.#soon.pop();
    if (soon !== undefined) return soon;
    const kind = this.#random.weighted(WEIGHTS);
    const group = this.#random.pick(this.#groups);
    return this.#ask(kind, group);
  }

  keysOf(group: string): string[] {
    return Array.from({ length: KEYS_PER_GROUP }, (_, at) => `{${group}}${at + 1}`);
  }

  /** A client has seen a revision. */
  learn(key: string, revision: number): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, [revision]);
    else if (seen.at(-1) !== revision) seen.push(revision);
  }

  #ask(kind: Kind, group: string): Asked {
    const random = this.#random;
    // The first key of each group is the hot one.
    const key = random.chance(0.5) ? `{${group}}1` : random.pick(this.keysOf(group));
    switch (kind) {
      case "put":
        return this.#write(group, [], [this.#put(key)]);
      case "putForATime":
        return this.#write(group, [], [this.#put(key, random.pick(TTL_MS))]);
      case "compareAndSwap":
        return this.#write(group, [this.#atSeenRevision(key)], [this.#put(key)]);
      case "putIfAbsent":
        return this.#write(
          group,
          [{ type: "exists", key, exists: false }],
          [this.#put(key, this.#maybeTtl())],
        );
      case "delete":
        return this.#write(group, [], [{ type: "delete", key }]);
      case "deleteIfUnchanged":
        return this.#write(group, [this.#atSeenRevision(key)], [{ type: "delete", key }]);
      case "several":
        return this.#several(group);
      case "get":
        return this.#read(group, { type: "get", key, revision: null });
      case "getEarlier":
        return this.#read(group, { type: "get", key, revision: logIndex(this.#anySeen(group)) });
      case "list":
        return this.#read(group, this.#list(group));
      case "withKey":
        return this.#withKey(group, key);
      case "repeatKey":
      case "misuseKey":
        return this.#reuseKey(kind === "misuseKey") ?? this.#withKey(group, key);
    }
  }

  /** A write to several keys, on conditions on others. */
  #several(group: string): Asked {
    const random = this.#random;
    const keys = this.keysOf(group);
    const conditions: WriteCondition[] = [];
    const operations: WriteOperation[] = [];
    for (const key of keys) {
      if (random.chance(0.3)) {
        conditions.push(
          random.chance(0.5)
            ? { type: "exists", key, exists: random.chance(0.5) }
            : this.#atSeenRevision(key),
        );
      }
      if (random.chance(0.6)) {
        operations.push(
          random.chance(0.75) ? this.#put(key, this.#maybeTtl()) : { type: "delete", key },
        );
      }
    }
    const [first = ""] = keys;
    return this.#write(group, conditions, operations.length > 0 ? operations : [this.#put(first)]);
  }

  #withKey(group: string, key: string): Asked {
    const conditions: WriteCondition[] = this.#random.chance(0.3)
      ? [{ type: "exists", key, exists: false }]
      : [];
    const id = this.#nextId();
    const name = `key-${id}`;
    const asked = this.#keyed(group, id, name, "a", conditions, [this.#put(key)]);
    this.#usedKeys.push({ asked, epoch: this.epoch });
    if (this.#random.chance(0.5)) {
      this.#soon.push(this.#keyed(group, this.#nextId(), name, "b", [], [this.#put(key)]));
    }
    return asked;
  }

  /** The same request under a used key, or, misused, another one. Null where no key was used yet. */
  #reuseKey(misuse: boolean): Asked | null {
    if (this.#usedKeys.length === 0) return null;
    const recent = this.#usedKeys.slice(-6);
    const { asked, epoch } = this.#random.pick(recent);
    const { request, group } = asked;
    if (request.type !== "write" || request.idempotency === null) return null;
    const { idempotency, conditions } = request;
    if (!misuse && epoch === this.epoch) {
      return { ...asked, request: { ...request, id: this.#nextId() } };
    }
    // Another body, or another window of the key: another effect, and a value of its own.
    const operations = request.operations.map((one) =>
      one.type === "put" ? this.#put(one.key) : one,
    );
    const body = `b${this.#values}`;
    const again = this.#keyed(group, this.#nextId(), idempotency.key, body, conditions, operations);
    if (!misuse) this.#usedKeys.push({ asked: again, epoch: this.epoch });
    return again;
  }

  #keyed(
    group: string,
    id: RequestId,
    key: string,
    fingerprint: string,
    conditions: readonly WriteCondition[],
    operations: readonly WriteOperation[],
  ): Asked {
    const idempotency = { key, fingerprint };
    const request: WriteRequest = {
      type: "write",
      id,
      copy: false,
      idempotency,
      conditions,
      operations,
    };
    return { group, request, effect: `${key}/${fingerprint}/${this.epoch}` };
  }

  #write(
    group: string,
    conditions: readonly WriteCondition[],
    operations: readonly WriteOperation[],
  ): Asked {
    const id = this.#nextId();
    return {
      group,
      effect: id,
      request: { type: "write", id, copy: false, idempotency: null, conditions, operations },
    };
  }

  #read(group: string, request: GroupRequest): Asked {
    return { group, request, effect: this.#nextId() };
  }

  #list(group: string): GroupRequest {
    const random = this.#random;
    const keys = this.keysOf(group);
    const bound = (): string | null => (random.chance(0.3) ? random.pick(keys) : null);
    return {
      type: "list",
      range: {
        prefix: random.chance(0.8) ? `{${group}}` : random.pick(keys),
        start: bound(),
        end: bound(),
        after: random.chance(0.2) ? random.pick(keys) : null,
        reverse: random.chance(0.3),
        limit: random.chance(0.3) ? 2 : 100,
      },
    };
  }

  #put(key: string, ttlMs: number | null = null): WriteOperation {
    const value: Value = {
      bytes: encoder.encode(`v${++this.#values}`),
      contentType: "text/plain",
    };
    return { type: "put", key, value, ttlMs: ttlMs === null ? null : ms(ttlMs) };
  }

  #maybeTtl(): number | null {
    return this.#random.chance(0.2) ? this.#random.pick(TTL_MS) : null;
  }

  /** Mostly the revision seen last, now and then an older one. */
  #atSeenRevision(key: string): WriteCondition {
    const seen = this.#seen.get(key) ?? [];
    const last = this.#random.chance(0.85) ? seen.at(-1) : seen.at(-2);
    return {
      type: "revision",
      key,
      among: [logIndex(last ?? 0)],
      negated: this.#random.chance(0.1),
    };
  }

  #anySeen(group: string): number {
    const seen = this.keysOf(group).flatMap((key) => this.#seen.get(key) ?? []);
    return seen.length === 0 ? 0 : this.#random.pick(seen);
  }

  #nextId(): RequestId {
    return `q${++this.#requests}` as RequestId;
  }
}
