// Which requests each client sends, and in which order.
import type { LoadJob, LoadRequest } from "./job.ts";
import { shuffle } from "./shuffle.ts";

/** A list for each client. Where there are fewer requests than clients, several get the same one. */
export function sharesOf({ to, requests }: LoadJob["requests"], clients: number): LoadRequest[][] {
  return Array.from({ length: clients }, (_, client) =>
    shuffle(to === "all" ? requests : hand(requests, client, clients), client),
  );
}

/** Every `clients`th card from the client's first. */
function hand<T>(cards: readonly T[], client: number, clients: number): T[] {
  const first = client % cards.length;
  return cards.filter((_, index) => index >= first && (index - first) % clients === 0);
}
