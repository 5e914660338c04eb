/** One life of a replica's object in memory: the deployed host, on the world's ports. */
import type { ReplicaRef } from "../../../shared/replica/feed.ts";
import { ReplicaHost } from "../../../shared/replica/host.ts";
import type { ReplicaLimits } from "../../../shared/replica/limits.ts";
import type { ReplicaPorts } from "../../../shared/replica/ports.ts";
import type { SqlValue } from "../../../shared/store/sql.ts";
import type { Disk } from "../../disk.ts";
import { Mortal } from "../../mortal.ts";

/** What a life's ports do in the world. */
export interface Surroundings
  extends Pick<ReplicaPorts, "now" | "sleep" | "ask" | "page" | "setAlarm"> {
  readonly disk: Disk;
  readonly limits: ReplicaLimits;
  /** The life is over, before or in the middle of its turn. */
  ended(reason: unknown): void;
}

export class ReplicaLife extends Mortal {
  readonly name: string;
  readonly host: ReplicaHost;
  #sealing = false;

  constructor(ref: ReplicaRef, name: string, around: Surroundings) {
    super(around.disk, around.ended);
    this.name = name;
    this.host = new ReplicaHost(ref, this.#ports(around), around.limits);
  }

  #ports({ now, sleep, ask, page, setAlarm }: Surroundings): ReplicaPorts {
    return {
      sql: {
        all: (query: string, ...bindings: SqlValue[]) => this.all(query, bindings),
        run: (statement: string, ...bindings: SqlValue[]) => {
          this.#sealSoon();
          return this.write(statement, bindings);
        },
      },
      confirm: () => this.confirm(),
      now,
      sleep: (duration) => this.whileAlive(sleep(duration)),
      ask: (group, to, request, caller) => this.#outside(() => ask(group, to, request, caller)),
      page: (from, request) => this.#outside(() => page(from, request)),
      setAlarm: (at) => {
        this.effect();
        this.needStorage();
        this.#sealSoon();
        setAlarm(at);
      },
      abort: (reason) => this.abort(reason),
    };
  }

  #outside<T>(call: () => Promise<T>): Promise<T> {
    this.effect();
    return this.whileAlive(call());
  }

  /** What is written with no await in between travels to the disk as one, and nothing more. */
  #sealSoon(): void {
    if (this.#sealing) return;
    this.#sealing = true;
    Promise.resolve().then(() => {
      this.#sealing = false;
      this.seal();
    });
  }
}
