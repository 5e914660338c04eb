/**
 * Which member a request goes to next: the leader as far as this isolate knows, else whom a member names, else
 * another member, which is told whom the request could not reach.
 */
import type { Region } from "../../shared/types.ts";

/** What this isolate has learned of leaders, by group. A guess: any member corrects it. */
const leaders = new Map<string, Region>();
const LEADERS_MAX = 10_000;

/** Who wants to hear of another leader, by group; each is told in the request that found it. */
const listeners = new Map<string, Set<(leader: Region) => void>>();

/**
 * Calls `listener` whenever this isolate learns who leads a group. Gives what ends that. The listener may do nothing but
 * settle a promise: it runs in another request than the one that waits (carry.ts).
 */
export function onLeader(group: string, listener: (leader: Region) => void): () => void {
  const known = listeners.get(group) ?? new Set();
  listeners.set(group, known.add(listener));
  return () => {
    known.delete(listener);
    if (known.size === 0 && listeners.get(group) === known) listeners.delete(group);
  };
}

/** What a group is called across namespaces. */
export const routeName = (namespace: string, group: string): string => `${namespace}/${group}`;

export class Route {
  readonly #group: string;
  readonly #members: readonly Region[];
  #unreachable: readonly Region[] = [];
  #region: Region;

  /** @param group names the group across namespaces. @param members the first is the leader of an unused group. */
  constructor(group: string, members: readonly Region[]) {
    const [first] = members;
    if (first === undefined) throw new Error(`group ${group} has no members`);
    this.#group = group;
    this.#members = members;
    this.#region = members.length === 1 ? first : (leaders.get(group) ?? first);
  }

  /** Where the request goes now. */
  get region(): Region {
    return this.#region;
  }

  /** Whom it could not reach. The member asked tries the leader itself before it stands for election. */
  get unreachable(): readonly Region[] {
    return this.#unreachable;
  }

  /** A member answered: it leads. */
  answered(leader: Region): void {
    if (this.#members.length > 1) this.#learn(leader);
  }

  /** The member asked named the leader. */
  redirected(leader: Region): void {
    this.#region = leader;
    this.#unreachable = this.#unreachable.filter((one) => one !== leader);
    this.#learn(leader);
  }

  /** The member asked could not be reached: the next one is asked, and the first again once all have failed. */
  failed(): void {
    if (this.#members.length === 1) return;
    if (leaders.get(this.#group) === this.#region) leaders.delete(this.#group);
    const unreachable = [...new Set([...this.#unreachable, this.#region])];
    const next = this.#members.find((member) => !unreachable.includes(member));
    this.#unreachable = next === undefined ? [] : unreachable;
    this.#region = next ?? this.#region;
  }

  #learn(leader: Region): void {
    if (leaders.size >= LEADERS_MAX) leaders.clear();
    const changed = leaders.get(this.#group) !== leader;
    leaders.set(this.#group, leader);
    if (!changed || listeners.size === 0) return;
    for (const listener of [...(listeners.get(this.#group) ?? [])]) listener(leader);
  }
}
