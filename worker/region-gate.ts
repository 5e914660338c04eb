/**
 * The way into a region that is a process of its own: calls from other processes, handed to the members that live
 * in this one.
 *
 * Nobody reaches it without a binding to it, and no deployment binds it; only `npm run cluster` does, where
 * the objects of one process are unknown to all others.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { type Members, memberIn, type RemoteMember } from "../durable-objects/reach.ts";

export class RegionGate extends WorkerEntrypoint<Members> implements RemoteMember {
  serve(...[group, requests, caller]: Parameters<RemoteMember["serve"]>) {
    return memberIn(this.env, group).serve(group, requests, caller);
  }

  operate(...[group, request, caller]: Parameters<RemoteMember["operate"]>) {
    return memberIn(this.env, group).operate(group, request, caller);
  }

  receive(...[group, message]: Parameters<RemoteMember["receive"]>) {
    return memberIn(this.env, group).receive(group, message);
  }
}
