/** Which keys a run of transactions is about, and how they are spread over groups. */
import { groupOf } from "../../../shared/group.ts";
import type { Random } from "../../random.ts";

export interface Layout {
  /** Keys whose values are lists that are only appended to. */
  readonly lists: readonly string[];
  /** Keys whose values are balances; none in some runs. */
  readonly accounts: readonly string[];
  /** Keys whose time to live is short; what they hold says nothing. */
  readonly fleeting: readonly string[];
  /** Whether an account holds money from the start and may not be overdrawn; else all begin absent. */
  readonly covered: boolean;
  readonly groups: readonly string[];
}

const NAMES = ["a", "b", "c", "d", "e", "f"];

export function drawLayout(random: Random): Layout {
  const names = NAMES.slice(0, 1 + random.below(NAMES.length));
  // A bare key is a group of its own, which keys with its name as their tag share.
  const bare = new Set<string>();
  const key = (kind: string, number: number): string => {
    const name = random.pick(names);
    if (bare.has(name) || random.chance(0.7)) return `{${name}}${kind}${number}`;
    bare.add(name);
    return name;
  };
  const lists = Array.from({ length: 2 + random.below(5) }, (_, at) => key("l", at + 1));
  const holders = random.chance(0.3) ? 0 : 2 + random.below(3);
  const accounts = Array.from({ length: holders }, (_, at) => key("m", at + 1));
  const fleeting = Array.from({ length: random.below(3) }, (_, at) => key("f", at + 1));
  const groups = [...new Set([...lists, ...accounts, ...fleeting].map(groupOf))].sort();
  return { lists, accounts, fleeting, covered: random.chance(0.7), groups };
}
