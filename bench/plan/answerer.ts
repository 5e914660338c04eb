// Who answers. A level may be exceeded: what a replica cannot answer, its leader does. A benchmark of the replica must
// not measure that without saying so; the Worker's own counters tell.
import { setTimeout } from "node:timers/promises";
import type { LoadRequest } from "../load/job.ts";
import type { System } from "../systems/system.ts";
import { counterOf } from "./counter.ts";
import { settleMs, settlePauseMs } from "./prefill.ts";
import { send } from "./send.ts";

/** The least share of the answers that whoever is to give them must have given. */
const shareMin = 0.9;

/** Whoever is to answer a system's requests. */
export class Answerer {
  readonly #system: System;
  readonly #counter: string;
  readonly #port: number;

  /** Undefined where it may be anybody. */
  static of(system: System, port: number): Answerer | undefined {
    const counter = system.reading?.answeredBy;
    return counter === undefined ? undefined : new Answerer(system, counter, port);
  }

  private constructor(system: System, counter: string, port: number) {
    this.#system = system;
    this.#counter = counter;
    this.#port = port;
  }

  /** Answers so far. */
  async count(): Promise<number> {
    const { body } = await send({ method: "GET", path: "/metrics" }, this.#system, this.#port);
    return counterOf(body, this.#counter);
  }

  /** Waits until it is who answers this request: what was just written may still be on its way there. */
  async answers(request: LoadRequest): Promise<void> {
    const giveUpAt = performance.now() + settleMs;
    const before = await this.count();
    while (performance.now() < giveUpAt) {
      await send(request, this.#system, this.#port);
      if ((await this.count()) > before) return;
      await setTimeout(settlePauseMs);
    }
    throw new Error(`${this.#counter} does not count ${request.path}`);
  }

  /** @throws unless nearly all of so many answers were its own */
  async hasGiven(answers: number, before: number): Promise<void> {
    const share = ((await this.count()) - before) / answers;
    if (share >= shareMin) return;
    throw new Error(
      `${this.#counter} accounts for only ${Math.round(share * 100)} % of the answers`,
    );
  }
}
