/**
 * What must hold at every instant, in all members' memories at once: R1, R3 and L1; and nobody watches a member that
 * knows that it does not lead (W1).
 *
 * Histories show a broken lease only where a client reads in just that moment; the lease itself shows it always.
 */
import { Violation } from "../../shared/assert.ts";
import type { MemberState } from "../../shared/member/state.ts";
import { leaseHolds } from "../../shared/raft/lease.ts";
import type { RaftState } from "../../shared/raft/state.ts";
import { formatTerm } from "../../shared/raft/term.ts";
import { addMs, type Block, type Instant, logIndex, ms, type Region } from "../../shared/types.ts";

/** One member, as its present life has it; superseded lives may believe what they like. */
export interface Present {
  readonly member: MemberState;
  readonly now: Instant;
  /** False for a while after its clock was set back: no lease holds against that. */
  readonly steady: boolean;
}

/** Clocks show whole milliseconds, so two of them may part by as much, at either end of a lease. */
const GRAIN_MS = ms(4);

/** Watches one group. */
export class Instants {
  readonly #owners = new Map<Block, Region>();
  /** The term at each index that any member ever counted as committed. */
  readonly #terms: string[] = [];
  readonly #seen = new WeakMap<RaftState, number>();

  /** @throws Violation */
  check(present: readonly Present[]): void {
    for (const { member } of present) {
      this.#checkOwner(member);
      this.#checkCommitted(member);
      this.#checkWatched(member);
    }
    this.#checkLease(present);
  }

  #checkOwner({ raft }: MemberState): void {
    if (raft.leadership === null) return;
    const { block } = raft.leadership;
    const { self } = raft.config;
    const owner = this.#owners.get(block);
    if (owner === undefined) this.#owners.set(block, self);
    else if (owner !== self) throw new Violation("R1", `two members lead ${block}`, self, owner);
  }

  #checkWatched({ raft, watch }: MemberState): void {
    if (raft.leadership !== null || watch.watchers.size === 0) return;
    const what = `${raft.config.self} does not lead, and is watched`;
    throw new Violation("W1", what, watch.watchers.size, 0);
  }

  #checkCommitted({ raft, store }: MemberState): void {
    const seen = this.#seen.get(raft) ?? store.baseIndex;
    if (raft.commitIndex <= seen) return;
    this.#seen.set(raft, raft.commitIndex);
    for (let index = Math.max(seen, store.baseIndex) + 1; index <= raft.commitIndex; index++) {
      const found = store.termAt(logIndex(index));
      const term = found === null ? "none" : formatTerm(found);
      this.#terms[index] ??= term;
      if (this.#terms[index] === term) continue;
      const what = `${raft.config.self} commits another entry at ${index}`;
      throw new Violation("R3", what, term, this.#terms[index]);
    }
  }

  #checkLease(present: readonly Present[]): void {
    if (present.length < 2 || present.some(({ steady }) => !steady)) return;
    const holders = present.filter(({ member, now }) =>
      leaseHolds(member.raft, addMs(now, GRAIN_MS)),
    );
    if (holders.length < 2) return;
    const shown = holders.map(({ member }) => member.raft.config.self);
    throw new Violation("L1", "two members hold the lease", shown, "at most one");
  }
}
