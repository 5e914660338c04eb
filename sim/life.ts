/** One life of a member's object in memory: the deployed host, on the world's ports. */
import { Host } from "../shared/host/host.ts";
import type { Ports } from "../shared/host/ports.ts";
import type { GroupRef } from "../shared/member/request.ts";
import type { Incarnation, Instant } from "../shared/types.ts";
import type { Disk } from "./disk.ts";
import { Mortal } from "./mortal.ts";

export { LifeOver } from "./mortal.ts";

/** What a life's ports do in the world. */
export interface Surroundings
  extends Pick<
    Ports,
    "now" | "call" | "relay" | "ask" | "replicas" | "watchers" | "setAlarm" | "setTimer"
  > {
  readonly disk: Disk;
  /** The life is over, before or in the middle of its turn. */
  ended(reason: unknown): void;
}

export class Life extends Mortal {
  readonly incarnation: Incarnation;
  readonly host: Host;

  constructor(group: GroupRef, incarnation: Incarnation, around: Surroundings) {
    super(around.disk, around.ended);
    this.incarnation = incarnation;
    this.host = new Host(group, this.#ports(around));
  }

  #ports(around: Surroundings): Ports {
    const { now, call, relay, ask, replicas, watchers, setAlarm, setTimer } = around;
    return {
      incarnation: this.incarnation,
      now,
      sql: {
        all: (query, ...bindings) => this.all(query, bindings),
        run: (statement, ...bindings) => this.write(statement, bindings),
      },
      confirm: () => this.confirm(),
      call: (to, message) => this.#outside(() => call(to, message)),
      relay: (to, requests, caller) => this.#outside(() => relay(to, requests, caller)),
      ask: (group, to, request, caller) => this.#outside(() => ask(group, to, request, caller)),
      ...(replicas !== undefined && {
        replicas: {
          send: (message) => this.#outside(() => replicas.send(message)),
          notice: (to, through) => this.#outside(() => replicas.notice(to, through)),
        },
      }),
      ...(watchers !== undefined && {
        watchers: {
          attached: () => watchers.attached(),
          tell: (output) => {
            this.effect();
            watchers.tell(output);
          },
        },
      }),
      setAlarm: (at: Instant) => {
        this.effect();
        this.needStorage();
        setAlarm(at);
      },
      setTimer: (at) => {
        if (!this.isOver) setTimer(at);
      },
      abort: (reason) => this.abort(reason),
    };
  }

  #outside<T>(call: () => Promise<T>): Promise<T> {
    this.effect();
    return this.whileAlive(call());
  }
}
