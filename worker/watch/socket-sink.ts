/**
 * A client's WebSocket: each event is a message of its own, as JSON.
 *
 * The platform queues whatever a client does not read, in this isolate's memory, and does not tell how much that is. So a
 * client that never says anything is sent a bounded amount and then sent away with its position; any message of its own counts
 * as a word that it is reading, and it may go on for ever.
 */
import { WATCH_UNHEARD_BYTES_MAX } from "../../shared/watch/limits.ts";
import type { Gone, Sink, StreamEvent } from "./sink.ts";

export class SocketSink implements Sink {
  readonly gone: Promise<Gone>;
  readonly #socket: WebSocket;
  readonly #leave: (gone: Gone) => void;
  /** Characters sent since the client said something. */
  #unheard = 0;
  #told: string;
  #quiet = false;

  constructor(socket: WebSocket, position: string) {
    this.#socket = socket;
    this.#told = position;
    const { promise, resolve } = Promise.withResolvers<Gone>();
    this.gone = promise;
    this.#leave = resolve;
    socket.addEventListener("message", () => {
      this.#unheard = 0;
    });
    socket.addEventListener("close", () => resolve({ type: "left" }));
    socket.addEventListener("error", () => resolve({ type: "left" }));
    socket.accept();
  }

  async write(events: readonly StreamEvent[]): Promise<void> {
    for (const event of events) this.#send(event);
    if (this.#unheard > WATCH_UNHEARD_BYTES_MAX) this.#leave({ type: "unheard" });
  }

  keepAlive(position: string): void {
    // Every other time where nothing moved: JSON is no ping, and proxies are content with it.
    this.#quiet = !this.#quiet && position === this.#told;
    if (!this.#quiet) this.#send({ id: position, event: "position", data: "{}" });
  }

  async end(last: StreamEvent, code: number): Promise<void> {
    this.#send(last);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(code, last.id);
  }

  #send({ id, event, data }: StreamEvent): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#told = id;
    const text = `{"id":${JSON.stringify(id)},"event":"${event}","data":${data}}`;
    this.#unheard += text.length;
    this.#socket.send(text);
  }
}
