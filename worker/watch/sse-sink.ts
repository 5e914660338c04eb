/**
 * Server-sent events (HTML Living Standard, §9.2), written as fast as the client reads them.
 */
import { WATCH_FAREWELL_MS, WATCH_RETRY_MS } from "../../shared/watch/limits.ts";
import { pause } from "../router/pause.ts";
import type { Gone, Sink, StreamEvent } from "./sink.ts";

export const EVENT_STREAM = "text/event-stream";

const encoder = new TextEncoder();

export class SseSink implements Sink {
  readonly readable: ReadableStream<Uint8Array>;
  readonly gone: Promise<Gone>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** The client has left, or the stream is over. */
  readonly #left: () => void;
  /** Writes that the client has not taken. */
  #pending = 0;
  /** What the client would resume behind. */
  #told: string;

  constructor(position: string) {
    this.#told = position;
    const { readable, writable } = new IdentityTransformStream();
    this.readable = readable;
    this.#writer = writable.getWriter();
    const { promise, resolve } = Promise.withResolvers<Gone>();
    this.gone = promise;
    this.#left = () => resolve({ type: "left" });
    // Where nothing is written, the platform tells of a client that has left with the next sign of life.
    this.#writer.closed.then(this.#left, this.#left);
    // At once, so that the client sees the stream open; and where to come back to if it breaks before anything happens.
    void this.#write(`: watching\nretry: ${WATCH_RETRY_MS}\nid: ${position}\n\n`);
  }

  async write(events: readonly StreamEvent[]): Promise<void> {
    this.#told = events.at(-1)?.id ?? this.#told;
    await this.#write(events.map(textOf).join(""));
  }

  keepAlive(position: string): void {
    // What is not read yet is sign of life enough.
    if (this.#pending > 0) return;
    const moved = position !== this.#told;
    this.#told = position;
    // An id without data dispatches nothing, and moves what the client sends as Last-Event-ID.
    void this.#write(moved ? `: keep-alive\nid: ${position}\n\n` : ": keep-alive\n\n");
  }

  async end(last: StreamEvent): Promise<void> {
    void this.#write(textOf(last));
    // Whatever was written before is read first, by a client that reads.
    await Promise.race([this.#writer.close().catch(this.#left), pause(WATCH_FAREWELL_MS)]);
    await this.#writer.abort().catch(this.#left);
  }

  async #write(text: string): Promise<void> {
    this.#pending += 1;
    await this.#writer.write(encoder.encode(text)).catch(this.#left);
    this.#pending -= 1;
  }
}

const textOf = ({ id, event, data }: StreamEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
