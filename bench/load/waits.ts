// The longest that any client waited. Whoever looks at answers alone overlooks the request that had none when the load
// ended, and that one may be starving.

/** Times are in milliseconds, all on one clock. */
export class Waits<Client> {
  /** Since when each client has waited: its next request goes out when the one before is answered. */
  readonly #since = new Map<Client, number>();
  #longestMs = 0;

  began(client: Client, at: number): void {
    this.#since.set(client, at);
  }

  answered(client: Client, latencyMs: number, at: number): void {
    this.#longestMs = Math.max(this.#longestMs, latencyMs);
    this.#since.set(client, at);
  }

  longest(endedAt: number): number {
    return Math.max(this.#longestMs, ...[...this.#since.values()].map((since) => endedAt - since));
  }
}
