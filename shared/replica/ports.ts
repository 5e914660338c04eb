/**
 * What a replica needs of the world. The Durable Object is one adapter of it, the simulator the other.
 */
import type { Answer, Caller, GroupRequest } from "../member/request.ts";
import type { Sql } from "../store/sql.ts";
import type { Instant, Ms, Region } from "../types.ts";
import type { GroupPageAnswer, GroupPageRequest } from "./request.ts";
import type { PrefixSockets } from "./watching.ts";

export interface ReplicaPorts {
  /** The replica's own database. */
  readonly sql: Sql;
  /** Resolves when everything written before the call survives a crash. Rejects where the disk failed. */
  confirm(): Promise<void>;
  /** The replica's own clock. */
  now(): Instant;
  /** Resolves after so long; only ever while a request waits or a round goes on. */
  sleep(duration: Ms): Promise<void>;
  /** Asks a member of a group. Settles within the caller's deadline; a failure says nothing of the effect. */
  ask(group: string, to: Region, request: GroupRequest, caller: Caller): Promise<Answer>;
  /** Asks another region's replica for some of its groups. Settles within `PEER_CALL_MS`. */
  page(from: Region, request: GroupPageRequest): Promise<GroupPageAnswer>;
  /** The sockets of those who watch prefixes; left out where nobody can. */
  readonly sockets?: PrefixSockets;
  /** Sets the durable alarm, replacing the one before. */
  setAlarm(at: Instant): void;
  /** Ends this life of the object at once; nobody is answered. */
  abort(reason: unknown): never;
}
