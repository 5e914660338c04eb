/**
 * The requests of the log's last minute, by id (I1).
 *
 * Every write is looked up here, not only those that say they are copies: a request's first copy may come last. It is
 * kept in memory, because an index on the log would be a row more for each write; a leader reads it from the
 * log once, when it first writes.
 */
import { REQUEST_COPY_MS, REQUESTS_KEPT_MIN } from "../limits.ts";
import type { Instant, LogIndex, RequestId } from "../types.ts";
import type { Entry } from "./entry.ts";

export interface RequestPlace {
  readonly request: RequestId;
  readonly index: LogIndex;
  readonly at: Instant;
}

interface Places {
  /** Of a transaction there are several entries. */
  readonly indexes: LogIndex[];
  at: Instant;
}

export class RecentRequests {
  readonly #places = new Map<RequestId, Places>();

  constructor(places: readonly RequestPlace[]) {
    for (const place of places) this.#put(place);
  }

  /** Where the log holds the request; empty where it does not, or no copy of it can live any more. */
  find(request: RequestId): readonly LogIndex[] {
    return this.#places.get(request)?.indexes ?? [];
  }

  add({ request, index, at }: Pick<Entry, "request" | "index" | "at">): void {
    this.#forgetBefore((at - REQUEST_COPY_MS) as Instant);
    if (request !== null) this.#put({ request, index, at });
  }

  #put({ request, index, at }: RequestPlace): void {
    const places = this.#places.get(request);
    if (places === undefined) {
      this.#places.set(request, { indexes: [index], at });
      return;
    }
    places.indexes.push(index);
    places.at = at;
    // Behind the others again, which are forgotten in their order.
    this.#places.delete(request);
    this.#places.set(request, places);
  }

  /**
   * Places were added in the log's order, in which times never fall. The latest are kept however old they seem: a
   * clock that jumped, or another leader's, says little of how long ago that was.
   */
  #forgetBefore(at: Instant): void {
    for (const [request, places] of this.#places) {
      if (places.at >= at || this.#places.size <= REQUESTS_KEPT_MIN) return;
      this.#places.delete(request);
    }
  }
}
