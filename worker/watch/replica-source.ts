/**
 * The changes of a prefix, from a replica: the nearest that answers. Where one falls silent the others are asked first, and
 * begin with everything they have, for a place says nothing at another replica.
 */
import { across } from "../../durable-objects/outage.ts";
import { replicaIn } from "../../durable-objects/reach-replica.ts";
import { socketRequest } from "../../durable-objects/watch-wire.ts";
import { within } from "../../durable-objects/within.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import { addMs, type Instant, type Ms, ms, msBetween, type Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { countObjectCalls } from "../metrics.ts";
import { replicaRef } from "../replicas/ask-replica.ts";
import { LIST_PATIENCE_MS, LIST_PAUSE_MS } from "../replicas/limits.ts";
import { pause } from "../router/pause.ts";
import { ObjectSocket } from "./object-socket.ts";
import type { Connected, NotConnected, Source } from "./source.ts";

export interface ReplicaWatch {
  readonly namespace: NamespaceConfig;
  readonly prefix: string;
  readonly values: boolean;
  /** Where the client says it was; null where it wants what is new. */
  readonly behind: string | null;
  readonly nearest: Region | undefined;
}

/** Who tells the changes. */
export interface FedFrom {
  readonly region: Region;
  readonly calls: number;
  readonly tookMs: Ms;
}

export class ReplicaSource implements Source<FedFrom> {
  readonly #env: Env;
  readonly #watch: ReplicaWatch;
  readonly #deadlineMs: Ms;
  /** Where it was connected last. */
  #region: Region | null = null;

  constructor(env: Env, watch: ReplicaWatch, deadlineMs: Ms) {
    this.#env = env;
    this.#watch = watch;
    this.#deadlineMs = deadlineMs;
  }

  async connect(
    behind: string | null,
    silent: boolean,
  ): Promise<Connected<FedFrom> | NotConnected> {
    const askedAt = Date.now() as Instant;
    const deadline = addMs(askedAt, this.#deadlineMs);
    let calls = 0;
    while (Date.now() < deadline) {
      for (const region of this.#inTurn(silent)) {
        const left = ms(deadline - Date.now());
        if (left <= 0) break;
        calls += 1;
        const opened = await this.#open(region, behind ?? this.#watch.behind, left);
        if (opened === null) continue;
        this.#region = region;
        const tookMs = msBetween(askedAt, Date.now() as Instant);
        return { type: "connected", ...opened, about: { region, calls, tookMs } };
      }
      await pause(LIST_PAUSE_MS);
    }
    return LATE;
  }

  delivered(): void {
    // What a replica tells is no promise of what it tells next.
  }

  /** The one that serves it first, or last where that one was silent; else the nearest. */
  #inTurn(silent: boolean): Region[] {
    const { nearest, namespace } = this.#watch;
    const known = [nearest, ...namespace.replicaRegions].filter((one) => one !== undefined);
    const last = this.#region;
    const regions = new Set(last === null ? known : [last, ...known]);
    if (silent && last !== null) {
      regions.delete(last);
      regions.add(last);
    }
    return [...regions];
  }

  /** Null where it could not be opened, or not in time. */
  async #open(
    region: Region,
    behind: string | null,
    leftMs: Ms,
  ): Promise<{ socket: ObjectSocket; position: string } | null> {
    const { namespace, prefix, values } = this.#watch;
    const ref = replicaRef(namespace, region);
    const request = socketRequest({ ref, ask: { prefix, values, behind } });
    const patience = ms(Math.min(LIST_PATIENCE_MS, leftMs));
    countObjectCalls(1);
    let socket: ObjectSocket | null = null;
    try {
      const opened = across(region, () => replicaIn(this.#env, ref).fetch(request));
      const { webSocket } = await within(patience, Promise.resolve(opened));
      if (webSocket === null) return null;
      socket = new ObjectSocket(region, webSocket);
      const heard = await within(patience, socket.next());
      if (heard.type === "message" && heard.message.type === "position") {
        return { socket, position: heard.message.position };
      }
    } catch (fault) {
      const about = { namespace: namespace.name, self: region, fault: String(fault) };
      console.error(JSON.stringify({ message: "a replica could not be watched", ...about }));
    }
    socket?.close();
    return null;
  }
}

const LATE: NotConnected = {
  type: "refused",
  code: "deadline-exceeded",
  detail: "no replica of the namespace could be watched in time",
};
