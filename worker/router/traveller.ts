/** A request on its way to its group's leader. */
import type { Answer, GroupRequest } from "../../shared/member/request.ts";
import type { Instant, Region } from "../../shared/types.ts";
import type { Passenger, Trip } from "./lane.ts";
import type { Setback } from "./setback.ts";

/** What a traveller hears next. */
export type News =
  | {
      readonly type: "answer";
      readonly answer: Answer;
      /** Who answered: with a late answer, not the member asked last. */
      readonly region: Region;
    }
  | { readonly type: "setback"; readonly setback: Setback; readonly fault: unknown }
  /** The call before is over: the next one is the traveller's to make. */
  | { readonly type: "carry" };

export const CARRY: News = { type: "carry" };
export const LOST: News = { type: "setback", setback: "lost", fault: null };

export class Traveller implements Passenger {
  request: GroupRequest;
  readonly bytes: number;
  readonly deadline: Instant;
  /** Members it could not reach. */
  unreachable: readonly Region[] = [];
  /** The member nearest to whom it comes from; null where that does not matter. */
  nearest: Region | null = null;
  trip: Trip<Traveller> | null = null;
  /** How many calls it has made itself; one that rode in another's costs nothing. */
  calls = 0;
  /** Tells the traveller, where it waits for word. */
  tell: ((news: News) => void) | null = null;

  constructor(request: GroupRequest, deadline: Instant) {
    this.request = request;
    this.bytes = bytesOf(request);
    this.deadline = deadline;
  }
}

function bytesOf(request: GroupRequest): number {
  if (request.type !== "write") return 0;
  let bytes = 0;
  for (const operation of request.operations) {
    if (operation.type === "put") bytes += operation.value.bytes.byteLength;
  }
  return bytes;
}
