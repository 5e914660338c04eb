/**
 * The quantities every module shares, kept apart by brands.
 *
 * An index, a revision and a duration are all numbers; a brand makes the compiler refuse to mix them.
 * Brands cost nothing at run time.
 */

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A position in a group's log. The first entry has index 1; 0 is "before the first entry". */
export type LogIndex = Brand<number, "LogIndex">;

/** A key's revision: the log index at which it last changed. Its ETag. */
export type Revision = LogIndex;

/** What an election wins: a number no two leaders of a group share. The first is 1. */
export type Block = Brand<number, "Block">;

/** How often the leader of a block has woken and written: the second part of a term. */
export type Wake = Brand<number, "Wake">;

/** A duration in milliseconds. */
export type Ms = Brand<number, "Ms">;

/** A reading of one machine's own clock, in milliseconds since the Unix epoch. */
export type Instant = Brand<number, "Instant">;

/** A Durable Object location hint, such as `wnam` or `weur`. */
export type Region = Brand<string, "Region">;

/** Names one request, across its copies. */
export type RequestId = Brand<string, "RequestId">;

/** Names one transaction: when it was made and which group is its anchor stand in it (transaction/id.ts). */
export type TransactionId = Brand<string, "TransactionId">;

/** One try at a transaction, counted from 1: a refused one is tried again under the same id. */
export type Attempt = Brand<number, "Attempt">;

/** Names one life of a member's object in memory, from its start to its eviction or crash. */
export type Incarnation = Brand<string, "Incarnation">;

export const ms = (value: number): Ms => value as Ms;
export const logIndex = (value: number): LogIndex => value as LogIndex;
export const region = (value: string): Region => value as Region;

/** The index before the first entry. */
export const ORIGIN = logIndex(0);

export const nextIndex = (index: LogIndex): LogIndex => logIndex(index + 1);
export const previousIndex = (index: LogIndex): LogIndex => logIndex(index - 1);
export const addMs = (instant: Instant, duration: Ms): Instant => (instant + duration) as Instant;
export const msBetween = (from: Instant, to: Instant): Ms => (to - from) as Ms;

/** A value as JSON has it. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A stored value: the bytes as they were put, and their media type as it was put. */
export interface Value {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}
