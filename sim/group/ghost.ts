/**
 * What no member can see: the one committed log of a group, and who led it when. Every step is held against it.
 *
 * - R1: a block is won by one member.
 * - R2: no two entries share an index and a term, and an entry has the same past in every log.
 * - R3: what was told as committed lies on a quorum's disks, is in the log of whoever wins a later block, and is never
 *   cut off by one who may know of it.
 * - R4: a message tells of nothing that its sender's disk has not confirmed.
 * - L1: at no instant of true time do two members hold the lease.
 * - L2: no read shows less than had been told when it was asked for.
 * - I1: a request takes effect once.
 */
import { assert } from "../../shared/assert.ts";
import { leaseHolds } from "../../shared/raft/lease.ts";
import type { PeerMessage, PeerReply } from "../../shared/raft/messages.ts";
import type { RaftState } from "../../shared/raft/state.ts";
import { compareTerms, formatTerm, type Term } from "../../shared/raft/term.ts";
import type { Entry } from "../../shared/store/entry.ts";
import type { Block, Instant, LogIndex, Region } from "../../shared/types.ts";
import type { Image } from "./store.ts";

/** A member as the ghost sees it. */
export interface Seen {
  readonly region: Region;
  readonly raft: RaftState;
  /** What it has written, and how much of that its disk has confirmed. */
  readonly image: Image;
  readonly durable: Image;
}

interface Win {
  readonly block: Block;
  readonly region: Region;
  readonly log: readonly Entry[];
}

const place = ({ index, term }: Pick<Entry, "index" | "term">): string =>
  `${index} of ${formatTerm(term)}`;

export class Ghost {
  /** The committed log, as far as any member ever counted it as committed. */
  readonly log: Entry[] = [];
  /** In which block each of its entries was told. */
  readonly #toldIn: Block[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #past = new WeakMap<Entry, Entry | null>();
  readonly #owners = new Map<Block, Region>();
  readonly #wins: Win[] = [];
  readonly #requests = new Set<string>();
  readonly #quorum: number;
  /** Requests numbered from here on are looked up by id; what is compacted no longer is. */
  onceFrom = 0;

  constructor(members: number) {
    this.#quorum = Math.floor(members / 2) + 1;
  }

  /** Entries are added to a log: a leader's own for the first time, a follower's as its leader has them. */
  appended(log: readonly Entry[], entries: readonly Entry[]): void {
    let before = log.at(-1) ?? null;
    for (const entry of entries) {
      const known = this.#entries.get(place(entry));
      assert(
        known === undefined || known === entry,
        "R2",
        `two entries at ${place(entry)}`,
        entry,
        known,
      );
      if (known === undefined) {
        this.#entries.set(place(entry), entry);
        this.#past.set(entry, before);
      }
      const past = this.#past.get(entry);
      assert(past === before, "R2", `${place(entry)} has another past`, before, past);
      before = entry;
    }
  }

  /** A crash took entries back that no other member can have heard of. */
  forget(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (this.#entries.get(place(entry)) === entry) this.#entries.delete(place(entry));
    }
  }

  /** The log up to an index and term, for one that is sent a snapshot of it. */
  history(index: LogIndex, term: Term): Entry[] {
    const log: Entry[] = [];
    let entry = this.#entries.get(place({ index, term })) ?? null;
    while (entry !== null) {
      log.unshift(entry);
      entry = this.#past.get(entry) ?? null;
    }
    return log;
  }

  /** A member's log is no longer what it was. */
  changed(before: readonly Entry[], { region, raft, image }: Seen): void {
    const { log, hard } = image;
    for (let at = 0; at < before.length && at < this.log.length; at++) {
      const entry = this.log[at];
      if (before[at] !== entry || log[at] === entry) continue;
      const told = this.#toldIn[at] ?? hard.block;
      assert(told > hard.block, "R3", `${region} cuts a committed entry`, entry, raft.commitIndex);
    }
  }

  /** A member leads: it has just won, or it resumed. */
  leads({ region, raft, image }: Seen): void {
    const { leadership } = raft;
    if (leadership === null) return;
    const { block, resumed } = leadership;
    const owner = this.#owners.get(block);
    assert(
      owner === undefined || owner === region,
      "R1",
      `block ${block} is won twice`,
      region,
      owner,
    );
    this.#owners.set(block, region);
    if (resumed) return;
    const at = this.#toldIn.findLastIndex((told) => told < block);
    const last = this.log[at];
    assert(
      image.log[at] === last,
      "R3",
      `${region} wins ${block} without an entry`,
      image.log,
      last,
    );
    this.#wins.push({ block, region, log: image.log });
  }

