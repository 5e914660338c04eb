/**
 * Calls to a group's other members, each with a deadline of ours: a partitioned object gives no error, its call hangs.
 */

import { memberName } from "../shared/group.ts";
import { PEER_CALL_MS } from "../shared/limits.ts";
import type { Answer, Caller, GroupRef, GroupRequest } from "../shared/member/request.ts";
import type { PeerMessage, PeerReply } from "../shared/raft/messages.ts";
import type { Ms, Region } from "../shared/types.ts";
import type { Member } from "./member.ts";
import { across } from "./outage.ts";

/** A member as it is called from afar. What it answers is plain data, with nothing to dispose of. */
interface RemoteMember {
  serve(group: GroupRef, requests: readonly GroupRequest[], caller: Caller): Promise<Answer[]>;
  receive(group: GroupRef, message: PeerMessage): Promise<PeerReply>;
}

export class Transport {
  readonly #members: DurableObjectNamespace<Member>;
  readonly #group: GroupRef;

  constructor(members: DurableObjectNamespace<Member>, group: GroupRef) {
    this.#members = members;
    this.#group = group;
  }

  call(to: Region, message: PeerMessage): Promise<PeerReply> {
    const { self } = this.#group;
    const call = () => this.#stub(to).receive({ ...this.#group, self: to }, message);
    return within(PEER_CALL_MS, Promise.resolve(across(self, call)));
  }

  relay(to: Region, requests: readonly GroupRequest[], caller: Caller): Promise<Answer[]> {
    const { self } = this.#group;
    const call = () => this.#stub(to).serve({ ...this.#group, self: to }, requests, caller);
    return within(caller.deadlineMs, Promise.resolve(across(self, call)));
  }

  /** A new stub for each call: after an error the old one may stay broken. */
  #stub(to: Region): RemoteMember {
    const { namespace, group } = this.#group;
    return this.#members.getByName(memberName(namespace, to, group), {
      locationHint: to as DurableObjectLocationHint,
    }) as unknown as RemoteMember;
  }
}

function within<T>(deadlineMs: Ms, call: Promise<T>): Promise<T> {
  let timer: number | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}
