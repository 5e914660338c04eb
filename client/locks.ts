/** Locks: one holder at a time, with fencing tokens. */
import { bodyOf } from "./answer.ts";
import type { Lock } from "./api.ts";
import { acquire, Holding, type HoldOptions, type Subject } from "./holding.ts";
import { namedPath } from "./key-path.ts";
import type { CallOptions } from "./options.ts";
import { ask, type Scope } from "./scope.ts";
import { aboutOf, type Call } from "./transport.ts";

export interface LockOptions extends HoldOptions {
  /**
   * Who asks, for others to see; unique to each acquisition by default. Two that ask under the same name are one to the
   * service: the second gets the lock at once, under a new token, and the first has lost it.
   */
  readonly holder?: string | undefined;
}

export class Locks {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** A lock that is renewed until it is released. Held by others past `waitMs`, it is `lock-held`. */
  async acquire(name: string, options: LockOptions = {}): Promise<Holding> {
    const { transport } = this.#scope;
    const holder = options.holder ?? transport.ports.uniqueId();
    const subject: Subject = {
      scope: this.#scope,
      resource: "locks",
      name,
      asker: { holder },
    };
    const waitMs = options.waitMs ?? transport.timeoutMsOf(options);
    return new Holding(this.#scope, options, await acquire(subject, waitMs, options));
  }

  /** Who holds a lock; null where nobody does. */
  async get(name: string, options: CallOptions = {}): Promise<Lock | null> {
    return shown<Lock>(this.#scope, "locks", name, options);
  }
}

/** Work that is done under a lock. */
export type LockedWork<Value> = (signal: AbortSignal, token: number) => Value | Promise<Value>;

/** What stands at a name; null where nothing does. */
export async function shown<Body>(
  scope: Scope,
  resource: Subject["resource"],
  name: string,
  options: CallOptions,
): Promise<Body | null> {
  const call: Call = {
    method: "GET",
    path: namedPath(scope.namespace, resource, name),
    hasDeadline: true,
    repeatable: "read",
    expected: ["not-found"],
  };
  const answer = await ask(scope, call, options);
  return answer.problem === null ? bodyOf<Body>(answer, aboutOf(call)) : null;
}
