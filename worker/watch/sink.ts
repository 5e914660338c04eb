/** Where a watch's events go: a client, however it listens. */

export interface StreamEvent {
  /** The position to resume behind. */
  readonly id: string;
  readonly event: string;
  /** JSON, on one line. */
  readonly data: string;
}

export interface Sink {
  /** Resolves when the client has taken them, as far as anybody can tell. Never rejects. */
  write(events: readonly StreamEvent[]): Promise<void>;
  /** Shows that the stream is alive, and where it is, if that moved without an event; never waits. */
  keepAlive(position: string): void;
  /** Says why the stream ends, behind everything written before, and ends it. */
  end(last: StreamEvent, code: number): Promise<void>;
  /** Resolves when the client is gone, or cannot be sent more for now. */
  readonly gone: Promise<Gone>;
}

export type Gone =
  | { readonly type: "left" }
  /** It has been sent much, and has not said that it read any of it. */
  | { readonly type: "unheard" };
