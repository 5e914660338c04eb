/**
 * The changes of a group, from its leader: found as for any strong read, which says where the watch begins, and then
 * watched over a socket.
 */
import { across } from "../../durable-objects/outage.ts";
import { memberIn } from "../../durable-objects/reach.ts";
import { socketRequest } from "../../durable-objects/watch-wire.ts";
import { within } from "../../durable-objects/within.ts";
import { PEER_CALL_MS } from "../../shared/limits.ts";
import type { Receipt } from "../../shared/member/request.ts";
import type { WatchStart } from "../../shared/member/watch.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import { addMs, type Instant, type Ms, ms, type Region } from "../../shared/types.ts";
import {
  formatPosition,
  type Position,
  parsePosition,
  wholeEntries,
} from "../../shared/watch/position.ts";
import type { Selector } from "../../shared/watch/selector.ts";
import { newWatcher } from "../../shared/watch/watcher.ts";
import type { Env } from "../context.ts";
import { memory } from "../isolate.ts";
import { countObjectCalls } from "../metrics.ts";
import { ask } from "../router/ask.ts";
import { logMemberFault, memberRef } from "../router/member-ref.ts";
import { pause } from "../router/pause.ts";
import { MAY_RIDE } from "../router/riding.ts";
import { onLeader, routeName } from "../router/route.ts";
import { ObjectSocket } from "./object-socket.ts";
import type { Connected, NotConnected, Source } from "./source.ts";

export interface GroupWatch {
  readonly namespace: NamespaceConfig;
  readonly group: string;
  readonly selector: Selector;
  readonly values: boolean;
  readonly start: WatchStart;
}

/** What the leader said as the watch began. */
export interface LedFrom {
  readonly region: Region;
  readonly receipt: Receipt;
  readonly calls: number;
  readonly tookMs: Ms;
}

/** How soon a socket that could not be opened is tried again, at whoever leads then. */
const OPEN_PAUSE_MS: Ms = ms(100);

export class LeaderSource implements Source<LedFrom> {
  readonly #env: Env;
  readonly #context: Pick<ExecutionContext, "waitUntil">;
  readonly #watch: GroupWatch;
  readonly #deadlineMs: Ms;

  constructor(
    env: Env,
    context: Pick<ExecutionContext, "waitUntil">,
    watch: GroupWatch,
    deadlineMs: Ms,
  ) {
    this.#env = env;
    this.#context = context;
    this.#watch = watch;
    this.#deadlineMs = deadlineMs;
  }

  async connect(behind: string | null): Promise<Connected<LedFrom> | NotConnected> {
    const { namespace, group } = this.#watch;
    const deadline = addMs(Date.now() as Instant, this.#deadlineMs);
    const start = behind === null ? this.#watch.start : startBehind(behind);
    for (;;) {
      const left = ms(deadline - Date.now());
      if (left <= 0) return LATE;
      const request = { type: "watch", start } as const;
      const question = { namespace, group, request, deadlineMs: left };
      const delivery = await ask(this.#env, this.#context, question);
      if (delivery.type === "refused") return delivery;
      const { answer, region, calls, tookMs } = delivery;
      if (answer.type !== "watching") throw new Error(`a watch was answered with a ${answer.type}`);
      const socket = await this.#open(region, answer.position);
      if (socket !== null) {
        const about = { region, receipt: answer.receipt, calls: calls + 1, tookMs };
        return { type: "connected", socket, position: formatPosition(answer.position), about };
      }
      await pause(OPEN_PAUSE_MS);
    }
  }

  /** Where another request learns that somebody else leads, this watch need not wait to find out. */
  #attend(socket: ObjectSocket): ObjectSocket {
    if (!MAY_RIDE) return socket;
    const { namespace, group } = this.#watch;
    const stop = onLeader(routeName(namespace.name, group), (leader) => {
      if (leader !== socket.region) socket.abandon();
    });
    socket.whenOver(stop);
    return socket;
  }

  /** Below this, the isolate serves nothing any more. */
  delivered(position: string): void {
    const { namespace, group } = this.#watch;
    const told = parsePosition(position);
    if (told !== null) memory.saw(namespace.name, group, wholeEntries(told));
  }

  /** Null where it could not be opened, or not in time. */
  async #open(region: Region, position: Position): Promise<ObjectSocket | null> {
    const { namespace, group, selector, values } = this.#watch;
    const ref = memberRef(namespace, group, region);
    const request = socketRequest({
      group: ref,
      watcher: newWatcher(selector, values, position),
    });
    countObjectCalls(1);
    try {
      const opened = across(region, () => memberIn(this.#env, ref).fetch(request));
      const { webSocket } = await within(PEER_CALL_MS, Promise.resolve(opened));
      return webSocket === null ? null : this.#attend(new ObjectSocket(region, webSocket));
    } catch (fault) {
      logMemberFault(ref, fault);
      return null;
    }
  }
}

function startBehind(text: string): WatchStart {
  const position = parsePosition(text);
  if (position === null) throw new Error(`a leader gave the position ${text}`);
  return { type: "behind", position };
}

const LATE: NotConnected = {
  type: "refused",
  code: "deadline-exceeded",
  detail: "the group's leader could not be watched in time",
};
