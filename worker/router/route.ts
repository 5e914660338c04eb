/**
 * Which member a request goes to next: the leader as far as this isolate knows, else whom a member names, else
 * another member, which is told whom the request could not reach.
 */
import type { Region } from "../../shared/types.ts";

/** What this isolate has learned of leaders, by group. A guess: any member corrects it. */
const leaders = new Map<string, Region>();
const LEADERS_MAX = 10_000;

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
    leaders.set(this.#group, leader);
  }
}
