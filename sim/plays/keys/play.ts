/** The play of single groups: plain requests about a few keys, and what they must come to. */
import type { Client } from "../../client.ts";
import type { Databases } from "../../databases.ts";
import { newOperation, type Operation } from "../../history.ts";
import type { Outcome } from "../../outcome.ts";
import { Stage, type StageOptions } from "../../stage.ts";
import { type Asked, Workload } from "./workload.ts";

/** How long clients wait. With several members a leader is missed for a lease before another is elected. */
const DEADLINE_MS = { alone: [60, 400, 2_000, 10_000], several: [1_000, 10_000, 10_000] };
const HEALED_DEADLINE_MS = 10_000;
const PATIENCE_MS = [100, 400, 1_500];
/** Longer than a request's id is remembered, and than an idempotency key is. */
const LEAPS_MS = { none: 0, copies: 75_000, keys: 26 * 3_600_000 };

export class KeysPlay {
  readonly #stage: Stage;
  readonly #workload: Workload;
  readonly #clients: readonly Client[];
  readonly #operations: Operation[] = [];
  readonly #deadlines: readonly number[];
  readonly #members: number;

  constructor(seed: number, databases: Databases, options: Omit<StageOptions, "groups">) {
    this.#stage = new Stage(seed, databases, {
      ...options,
      groups: (random) => ["a", "b"].slice(0, 1 + random.below(2)),
    });
    this.#members = options.members;
    this.#deadlines = options.members === 1 ? DEADLINE_MS.alone : DEADLINE_MS.several;
    const { random, groups } = this.#stage;
    this.#workload = new Workload(random.fork(), [...groups.keys()]);
    this.#clients = this.#stage.makeClients(PATIENCE_MS);
  }

  /** Runs the whole story: rounds of work with faults, the healing, and the end of all that is under way. */
  async run(): Promise<Outcome> {
    const stage = this.#stage;
    const leap = stage.random.weighted({ none: 12, copies: 4, keys: 1 });
    if (leap !== "none" && this.#members > 1) stage.leaveBehind(LEAPS_MS[leap]);
    await this.#round(leap === "none" ? 50 : 35);
    if (leap !== "none") {
      if (leap === "keys") {
        await stage.waitInStep(LEAPS_MS.keys);
        this.#workload.epoch += 1;
      } else {
        await stage.wait(LEAPS_MS[leap]);
      }
      await this.#round(25);
    }
    stage.heal();
    await this.#readAll();
    await this.#round(20);
    await stage.settle();
    if (!stage.timeline.isEndless) stage.checkSilence();
    const logs = stage.closeLogs();
    return {
      hash: stage.trace.hash,
      operations: this.#operations,
      logs,
      findings: stage.findings,
      facts: stage.facts(),
    };
  }

  #round(count: number): Promise<void> {
    return this.#stage.round(this.#clients, count, (name, client, then) =>
      this.#ask(name, client, this.#workload.next(), then),
    );
  }

  /** Reads alone must be answered too, by members that have just woken. */
  #readAll(): Promise<void> {
    const { groups, random } = this.#stage;
    const acts: ((then: () => void) => void)[] = [];
    for (const [group, { members }] of groups) {
      acts.push((then) => {
        for (const member of members) member.crash();
        then();
      });
      for (const key of this.#workload.keysOf(group)) {
        const request = { type: "get", key, revision: null } as const;
        acts.push((then) =>
          this.#ask("auditor", random.pick(this.#clients), { group, request, effect: key }, then),
        );
      }
    }
    return this.#stage.together(acts);
  }

  #ask(name: string, client: Client, asked: Asked, then: () => void): void {
    const { group, request, effect } = asked;
    const { timeline, random, witnesses, isHealed } = this.#stage;
    const number = this.#operations.length;
    const place = { number, client: name, group, request };
    const operation: Operation = { ...newOperation(place, timeline.now), effect };
    this.#operations.push(operation);
    const deadlineMs = isHealed ? HEALED_DEADLINE_MS : random.pick(this.#deadlines);
    client.request(group, request, deadlineMs, (answer) => {
      if (answer !== null) {
        operation.answer = answer;
        operation.returnedAt = timeline.now;
        operation.witness = witnesses.get(answer) ?? null;
        this.#learn(operation);
      } else if (this.#stage.isHealed) {
        const what = `nobody answered in a healed world: operation ${operation.number}`;
        this.#stage.find("progress", what);
      }
      then();
    });
  }

  /** Clients go on with the revisions they have seen. */
  #learn({ request, answer }: Operation): void {
    if (answer?.type === "record" && answer.record !== null) {
      this.#workload.learn(answer.record.key, answer.record.revision);
    }
    if (answer?.type === "records") {
      for (const record of answer.records) this.#workload.learn(record.key, record.revision);
    }
    if (answer?.type === "written" && request.type === "write") {
      for (const { type, key } of request.operations) {
        if (type === "put") this.#workload.learn(key, answer.receipt.index);
      }
    }
  }
}
