/** The client: a namespace of a service, and all that can be done with it. */
import { type CampaignOptions, Elections, type LeadersWork } from "./elections.ts";
import { Groups } from "./groups.ts";
import { type Interactive, type TransactOptions, transact } from "./interactive.ts";
import { Keys } from "./keys.ts";
import { type LockedWork, type LockOptions, Locks } from "./locks.ts";
import { Namespaces } from "./namespaces.ts";
import { type HoldfastOptions, NAMESPACE_DEFAULT } from "./options.ts";
import type { Scope } from "./scope.ts";
import { NOTHING, SeenInSession } from "./seen.ts";
import { Tokens } from "./tokens.ts";
import { Transaction } from "./transaction.ts";
import { Transactions } from "./transactions.ts";
import { Transport } from "./transport.ts";
import {
  type Change,
  type Sync,
  Watch,
  type WatchedGroup,
  type WatchedPrefix,
  type WatchOptions,
} from "./watch.ts";

/** One namespace. */
export class HoldfastNamespace {
  readonly keys: Keys;
  readonly transactions: Transactions;
  readonly locks: Locks;
  readonly elections: Elections;
  readonly groups: Groups;
  readonly tokens: Tokens;
  readonly #scope: Scope;

  /** @param scope made by {@link Holdfast}. */
  constructor(scope: Scope) {
    this.#scope = scope;
    this.keys = new Keys(scope);
    this.transactions = new Transactions(scope);
    this.locks = new Locks(scope);
    this.elections = new Elections(scope);
    this.groups = new Groups(scope);
    this.tokens = new Tokens(scope);
  }

  /** The namespace's name. */
  get name(): string {
    return this.#scope.namespace;
  }

  /** A transaction of one message, to be put together and committed. */
  transaction(): Transaction {
    return new Transaction(this.#scope, [], [], []);
  }

  /**
   * A transaction that reads as it goes. The work is done anew as often as what it read has changed before it could be
   * committed, so it must have no effect but through the transaction; where it throws, nothing takes effect.
   */
  transact<Value>(
    work: (transaction: Interactive) => Value | Promise<Value>,
    options: TransactOptions = {},
  ): Promise<Value> {
    return transact(this.#scope, work, options);
  }

  /**
   * Does work while holding a lock, which is renewed until the work is done. Its signal aborts as soon as the lock is
   * lost, before anybody else can have it; its fencing token is for whatever the work changes elsewhere.
   */
  lock<Value>(name: string, work: LockedWork<Value>): Promise<Value>;
  lock<Value>(name: string, options: LockOptions, work: LockedWork<Value>): Promise<Value>;
  async lock<Value>(
    name: string,
    ...rest: [LockedWork<Value>] | [LockOptions, LockedWork<Value>]
  ): Promise<Value> {
    const [options, work] = rest.length === 1 ? [{}, rest[0]] : rest;
    const held = await this.locks.acquire(name, options);
    return held.during(() => work(held.signal, held.token));
  }

  /** Does work while leading: as with a lock, whose holder says of itself what others need to know. */
  lead<Value>(name: string, work: LeadersWork<Value>): Promise<Value>;
  lead<Value>(name: string, options: CampaignOptions, work: LeadersWork<Value>): Promise<Value>;
  async lead<Value>(
    name: string,
    ...rest: [LeadersWork<Value>] | [CampaignOptions, LeadersWork<Value>]
  ): Promise<Value> {
    const [options, work] = rest.length === 1 ? [{}, rest[0]] : rest;
    const led = await this.elections.campaign(name, options);
    return led.during(() => work(led.signal, led.token, (value) => led.proclaim(value)));
  }

  /**
   * The changes of a key or a group, every one, in order; or those of all keys with a prefix, each key's in order. To
   * iterate over: what breaks is taken up again where it was. `break` ends it.
   */
  watch<Value = unknown>(watched: WatchedGroup, options?: WatchOptions): Watch<Change<Value>>;
  watch<Value = unknown>(
    watched: WatchedPrefix,
    options?: WatchOptions,
  ): Watch<Change<Value> | Sync>;
  watch(watched: WatchedGroup | WatchedPrefix, options: WatchOptions = {}): Watch<Change<unknown>> {
    return new Watch(this.#scope, watched, options);
  }

  /**
   * The same namespace for one client of yours, a user for instance: its reads are at `session` and see whatever it has
   * seen and written before.
   */
  session({ bookmark = null }: SessionOptions = {}): Session {
    const { transport, namespace } = this.#scope;
    return new Session({ transport, namespace, seen: new SeenInSession(bookmark) });
  }
}

export interface SessionOptions {
  /** Where an earlier session of the same namespace ended. */
  readonly bookmark?: string | null | undefined;
}

/** A namespace as somebody sees it who must not miss what they have written, nor lose what they have seen. */
export class Session extends HoldfastNamespace {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    super(scope);
    this.#scope = scope;
  }

  /** What has been seen: keep it, in a cookie for instance, to go on from there. Null where nothing was asked yet. */
  get bookmark(): string | null {
    return this.#scope.seen.bookmark;
  }
}

/** A service, and its namespace `default` unless another one is named. */
export class Holdfast extends HoldfastNamespace {
  readonly namespaces: Namespaces;
  readonly #transport: Transport;

  constructor(options: HoldfastOptions) {
    const transport = new Transport(options);
    const { namespace = NAMESPACE_DEFAULT } = options;
    super({ transport, namespace, seen: NOTHING });
    this.#transport = transport;
    this.namespaces = new Namespaces(transport);
  }

  /** Another namespace of the same service. */
  namespace(name: string): HoldfastNamespace {
    return new HoldfastNamespace({ transport: this.#transport, namespace: name, seen: NOTHING });
  }
}
