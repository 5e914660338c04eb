/**
 * A namespace of real objects, asked as a Worker asks them, whose objects a test evicts and aborts and whose alarms it
 * rings.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Member } from "../../../durable-objects/member.ts";
import { memberName } from "../../../shared/group.ts";
import type {
  Answer,
  Caller,
  GroupRef,
  GroupRequest,
  OperatorAnswer,
} from "../../../shared/member/request.ts";
import { ms, type Region, region } from "../../../shared/types.ts";
import { clock, NEVER_MS } from "./clock.ts";
import { ABORTED, type Message, network } from "./network.ts";

const REGIONS = ["weur", "enam", "apac"].map(region);

/** How long a client waits. */
const DEADLINE_MS = ms(10_000);

/** How its object's life ends: in the midst of what it does, or at rest. */
export type End = "evicted" | "aborted";

/** Calls a client makes before it gives up: to each member, and to one that has woken or been elected. */
const CALLS_MAX = 12;

const { MEMBER } = env as unknown as { MEMBER: DurableObjectNamespace<Member> };

let made = 0;

export class TestNamespace {
  readonly name = `interrupted-${++made}`;
  readonly regions: readonly Region[];
  /** Those that a test uses. */
  readonly groups: readonly string[];
  /** Objects that clients cannot reach, and those they do not ask. */
  readonly #down = new Set<string>();
  readonly #avoided = new Set<string>();
  /** Who leads, as the clients believe. */
  readonly #leaders = new Map<string, Region>();

  constructor(members: 1 | 3, groups: readonly string[]) {
    this.groups = groups;
    this.regions = REGIONS.slice(0, members);
  }

  object(group: string, at: Region = this.first): string {
    return memberName(this.name, at, group);
  }

  get first(): Region {
    const [first] = this.regions;
    if (first === undefined) throw new Error("a namespace has a region");
    return first;
  }

