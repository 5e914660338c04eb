/** One transaction of a test: what its client asks and is told, and what must be true of it in the end. */
import { expect } from "vitest";
import { errorDefinition } from "../../../shared/errors.ts";
import { groupOf } from "../../../shared/group.ts";
import type { Answer } from "../../../shared/member/request.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import type { TransactRequest } from "../../../shared/transaction/request.ts";
import { split } from "../../../shared/transaction/split.ts";
import { ms, type TransactionId } from "../../../shared/types.ts";
import { clock } from "./clock.ts";
import type { TestNamespace } from "./namespace.ts";
import { network } from "./network.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

let made = 0;

/** Ids in the order in which they are made, and of their time. */
function newId(anchor: string): TransactionId {
  let time = "";
  for (let rest = clock.now; time.length < 10; rest = Math.floor(rest / 32)) {
    time = DIGITS.charAt(rest % 32) + time;
  }
  return transactionId(`${time}${String(++made).padStart(16, "0")}`, anchor);
}

/** What a client was told; an error where the object ended that should have answered. */
export type Told = Answer | Error;

const decoder = new TextDecoder();

export class TestTransaction {
  readonly namespace: TestNamespace;
  readonly keys: readonly string[];
  readonly value: number;
  readonly request: TransactRequest;
  /** Undefined while the client waits. */
  told: Told | undefined;
  #answered: Promise<Told> | null = null;
  #status: string | null = null;

  /** Puts `value` under each key; each is a group's, the anchor's first. */
  constructor(
    namespace: TestNamespace,
    keys: readonly string[],
    value: number,
    deadlineMs = ms(5_000),
  ) {
    this.namespace = namespace;
    this.keys = keys;
    this.value = value;
    const operations = keys.map((key) => {
      return { type: "put", key, value: jsonValue(value), ttlMs: null } as const;
    });
    this.request = {
      type: "transact",
      id: newId(this.anchor),
      copy: false,
      idempotency: null,
      parts: split({ conditions: [], operations, otherwise: [] }, groupOf),
      deadlineMs,
      explain: false,
    };
  }

  get anchor(): string {
    return this.keys[0] ?? "";
  }

  /** Whether its client waits, or was told. */
  get begun(): boolean {
    return this.#answered !== null;
  }

  /** Resolves when the client is told. */
  get answered(): Promise<Told> {
    if (this.#answered === null) throw new Error("nobody has asked");
    return this.#answered;
  }

  /** Its client asks, at the group's first leader and once. */
  begin(): this {
    const { namespace, anchor, request } = this;
    this.#answered = namespace.askAt(namespace.first, anchor, request).then(
      (answer) => answer,
      (fault) => (fault instanceof Error ? fault : new Error(String(fault))),
    );
    void this.#answered.then((told) => {
      this.told = told;
    });
    return this;
  }

  async lookUp(): Promise<string> {
    const { id } = this.request;
    const answer = await this.namespace.ask(this.anchor, { type: "look-up", id, settle: true });
    if (answer.type !== "looked-up") throw new Error(`looked up as ${JSON.stringify(answer)}`);
    return answer.found.status;
  }

  async read(key: string): Promise<number> {
    const answer = await this.namespace.ask(key, { type: "get", key, revision: null });
    if (answer.type !== "record") throw new Error(`read as ${JSON.stringify(answer)}`);
    return answer.record === null ? 0 : Number(decoder.decode(answer.record.value.bytes));
  }

  /**
   * Nothing is open, everybody agrees, and nobody was told anything else; no time passes meanwhile.
   * @param before what each key held
   */
  async expectOver(before: Readonly<Record<string, number>>): Promise<void> {
    await clock.quiet();
    const status = await clock.atOnce(this.lookUp());
    expect(["committed", "aborted"]).toContain(status);
    this.#status ??= status;
    expect(status, "an outcome that was told before").toBe(this.#status);
    if (this.told !== undefined && !(this.told instanceof Error)) {
      expect([status, "unknown"], `told ${JSON.stringify(this.told)}`).toContain(means(this.told));
    }
    const reads = this.keys.map(async (key) => [key, await this.read(key)] as const);
    const found = Object.fromEntries(await clock.atOnce(Promise.all(reads)));
    const written = Object.fromEntries(this.keys.map((key) => [key, this.value]));
    expect(found).toEqual(status === "committed" ? written : before);
    expect(await clock.atOnce(this.namespace.inDoubt())).toEqual([]);
    expect(network.takenBack).toEqual([]);
  }

  /** A copy of the client's request that comes late is told the same. */
  async expectRepeatable(): Promise<void> {
    const copy = { ...this.request, copy: true };
    const told = await clock.atOnce(this.namespace.ask(this.anchor, copy));
    expect(means(told)).toBe(this.#status);
  }
}

/** What an answer says of the outcome. */
function means(answer: Answer): string {
  if (answer.type === "transacted") return "committed";
  // It is to ask another member.
  if (answer.type === "redirected") return "unknown";
  if (answer.type !== "refused") throw new Error(`told ${JSON.stringify(answer)}`);
  return errorDefinition(answer.code).definite ? "aborted" : "unknown";
}
