/** A wait between attempts, by a timer of the request's own. */
import type { Ms } from "../../shared/types.ts";

export function pause(forMs: Ms): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, forMs);
  return promise;
}
