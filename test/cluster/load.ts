/** Clients that read, write, and compare and set a few keys, until they are told to stop. */
import { setTimeout as pause } from "node:timers/promises";
import { Random } from "../../sim/random.ts";
import { Client, type Edge } from "./client.ts";
import { type Attempt, describe } from "./history.ts";

/** Between two requests of a client: what matters is what comes at a fault, not how much. */
const THINK_MS = 20;

/** A fault that stops a key for longer stops it for good. */
const PROGRESS_MS_MAX = 10_000;
/** Attempts that are shown then. */
const SHOWN = 20;

export interface LoadOptions {
  readonly keys: readonly string[];
  readonly clients: number;
  readonly deadlineMs: number;
  readonly seed: number;
}

interface Waiter {
  readonly key: string;
  readonly type: "record" | "written";
  readonly since: number;
  readonly tell: (attempt: Attempt) => void;
  readonly timer: NodeJS.Timeout;
}

export class Load {
  readonly attempts: Attempt[] = [];
  readonly #options: LoadOptions;
  readonly #edge: Edge;
  readonly #running: Promise<void>[] = [];
  #waiters: Waiter[] = [];
  #values = 0;
  #stopping = false;

  private constructor(edge: Edge, options: LoadOptions) {
    this.#edge = edge;
    this.#options = options;
  }

  /** Creates the keys, and lets the clients loose. */
  static async start(edge: Edge, options: LoadOptions): Promise<Load> {
    const load = new Load(edge, options);
    const first = load.client(0);
    for (const key of options.keys) {
      const { outcome } = await first.ask(key, load.#put(null));
      if (outcome.type !== "written") throw new Error(`${key} could not be created`);
    }
    for (let number = 1; number <= options.clients; number++) {
      load.#running.push(load.#run(number));
    }
    return load;
  }

  /** One more client. All that it asks counts. */
  client(number: number): Client {
    return new Client(this.#edge, number, this.#options.deadlineMs, (attempt) =>
      this.#note(attempt),
    );
  }

  /** The first write of a key, or read, that was asked for after `since` and succeeded. */
  next(type: Waiter["type"], key: string, since: number): Promise<Attempt> {
    return new Promise((tell, reject) => {
      const timer = setTimeout(
        () => reject(new Error(this.#accountOf(type, key))),
        PROGRESS_MS_MAX,
      );
      this.#waiters.push({ key, type, since, tell, timer });
    });
  }

  /** Who answered last for a key. */
  leaderOf(key: string): string {
    const last = this.attempts.findLast(
      ({ key: of, outcome }) => of === key && outcome.type === "written",
    );
    if (last === undefined) throw new Error(`nobody has answered for ${key}`);
    return last.by;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #run(number: number): Promise<void> {
    const random = new Random(this.#options.seed * 1_000 + number);
    const client = this.client(number);
    const { keys } = this.#options;
    while (!this.#stopping) {
      const key = keys[random.below(keys.length)] as string;
      const kind = random.below(4);
      if (kind === 0) {
        await client.ask(key, this.#put(undefined));
      } else {
        const { outcome } = await client.ask(key, { type: "get" });
        if (kind === 1 && outcome.type === "record") {
          await client.ask(key, this.#put(outcome.record?.revision ?? null));
        }
      }
      await pause(random.below(2 * THINK_MS));
    }
  }

  #put(ifRevision: number | null | undefined) {
    this.#values += 1;
    return { type: "put", value: `v${this.#values}`, ifRevision } as const;
  }

  #note(attempt: Attempt): void {
    this.attempts.push(attempt);
    const { key, invokedAt, outcome } = attempt;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.key !== key || waiter.type !== outcome.type || waiter.since > invokedAt)
        return true;
      clearTimeout(waiter.timer);
      waiter.tell(attempt);
      return false;
    });
  }

  #accountOf(type: Waiter["type"], key: string): string {
    const last = this.attempts.filter((attempt) => attempt.key === key).slice(-SHOWN);
    return `no ${type} of ${key} for ${PROGRESS_MS_MAX} ms:\n${last.map(describe).join("\n")}`;
  }
}
