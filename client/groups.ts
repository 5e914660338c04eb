/** Groups: how the keys that share a leader stand, and who leads them. */
import { type Answer, bodyOf } from "./answer.ts";
import type { Group, Led, Region } from "./api.ts";
import { namedPath } from "./key-path.ts";
import type { CallOptions } from "./options.ts";
import type { Scope } from "./scope.ts";
import { aboutOf, type Call } from "./transport.ts";

export class Groups {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** How a group stands: its leader, its members and replicas, and transactions in doubt. */
  get(group: string, options: CallOptions = {}): Promise<Group> {
    const call = { method: "GET", path: this.#path(group), repeatable: "read" } as const;
    return this.#ask<Group>(call, options);
  }

  /** Has the member in a region lead. To do so twice is to do it once. */
  handOver(group: string, region: Region, options: CallOptions = {}): Promise<Led> {
    const body = { content: JSON.stringify({ region }), contentType: "application/json" };
    const path = `${this.#path(group)}/leader`;
    return this.#ask<Led>(
      { method: "POST", path, body: () => body, repeatable: "idempotent" },
      options,
    );
  }

  async #ask<Body>(call: Call, options: CallOptions): Promise<Body> {
    const whole: Call = { ...call, hasDeadline: true };
    const answer: Answer = await this.#scope.transport.send(whole, options);
    return bodyOf<Body>(answer, aboutOf(whole));
  }

  #path(group: string): string {
    return namedPath(this.#scope.namespace, "groups", group);
  }
}