  /** A member counts its log up to here as committed. */
  told(index: LogIndex, { region, image }: Seen, all: readonly Pick<Seen, "durable">[]): void {
    const { log, hard } = image;
    assert(index <= log.length, "R3", `${region} commits beyond its log`, index, log.length);
    const known = Math.min(index, this.log.length);
    const same = known === 0 || log[known - 1] === this.log[known - 1];
    assert(same, "R3", `${region} commits another entry`, log[known - 1], this.log[known - 1]);
    if (index <= this.log.length) return;
    const last = log[index - 1];
    const holders = all.filter(({ durable }) => durable.log[index - 1] === last).length;
    assert(
      holders >= this.#quorum,
      "R3",
      `${region} commits ${index} off a quorum`,
      holders,
      this.#quorum,
    );
    for (const entry of log.slice(this.log.length, index)) {
      this.#once(entry);
      this.log.push(entry);
      this.#toldIn.push(hard.block);
    }
    for (const win of this.#wins) {
      const lacks = win.block > hard.block && win.log[index - 1] !== last;
      assert(!lacks, "R3", `a later leader lacks what ${region} commits`, win.region, last);
    }
  }

  #once({ request }: Entry): void {
    if (request === null || Number(request) < this.onceFrom) return;
    assert(!this.#requests.has(request), "I1", "a request takes effect twice", request, null);
    this.#requests.add(request);
  }

  /** L1, of every member that storage still answers, each on its own clock, at one instant of true time. */
  instant(members: readonly (Seen & { readonly now: Instant })[]): void {
    const holders = members.filter(({ raft, now }) => leaseHolds(raft, now));
    const shown = holders.map(({ region, raft }) => `${region} in ${raft.leadership?.block}`);
    assert(holders.length < 2, "L1", "two members hold the lease", shown, "at most one");
  }

  /** A message leaves a member whose disk has confirmed so much. */
  sent(message: PeerMessage, durable: Image): void {
    const { hard } = durable;
    switch (message.type) {
      case "vote":
        if (message.pre) return;
        confirmed(hard.block >= message.block, "vote", message.block, hard);
        break;
      case "hand-over":
        confirmed(
          (hard.gaveUp ?? 0) >= message.permission.block,
          "block given up",
          message.permission,
          hard,
        );
        break;
      default:
        confirmed((hard.won ?? 0) >= message.term.block, "win", message.term, hard);
    }
  }

  /** A reply leaves a member whose disk has confirmed so much. */
  replied(message: PeerMessage, reply: PeerReply, durable: Image): void {
    const { hard, log } = durable;
    if (reply.type === "voted" && message.type === "vote" && reply.granted && !reply.pre) {
      confirmed(hard.block >= message.block, "vote", reply, hard);
    }
    if (reply.type !== "accepted") return;
    confirmed(hard.block >= reply.block, "leader accepted", reply, hard);
    if (reply.match === null || reply.match <= durable.base.index) return;
    const own = log[reply.match - 1]?.term;
    const held = own !== undefined && compareTerms(own, reply.lastTerm) <= 0;
    confirmed(held, "entry appended", reply, log.length);
  }

  /** A read, and what is not changed, is told as of `index`; `askedAt` entries had been told before it was asked for. */
  read(index: LogIndex, askedAt: number): void {
    assert(index >= askedAt, "L2", "a read shows less than was told before", index, askedAt);
    assert(
      index <= this.log.length,
      "L2",
      "a read shows what is not committed",
      index,
      this.log.length,
    );
  }

  /** A read shows a key at a revision. */
  shows(revision: number | null, expected: number | null): void {
    assert(revision === expected, "L2", "a read shows another revision", revision, expected);
  }

  /** A write is told to its client. */
  acknowledged(request: string, index: LogIndex): void {
    const found = this.log[index - 1]?.request;
    assert(
      found === request,
      "R3",
      `a write is told at ${index} that is not there`,
      found,
      request,
    );
  }
}

function confirmed(holds: boolean, what: string, told: unknown, disk: unknown): void {
  assert(holds, "R4", `a ${what} is told before it is durable`, told, disk);
}
