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

export class RecentRequests {
  readonly #places = new Map<RequestId, RequestPlace>();

  constructor(places: readonly RequestPlace[]) {
    for (const place of places) this.#places.set(place.request, place);
  }

  /** Where the log holds the request; null where it does not, or no copy of it can live any more. */
  find(request: RequestId): LogIndex | null {
    return this.#places.get(request)?.index ?? null;
  }

  add({ request, index, at }: Entry): void {
    this.#forgetBefore((at - REQUEST_COPY_MS) as Instant);
    if (request !== null) this.#places.set(request, { request, index, at });
  }

  /**
   * Places were added in the log's order, in which times never fall. The latest are kept however old they seem: a
   * clock that jumped, or another leader's, says little of how long ago that was.
   */
  #forgetBefore(at: Instant): void {
    for (const place of this.#places.values()) {
      if (place.at >= at || this.#places.size <= REQUESTS_KEPT_MIN) return;
      this.#places.delete(place.request);
    }
  }
}
