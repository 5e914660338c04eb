/**
 * What this isolate remembers: answers it was given, to serve them again without asking, and of each group the highest
 * index it has told of, below which it serves nothing any more (DESIGN.md §5).
 *
 * Bounded in bytes and in groups. Of a group that had to be forgotten nothing is served until it is asked for anew; from
 * then on it goes forward again.
 *
 * Plain data and no clock: every time is the isolate's own, given by whoever asks.
 */
import { DRIFT_BOUND } from "../shared/limits.ts";
import type { StoredRecord } from "../shared/store/entry.ts";
import { type Instant, type LogIndex, type Ms, ms, ORIGIN, type Region } from "../shared/types.ts";

/** What was answered of a key. */
export interface Brought {
  /** Null where the key is absent. */
  readonly record: StoredRecord | null;
  /** The group's index that the answer is as of. */
  readonly index: LogIndex;
  /** When the request that brought it was sent. */
  readonly sentAt: Instant;
  /** A time at which the answer was current for certain; null where nothing proves one. */
  readonly currentAt: Instant | null;
  /** Who answered. */
  readonly region: Region;
}

/** A group's highest index, shared by all that is remembered of the group. */
interface Floor {
  index: LogIndex;
  /** Gone from the memory: nothing that rests on it counts any more. */
  forgotten: boolean;
}

/** An answer without its body, and its headers; what differs from one answer to the next is set in them for each. */
export interface Pattern {
  readonly response: Response;
  readonly headers: Headers;
  /** The age that they tell; null where they tell none. */
  stalenessMs: Ms | null;
}

/** An answer as it is remembered. */
export interface Remembered extends Brought {
  readonly namespace: string;
  readonly group: string;
  readonly key: string;
  readonly floor: Readonly<Floor>;
  readonly bytes: number;
  /** When it was last asked for anew, though it still serves; zero where it was not. */
  renewedAt: Instant;
  /** The URL it is found by at once. */
  url: string | null;
  /** What its answers are made after. */
  pattern: Pattern | null;
}

export interface MemoryLimits {
  readonly bytesMax: number;
  readonly groupsMax: number;
}

/** Bytes of an entry beside its key and value, about. */
const ENTRY_BYTES = 512;
const NEVER = 0 as Instant;

export class Memory {
  readonly #limits: MemoryLimits;
  /** The one raised longest ago first: its replicas have long come after. */
  readonly #floors = new Map<string, Floor>();
  /** The one used longest ago first. */
  readonly #entries = new Map<string, Remembered>();
  readonly #urls = new Map<string, Remembered>();
  #bytes = 0;

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  /** Bytes of all that is remembered, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many groups are remembered. */
  get groups(): number {
    return this.#floors.size;
  }

  /** Somebody was told of this state of the group: no older one is served from now on. */
  saw(namespace: string, group: string, index: LogIndex): void {
    this.#raise(namespace, group, index);
  }

  /** The highest index told of; the origin where nothing is known. */
  floor(namespace: string, group: string): LogIndex {
    return this.#floors.get(`${namespace}/${group}`)?.index ?? ORIGIN;
  }

  /** Takes in an answer that nothing in doubt stands above. One below the group's highest index is of no use. */
  keep(namespace: string, group: string, key: string, brought: Brought): Remembered | null {
    const floor = this.#raise(namespace, group, brought.index);
    if (brought.index < floor.index) return null;
    const name = `${namespace}/${key}`;
    const before = this.#entries.get(name);
    const bytes = ENTRY_BYTES + 2 * key.length + (brought.record?.value.bytes.byteLength ?? 0);
    const known = before !== undefined && serves(before) ? before : null;
    const entry: Remembered = {
      record: brought.record,
      index: brought.index,
      // Of one index there is one state: what was known of it before still holds.
      sentAt: later(known?.sentAt, brought.sentAt),
      currentAt: latest(known?.currentAt ?? null, brought.currentAt),
      region: brought.region,
      namespace,
      group,
      key,
      floor,
      bytes,
      renewedAt: NEVER,
      url: null,
      pattern: null,
    };
    if (before !== undefined) this.#drop(name, before);
    if (bytes > this.#limits.bytesMax) return null;
    this.#entries.set(name, entry);
    this.#bytes += bytes;
    for (const [oldest, other] of this.#entries) {
      if (this.#bytes <= this.#limits.bytesMax) break;
      this.#drop(oldest, other);
    }
    return entry;
  }

  /** What is remembered of a key and may still be served, as far as going forward is concerned. */
  recall(namespace: string, key: string): Remembered | null {
    const name = `${namespace}/${key}`;
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    if (!serves(entry)) {
      this.#drop(name, entry);
      return null;
    }
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  /** From now on the entry is found by this URL, which asks for nothing else. */
  name(entry: Remembered, url: string): void {
    if (entry.url !== null || this.#entries.get(`${entry.namespace}/${entry.key}`) !== entry)
      return;
    entry.url = url;
    this.#urls.set(url, entry);
  }

  /**
   * The same by its URL, and nothing done about the order of use: what is asked for goes on being asked for anew, and
   * with that becomes the last.
   */
  recallNamed(url: string): Remembered | null {
    const entry = this.#urls.get(url);
    return entry !== undefined && serves(entry) ? entry : null;
  }

  #raise(namespace: string, group: string, index: LogIndex): Floor {
    const name = `${namespace}/${group}`;
    const known = this.#floors.get(name);
    if (known !== undefined) {
      if (known.index >= index) return known;
      known.index = index;
      this.#floors.delete(name);
      this.#floors.set(name, known);
      return known;
    }
    const floor: Floor = { index, forgotten: false };
    this.#floors.set(name, floor);
    if (this.#floors.size > this.#limits.groupsMax) {
      for (const [oldest, other] of this.#floors) {
        other.forgotten = true;
        this.#floors.delete(oldest);
        break;
      }
    }
    return floor;
  }

  #drop(name: string, entry: Remembered): void {
    this.#entries.delete(name);
    this.#bytes -= entry.bytes;
    if (entry.url !== null && this.#urls.get(entry.url) === entry) this.#urls.delete(entry.url);
  }
}

const serves = ({ floor, index }: Remembered): boolean => !floor.forgotten && index >= floor.index;

/** Whether an answer is young enough for `eventual`. A clock that was set back tells nothing. */
export function isYoung({ sentAt }: Pick<Brought, "sentAt">, now: Instant, servesMs: Ms): boolean {
  const since = now - sentAt;
  return since >= 0 && since <= servesMs;
}

/** How old an answer can be at most in true time, for this clock may be slow; null where nothing proves it. */
export function ageOf({ currentAt }: Pick<Brought, "currentAt">, now: Instant): Ms | null {
  if (currentAt === null || currentAt > now) return null;
  return ms(Math.ceil((now - currentAt) / (1 - DRIFT_BOUND)));
}

const later = (known: Instant | undefined, brought: Instant): Instant =>
  known !== undefined && known > brought ? known : brought;

function latest(known: Instant | null, brought: Instant | null): Instant | null {
  if (known === null || brought === null) return known ?? brought;
  return known > brought ? known : brought;
}