  #ref(group: string, self: Region): GroupRef {
    return { namespace: this.name, group, members: this.regions, self, historyMs: ms(600_000) };
  }

  /** Asks a member, in a call of its own. */
  async askAt(
    at: Region,
    group: string,
    request: GroupRequest,
    unreachable: readonly Region[] = [],
  ): Promise<Answer> {
    const caller: Caller = { alone: true, deadlineMs: DEADLINE_MS, unreachable };
    const name = this.object(group, at);
    if (this.#down.has(name)) throw new Error(`${name} cannot be reached`);
    const object = MEMBER.getByName(name);
    const answers = await object.serve(this.#ref(group, at), [request], caller);
    const [answer] = answers as Answer[];
    if (answer === undefined) throw new Error("a request has no answer");
    network.note({ to: this.object(group), requests: [request] }, [answer]);
    return answer;
  }

  /** Asks the group's leader, whoever that is. */
  async ask(group: string, request: GroupRequest): Promise<Answer> {
    let unreachable: Region[] = [];
    let fault: unknown = null;
    for (let calls = 0; calls < CALLS_MAX; calls++) {
      const at = this.#leaders.get(group) ?? this.first;
      try {
        if (this.#avoided.has(this.object(group, at))) throw new Error("it is cut off");
        const answer = await this.askAt(at, group, request, unreachable);
        if (answer.type !== "redirected") return answer;
        this.#leaders.set(group, answer.leader);
        unreachable = unreachable.filter((one) => one !== answer.leader);
      } catch (failed) {
        fault = failed;
        unreachable = [...new Set([...unreachable, at])];
        const next = this.regions.find((one) => !unreachable.includes(one));
        if (next === undefined) unreachable = [];
        this.#leaders.set(group, next ?? this.first);
      }
    }
    throw new Error(`nobody answers for ${group}`, { cause: fault });
  }

  async describe(group: string): Promise<Extract<OperatorAnswer, { type: "described" }>> {
    const at = this.#leaders.get(group) ?? this.first;
    const caller: Caller = { deadlineMs: DEADLINE_MS, unreachable: [] };
    const object = MEMBER.getByName(this.object(group, at));
    const answer = await object.operate(this.#ref(group, at), { type: "describe" }, caller);
    if (answer.type === "redirected") {
      this.#leaders.set(group, answer.leader);
      return this.describe(group);
    }
    if (answer.type !== "described") throw new Error(`described as ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Has every group's first leader in memory, with nothing on its disk. */
  async wake(): Promise<void> {
    const gets = this.groups.map((group) => {
      return this.ask(group, { type: "get", key: group, revision: null });
    });
    await Promise.all(gets);
  }

  /** Sends a message that was held once more: it arrives though whoever sent it may be gone. */
  async arrive({ to, requests }: Message): Promise<void> {
    const at = this.regions.find((one) => to.startsWith(memberName(this.name, one, "")));
    const [request] = requests;
    if (at === undefined || request === undefined) throw new Error("it is no group's message");
    const group = to.slice(this.object("", at).length);
    const answer = await this.askAt(at, group, request);
    if (answer.type === "redirected") await this.ask(group, request);
  }

  /** A group's first leader is reached by nobody, and reaches nobody, until it is told otherwise. */
  takeDown(group: string): () => void {
    const name = this.object(group);
    const restore = network.lose(({ from, to }) => from === name || to === name);
    this.#down.add(name);
    return () => {
      this.#down.delete(name);
      restore();
    };
  }

  /** A group's first leader and the other members no longer reach one another; everybody else reaches them all. */
  cutOff(group: string): () => void {
    const name = this.object(group);
    const others = this.regions.map((at) => this.object(group, at)).filter((one) => one !== name);
    const between = (one: string, other: string) => one === name && others.includes(other);
    // Clients have heard of it.
    this.#avoided.add(name);
    const restore = network.lose(({ from, to }) => between(from, to) || between(to, from));
    return () => {
      this.#avoided.delete(name);
      restore();
    };
  }

  /** The objects of a group leave memory; what is on their disks stays. */
  async end(group: string, how: End, at: Region = this.first): Promise<void> {
    const name = this.object(group, at);
    if (how === "aborted") {
      await runInDurableObject(MEMBER.getByName(name), (_, ctx) => ctx.abort(ABORTED)).catch(
        () => {},
      );
    } else {
      // An object is evicted once it is at rest, which it is when nothing it sends is answered any more.
      const restore = network.lose(({ from }) => from === name);
      await clock.until(evictDurableObject(MEMBER.getByName(name)));
      restore();
    }
    network.forget(name);
  }

  /** Rings the alarm of a group's first leader, when it is due. */
  async ring(group: string): Promise<void> {
    const name = this.object(group);
    const alarm = (await this.#alarms()).find(({ object }) => object === name);
    if (alarm === undefined) throw new Error(`${group} has no alarm`);
    await clock.pass(alarm.at);
    await runDurableObjectAlarm(MEMBER.getByName(name));
  }

  /** Rings alarms as they come due, until none is set; nothing else calls the objects. */
  async ringAlarms(): Promise<void> {
    for (const never = clock.now + NEVER_MS; ; ) {
      await clock.quiet();
      const alarms = await this.#alarms();
      if (alarms.length === 0) return;
      if (clock.now > never) throw new Error(`alarms without end: ${JSON.stringify(alarms)}`);
      await clock.pass(Math.min(...alarms.map(({ at }) => at)));
      for (const { object, at } of alarms) {
        if (at > clock.now) continue;
        // Where it does not ring because its object ended, the platform would ring it again: so does the next round.
        await runDurableObjectAlarm(MEMBER.getByName(object));
      }
    }
  }

  async #alarms(): Promise<{ object: string; at: number }[]> {
    const objects = this.groups.flatMap((group) =>
      this.regions.map((at) => this.object(group, at)),
    );
    const up = objects.filter((object) => !this.#down.has(object));
    const alarms = up.map(async (object) => {
      const at = await runInDurableObject(MEMBER.getByName(object), (_, { storage }) =>
        storage.getAlarm(),
      );
      return at === null ? [] : [{ object, at }];
    });
    return (await Promise.all(alarms)).flat();
  }

  /** An operator's view of all groups: the transactions in doubt. */
  async inDoubt(): Promise<unknown[]> {
    const described = await Promise.all(this.groups.map((group) => this.describe(group)));
    return described.flatMap(({ inDoubt }) => inDoubt);
  }
}
