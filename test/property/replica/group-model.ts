/**
 * A group as its replicas know it: a committed log of feed entries, and a leader that answers for it. All of it in
 * memory, and nothing of it is the code under test.
 */
import type {
  Change,
  Doubt,
  FanOut,
  FeedEntry,
  FeedRequest,
} from "../../../shared/replica/feed.ts";
import type { Fed } from "../../../shared/replica/leaders.ts";
import { type Instant, type LogIndex, logIndex } from "../../../shared/types.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const textOf = (value: { readonly bytes: Uint8Array } | null | undefined): string | null =>
  value ? decoder.decode(value.bytes) : null;

/** What keys are at some index: text by key. */
export type State = ReadonlyMap<string, string>;

interface Vote {
  readonly index: LogIndex;
  readonly changes: readonly Change[];
}

export class GroupModel {
  readonly name: string;
  readonly entries: FeedEntry[] = [];
  readonly #votes: Vote[] = [];
  /** Entries up to this one are compacted away. */
  base = 0;
  entriesPerAnswer = 1_000;
  keysPerPart = 1_000;

  constructor(name: string) {
    this.name = name;
  }

  get index(): LogIndex {
    return logIndex(this.entries.length);
  }

  /** Null deletes. */
  put(texts: Readonly<Record<string, string | null>>, at = 0): void {
    this.#append(at, { changes: this.#changes(texts) });
  }

  vote(texts: Readonly<Record<string, string | null>>, at = 0): LogIndex {
    const changes = this.#changes(texts);
    const vote = logIndex(this.entries.length + 1);
    this.#votes.push({ index: vote, changes });
    this.#append(at, { opens: { vote, keys: changes.map(({ key }) => key) } });
    return vote;
  }

  resolve(vote: LogIndex, committed: boolean, at = 0): void {
    const voted = this.#votes.find(({ index }) => index === vote);
    this.#append(at, { changes: committed ? (voted?.changes ?? []) : [], closes: [vote] });
  }

  /** The votes that are open as of an index. */
  doubtsAt(index: number): Doubt[] {
    const entries = this.entries.slice(0, index);
    const closed = new Set(entries.flatMap(({ closes = [] }) => closes));
    return entries.flatMap(({ opens }) => (opens && !closed.has(opens.vote) ? [opens] : []));
  }

  stateAt(index: number): State {
    const state = new Map<string, string>();
    for (const [key, { value }] of this.#changedBy(index)) {
      const text = textOf(value);
      if (text !== null) state.set(key, text);
    }
    return state;
  }

  /** A message of the queue with some entries. */
  fanOut(from: number, through: number = from): FanOut {
    return {
      group: this.name,
      entries: this.entries.slice(from - 1, through),
      through: logIndex(through),
    };
  }

  /** What the leader answers. */
  feed({ from, state }: FeedRequest): Fed {
    const about = { type: "fed", commitIndex: this.index, receipt: null } as unknown as Fed;
    if (state === null && from > this.base) {
      const entries = this.entries.slice(from - 1, from - 1 + this.entriesPerAnswer);
      return { ...about, entries, state: null };
    }
    const goesOn = state !== null && state.index >= this.base;
    const index = goesOn ? state.index : this.index;
    const behind = goesOn ? state.after : "";
    const changes = [...this.#changedBy(index).values()]
      .filter(({ key, value }) => value !== null && key > behind)
      .sort((one, other) => (one.key < other.key ? -1 : 1));
    const part = changes.slice(0, this.keysPerPart);
    const after = part.length < changes.length ? (part.at(-1)?.key ?? null) : null;
    const doubts = after === null ? this.doubtsAt(index) : [];
    const at = this.entries[index - 1]?.at as Instant;
    return { ...about, entries: [], state: { index, at, changes: part, after, doubts } };
  }

  #changedBy(index: number): Map<string, Change> {
    const changed = new Map<string, Change>();
    for (const { changes } of this.entries.slice(0, index)) {
      for (const change of changes) changed.set(change.key, change);
    }
    return changed;
  }

  #changes(texts: Readonly<Record<string, string | null>>): Change[] {
    const revision = logIndex(this.entries.length + 1);
    return Object.entries(texts).map(([key, text]) => ({
      key,
      revision,
      value: text === null ? null : { bytes: encoder.encode(text), contentType: "text/plain" },
      expiresAt: null,
    }));
  }

  #append(at: number, entry: Partial<FeedEntry>): void {
    const index = logIndex(this.entries.length + 1);
    this.entries.push({ index, at: at as Instant, changes: [], ...entry });
  }
}
