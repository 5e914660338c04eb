/**
 * How a member is reached: as an object of this deployment's one namespace, or, where its region is a process of
 * its own (`npm run cluster`), through that region's gate.
 */
import { memberName } from "../shared/group.ts";
import type {
  Answer,
  Caller,
  GroupRef,
  GroupRequest,
  OperatorAnswer,
  OperatorRequest,
} from "../shared/member/request.ts";
import type { PeerMessage, PeerReply } from "../shared/raft/messages.ts";
import type { Member } from "./member.ts";
import type { RemoteReplica } from "./reach-replica.ts";

/** A member as it is called from afar. What it answers is plain data, with nothing to dispose of. */
export interface RemoteMember {
  serve(group: GroupRef, requests: readonly GroupRequest[], caller: Caller): Promise<Answer[]>;
  operate(group: GroupRef, request: OperatorRequest, caller: Caller): Promise<OperatorAnswer>;
  receive(group: GroupRef, message: PeerMessage): Promise<PeerReply>;
  /** Opens a watcher's socket. */
  fetch(request: Request): Promise<Response>;
}

/** The ways into regions that are other processes. A deployment has none. */
export interface Gates {
  readonly [gate: `REGION_${string}`]: (RemoteMember & RemoteReplica) | undefined;
}

/** The bindings through which members are reached. */
export interface Members extends Gates {
  readonly MEMBER: DurableObjectNamespace<Member>;
}

/** The member `group.self` of the group. For one call only: after an error a stub may stay broken. */
export function memberIn(members: Members, group: GroupRef): RemoteMember {
  const { namespace, self } = group;
  const gate = members[`REGION_${self}`];
  if (gate !== undefined) return gate;
  return members.MEMBER.getByName(memberName(namespace, self, group.group), {
    locationHint: self as DurableObjectLocationHint,
  }) as unknown as RemoteMember;
}
