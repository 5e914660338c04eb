/** Plain states and logs for the tests of this folder: a member that is awake, unbound, and leads nothing. */
import type { Entry } from "../store/entry.ts";
import {
  type Block,
  type Incarnation,
  type Instant,
  type LogIndex,
  logIndex,
  type Ms,
  ms,
  type Region,
  region,
  type Wake,
} from "../types.ts";
import type { HardState } from "./hard-state.ts";
import { newLeadership } from "./leader.ts";
import type { AppendMessage, RenewMessage, VoteMessage } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type { LeaderLog } from "./replication.ts";
import type { Leadership, RaftState } from "./state.ts";
import { TERM_ZERO, type Term } from "./term.ts";

export const WEUR = region("weur");
export const WNAM = region("wnam");
export const ENAM = region("enam");
export const APAC = region("apac");
export const SAM = region("sam");
export const THREE: readonly Region[] = [WEUR, WNAM, ENAM];
export const FIVE: readonly Region[] = [...THREE, APAC, SAM];

export const LEASE: Ms = ms(2_000);
export const LIFE = "life-1" as Incarnation;
export const OTHER_LIFE = "life-0" as Incarnation;

export const block = (value: number): Block => value as Block;
export const at = (value: number): Instant => value as Instant;

/** A term from its notation, such as `2.1`. */
export function term(text: string): Term {
  const [first, second] = text.split(".");
  return { block: Number(first) as Block, wake: Number(second) as Wake };
}

export function raftOf(
  changes: Partial<RaftState> & { self?: Region; members?: readonly Region[] } = {},
): RaftState {
  const { self = WEUR, members = THREE, ...rest } = changes;
  return {
    config: { self, members, incarnation: LIFE, leaseMs: LEASE, driftBound: 0.1 },
    leadership: null,
    campaign: null,
    heir: null,
    nextCampaign: 0,
    highestBlock: block(1),
    commitIndex: logIndex(0),
    durableIndex: logIndex(0),
    promise: null,
    wakeUntil: at(0),
    ...rest,
  };
}

export function hardOf(changes: Partial<HardState> = {}): HardState {
  return { block: block(1), promisedTo: WEUR, won: null, gaveUp: null, ...changes };
}

/** An entry that changes nothing. */
export function entryOf(index: number, of: string): Entry {
  return {
    index: logIndex(index),
    term: term(of),
    at: at(index),
    request: null,
    effects: [],
    outcome: null,
    idempotency: null,
  };
}

/** A log of entries with these terms, behind a base that is compacted away. */
export function logOf(
  terms: readonly string[],
  base: { index: number; term: string } = { index: 0, term: "0.0" },
): LeaderLog {
  const lastIndex = logIndex(base.index + terms.length);
  const termAt = (index: LogIndex): Term | null => {
    if (index === base.index) return term(base.term);
    const own = terms[index - base.index - 1];
    return own === undefined ? null : term(own);
  };
  return {
    lastIndex,
    lastTerm: termAt(lastIndex) ?? TERM_ZERO,
    baseIndex: logIndex(base.index),
    termAt,
    timeAt: (index) => at(index),
    snapshotPart: () => ({ rows: [], next: null }),
    entries: (from) =>
      terms.map((of, place) => entryOf(base.index + place + 1, of)).slice(from - base.index - 1),
  };
}

export const emptyOutbox = (): Outbox => ({ sends: [], writes: [], sendsOnceDurable: [] });

/** Makes `raft` the leader of a block that it has just won or resumed, with `log` as its log. */
export function lead(
  raft: RaftState,
  of: number,
  log: LeaderLog,
  changes: Partial<Leadership> = {},
): Leadership {
  const leadership = { ...newLeadership(raft.config, block(of), log), ...changes };
  raft.leadership = leadership;
  return leadership;
}

export function voteMessage(changes: Partial<VoteMessage> = {}): VoteMessage {
  return {
    type: "vote",
    pre: false,
    from: WNAM,
    block: block(2),
    campaign: 7,
    incarnation: OTHER_LIFE,
    lastIndex: logIndex(0),
    lastTerm: TERM_ZERO,
    permission: null,
    ...changes,
  };
}

export function appendMessage(changes: Partial<AppendMessage> = {}): AppendMessage {
  return {
    type: "append",
    from: WNAM,
    term: term("2.0"),
    incarnation: OTHER_LIFE,
    round: 4,
    commitIndex: logIndex(0),
    prevIndex: logIndex(0),
    prevTerm: TERM_ZERO,
    entries: [],
    ...changes,
  };
}

export function renewMessage(changes: Partial<RenewMessage> = {}): RenewMessage {
  return {
    type: "renew",
    from: WNAM,
    term: term("2.0"),
    incarnation: OTHER_LIFE,
    round: 4,
    commitIndex: logIndex(0),
    lastIndex: logIndex(0),
    lastTerm: TERM_ZERO,
    ...changes,
  };
}
