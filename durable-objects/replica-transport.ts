/** A replica's calls, each with a deadline of ours: a partitioned object gives no error, its call hangs. */
import { PEER_CALL_MS } from "../shared/limits.ts";
import type { Answer, Caller, GroupRequest } from "../shared/member/request.ts";
import type { ReplicaRef } from "../shared/replica/feed.ts";
import type { GroupPageAnswer, GroupPageRequest } from "../shared/replica/request.ts";
import type { Region } from "../shared/types.ts";
import { across } from "./outage.ts";
import type { Members } from "./reach.ts";
import { type Replicas, replicaIn } from "./reach-replica.ts";
import { Transport } from "./transport.ts";
import { within } from "./within.ts";

export class ReplicaTransport {
  readonly #objects: Members & Replicas;
  readonly #ref: ReplicaRef;
  readonly #members: Transport;

  constructor(objects: Members & Replicas, ref: ReplicaRef) {
    const { namespace, members, replicas, self, historyMs } = ref;
    this.#objects = objects;
    this.#ref = ref;
    this.#members = new Transport(objects, {
      namespace,
      group: "",
      members,
      replicas,
      self,
      historyMs,
    });
  }

  ask(group: string, to: Region, request: GroupRequest, caller: Caller): Promise<Answer> {
    return this.#members.ask(group, to, request, caller);
  }

  page(from: Region, request: GroupPageRequest): Promise<GroupPageAnswer> {
    const ref = { ...this.#ref, self: from };
    const call = () => replicaIn(this.#objects, ref).page(ref, request);
    return within(PEER_CALL_MS, Promise.resolve(across(this.#ref.self, call)));
  }
}
