/** Elections: one leader at a time, which says of itself what others need to know. */
import type { Election } from "./api.ts";
import { EventStream, type StreamOptions } from "./event-stream.ts";
import { acquire, Holding, type HoldOptions, type Subject } from "./holding.ts";
import { namedPath } from "./key-path.ts";
import { shown } from "./locks.ts";
import type { CallOptions } from "./options.ts";
import type { Scope } from "./scope.ts";

export interface CampaignOptions extends HoldOptions {
  /** Who stands, for others to see; unique to each campaign by default. See `holder` of a lock. */
  readonly candidate?: string | undefined;
  /** What the leader says of itself: any JSON, such as its address. */
  readonly value?: unknown;
}

/** Who leads. */
export type Leader<Value> = Omit<Election, "value"> & { readonly value: Value };

/** Leadership, until it is given up or lost. */
export class Leadership extends Holding {
  /** Says something else of itself from now on. */
  proclaim(value: unknown): Promise<void> {
    return this.change({ value });
  }
}

export class Elections {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Stands for election until it is won, or as long as `waitMs` says. */
  async campaign(name: string, options: CampaignOptions = {}): Promise<Leadership> {
    const { ports } = this.#scope.transport;
    const { candidate = ports.uniqueId(), value } = options;
    const subject: Subject = {
      scope: this.#scope,
      resource: "elections",
      name,
      asker: { candidate, value },
    };
    const waitMs = options.waitMs ?? Number.POSITIVE_INFINITY;
    return new Leadership(this.#scope, options, await acquire(subject, waitMs, options));
  }

  /** Who leads; null where nobody does. */
  get<Value = unknown>(name: string, options: CallOptions = {}): Promise<Leader<Value> | null> {
    return shown<Leader<Value>>(this.#scope, "elections", name, options);
  }

  /** Who leads, if anybody does, and each new leader from then on. What breaks is taken up again; `break` ends it. */
  async *observe<Value = unknown>(
    name: string,
    options: StreamOptions = {},
  ): AsyncGenerator<Leader<Value>, void, undefined> {
    const { transport, namespace } = this.#scope;
    const path = `${namedPath(namespace, "elections", name)}/observe`;
    for await (const { event, data } of new EventStream(transport, { path }, options).events()) {
      if (event === "leader") yield JSON.parse(data) as Leader<Value>;
    }
  }
}

/** Work that is done while leading. */
export type LeadersWork<Value> = (
  signal: AbortSignal,
  token: number,
  proclaim: (value: unknown) => Promise<void>,
) => Value | Promise<Value>;
