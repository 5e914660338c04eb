/**
 * A member's state in memory: its part in replication, and the requests that wait.
 *
 * All of it is lost when the object is evicted or crashes; whoever waited then asks again, as a copy.
 */
import type { RaftConfig } from "../raft/config.ts";
import { advanceCommit, mayResume, resume } from "../raft/leader.ts";
import type { RaftState } from "../raft/state.ts";
import { Tail } from "../store/tail.ts";
import type { StoreView } from "../store/view.ts";
import type { Lock } from "../transaction/effects.ts";
import {
  addMs,
  type Instant,
  type LogIndex,
  type Ms,
  type Region,
  type TransactionId,
} from "../types.ts";
import type { Coordination } from "./coordination.ts";
import { type Errands, newErrands } from "./errands.ts";
import { type FanOutState, newFanOut } from "./fan-out.ts";
import type { Origins } from "./origin.ts";
import type { Queues } from "./queue.ts";
import type { AnyAnswer, AnyRequest, GroupRequest } from "./request.ts";
import { newWatching, type Watching } from "./watch.ts";

/** Where an answer goes: the host's number for the caller who waits. */
export type Slot = number;

/** Who asks for an answer. */
export interface Asker {
  readonly slot: Slot;
  readonly deadline: Instant;
  /** When the call came. */
  readonly since: Instant;
  /** Whether the request may wait for a transaction: nobody shares its call. */
  readonly alone: boolean;
}

/** An answer that is told once what it rests on is committed. */
export interface HeldAnswer {
  readonly slot: Slot;
  readonly answer: AnyAnswer;
  /** Told when the log is committed up to here. */
  readonly restsOn: LogIndex;
  /** True for an answer that changes nothing: it is a read, and told only under the lease (L2). */
  readonly underLease: boolean;
  readonly deadline: Instant;
  /** Set where the answer tells how long it took. */
  readonly tracedSince?: Instant;
}

/** A read that is evaluated again once the log is committed up to an index and the lease holds. */
export interface ParkedRead extends Asker {
  readonly request: AnyRequest;
  readonly until: LogIndex;
}

/** A request that waits for a transaction's outcome, and holds nothing meanwhile. */
export interface BlockedRequest {
  readonly asker: Asker;
  readonly request: GroupRequest;
  /** What it would lock, or write; empty for one that only reads. */
  readonly locks: readonly Lock[];
  /** The vote it waits for. */
  behind: LogIndex;
  /** From then on it helps to find the outcome out. */
  helpAt: Instant;
  /** A transaction is aborted where it still waits then; null for anything else. */
  readonly decideBy: Instant | null;
}

/** A request at a member that does not lead, while it finds out who does. */
export interface WaitingRequest extends Asker {
  /** A copy from when it was first passed on: whoever was passed it may yet take it in. */
  request: AnyRequest;
  /** A transaction's own deadline. */
  readonly decideBy: Instant | null;
  readonly unreachable: readonly Region[];
  /**
   * To be passed to the member that should lead, whom its Worker could not reach; passed on; left without a leader, so
   * that this member stands for election; or passed on once more while it does.
   */
  stage: "to-relay" | "relayed" | "stranded" | "relayed-again";
}

export interface MemberState {
  /** The group's name. */
  readonly group: string;
  readonly raft: RaftState;
  readonly store: StoreView;
  readonly tail: Tail;
  readonly historyMs: Ms;
  /** When this life of the object began. */
  readonly startedAt: Instant;
  held: HeldAnswer[];
  parked: ParkedRead[];
  waiting: WaitingRequest[];
  blocked: BlockedRequest[];
  /** What the blocked requests have seen of the open votes and the commit index; they are looked at when it changes. */
  blockedSaw: string;
  /** Who waits for which lock. */
  readonly queues: Queues;
  /** The transactions this leader coordinates as their anchor, by id. */
  readonly coordinations: Map<TransactionId, Coordination>;
  /** Requests to other groups' leaders that are not answered yet. */
  readonly errands: Errands;
  readonly fanOut: FanOutState;
  readonly watch: Watching;
  /** Transactions whose every participant is known, in this life, to have heard the outcome. */
  readonly heard: Set<TransactionId>;
  /** Of older ones, which participants have acknowledged that they heard it. */
  readonly heardBy: Map<TransactionId, Set<string>>;
  /** Whether another member has answered as the leader since this one's alarm last rang without leading. */
  ledElsewhere: boolean;
  /** Outcomes to forget are not looked for before this time. */
  forgetAfter: Instant;
  /** The old leader is not tried again before this time. */
  relayAgainAt: Instant;
  /** Whether the heir of a hand-over has been sent the permission, and has not answered. */
  heirAwaited: boolean;
  /** Who asked for the hand-over that is under way. */
  transferring: { readonly slot: Slot; readonly deadline: Instant }[];
  /** Who asked how the group stands, and since when the followers are asked for it. */
  describing: { readonly slot: Slot; readonly deadline: Instant; readonly since: Instant }[];
  /** Where the latest requests came from. */
  readonly origins: Origins;
  /** Whether this turn answered under the lease. */
  leaseUsed: boolean;
  /** When the alarm is set for; null where this incarnation does not know of one. */
  alarmAt: Instant | null;
  /** No compaction is looked for before this time. */
  compactAfter: Instant;
}

/** A member as it is when its object starts, with nothing but its disk. */
export function startMember(
  config: RaftConfig,
  group: string,
  historyMs: Ms,
  store: StoreView,
  now: Instant,
  replicas: readonly Region[] = [],
): MemberState {
  const raft: RaftState = {
    config,
    leadership: null,
    campaign: null,
    heir: null,
    nextCampaign: 0,
    highestBlock: store.hardState.block,
    commitIndex: store.baseIndex,
    durableIndex: store.lastIndex,
    promise: null,
    wakeUntil: addMs(now, config.leaseMs),
  };
  const state: MemberState = {
    group,
    raft,
    store,
    tail: new Tail(store),
    historyMs,
    startedAt: now,
    held: [],
    parked: [],
    waiting: [],
    blocked: [],
    blockedSaw: "",
    queues: new Map(),
    coordinations: new Map(),
    errands: newErrands(),
    fanOut: newFanOut(replicas, store.lastIndex),
    watch: newWatching(),
    heard: new Set(),
    heardBy: new Map(),
    ledElsewhere: false,
    forgetAfter: now,
    relayAgainAt: now,
    heirAwaited: false,
    transferring: [],
    describing: [],
    origins: { total: 0, byRegion: new Map() },
    leaseUsed: false,
    alarmAt: null,
    compactAfter: now,
  };
  if (mayResume(store.hardState)) {
    resume(raft, store.hardState, store);
    // Where the quorum is this member alone, what its disk holds is committed.
    advanceCommit(raft, store);
  }
  return state;
}
