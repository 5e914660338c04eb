/**
 * The way into a region that is a process of its own: calls from other processes, handed to the members and the
 * replica that live in this one.
 *
 * Nobody reaches it without a binding to it, and no deployment binds it; only `npm run cluster` does, where
 * the objects of one process are unknown to all others.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { WatchAsk } from "../durable-objects/member.ts";
import { type Members, memberIn, type RemoteMember } from "../durable-objects/reach.ts";
import { type RemoteReplica, type Replicas, replicaIn } from "../durable-objects/reach-replica.ts";
import type { PrefixSocketAsk } from "../durable-objects/replica.ts";
import { askOf } from "../durable-objects/watch-wire.ts";

export class RegionGate
  extends WorkerEntrypoint<Members & Replicas>
  implements RemoteMember, RemoteReplica
{
  serve(...[group, requests, caller]: Parameters<RemoteMember["serve"]>) {
    return memberIn(this.env, group).serve(group, requests, caller);
  }

  operate(...[group, request, caller]: Parameters<RemoteMember["operate"]>) {
    return memberIn(this.env, group).operate(group, request, caller);
  }

  /** A watcher's socket, on its way to the member or the replica that is watched. */
  override fetch(request: Request): Promise<Response> {
    const asked = askOf(request) as WatchAsk | PrefixSocketAsk;
    if ("ref" in asked) return replicaIn(this.env, asked.ref).fetch(request);
    return memberIn(this.env, asked.group).fetch(request);
  }

  receive(...[group, message]: Parameters<RemoteMember["receive"]>) {
    return memberIn(this.env, group).receive(group, message);
  }
  apply(...[ref, batch]: Parameters<RemoteReplica["apply"]>) {
    return replicaIn(this.env, ref).apply(ref, batch);
  }

  notice(...[ref, group, through]: Parameters<RemoteReplica["notice"]>) {
    return replicaIn(this.env, ref).notice(ref, group, through);
  }

  read(...[ref, read]: Parameters<RemoteReplica["read"]>) {
    return replicaIn(this.env, ref).read(ref, read);
  }

  list(...[ref, list]: Parameters<RemoteReplica["list"]>) {
    return replicaIn(this.env, ref).list(ref, list);
  }

  status(...[ref, groups]: Parameters<RemoteReplica["status"]>) {
    return replicaIn(this.env, ref).status(ref, groups);
  }

  page(...[ref, request]: Parameters<RemoteReplica["page"]>) {
    return replicaIn(this.env, ref).page(ref, request);
  }
}
