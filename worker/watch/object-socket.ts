/**
 * The Worker's end of a socket to a watched object: what the object says, in order, and how it ended.
 *
 * A member in a region that is down says nothing, as one whose machine has stopped (durable-objects/outage.ts).
 */
import { crossing } from "../../durable-objects/outage.ts";
import { endOf, MessageReader, PING, PONG } from "../../durable-objects/watch-wire.ts";
import type { Instant, Region } from "../../shared/types.ts";
import type { Amount, WatchEnd, WatchMessage, WorkerMessage } from "../../shared/watch/message.ts";

export type Heard =
  | { readonly type: "message"; readonly message: WatchMessage }
  | {
      readonly type: "over";
      /** Null where the object did not say why, or nobody knows. */
      readonly end: WatchEnd | null;
      /** Whether it was given up because nothing was heard: whoever is there may hang, or be gone. */
      readonly silent: boolean;
    };

export class ObjectSocket {
  /** Where the object is. */
  readonly region: Region;
  readonly #socket: WebSocket;
  readonly #reader = new MessageReader();
  readonly #heard: Heard[] = [];
  /** Whatever has come, in its order, however long each takes to pass. */
  #incoming: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;
  #ended = false;
  /** Called once, as it ends. */
  #atEnd: () => void = () => {};
  /** When it was last asked for a sign of life, and not heard since; null where nothing is awaited. */
  #pingedAt: Instant | null = null;
  #checkedAt: Instant | null = null;

  constructor(region: Region, socket: WebSocket) {
    this.region = region;
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#arrive(() => this.#read(data)));
    socket.addEventListener("close", ({ code, reason }) => {
      this.#arrive(() => this.#finish(endOf(code, reason), false));
    });
    socket.addEventListener("error", () => this.#arrive(() => this.#finish(null, false)));
    socket.accept();
  }

  /** Has `atEnd` called when this is over. */
  whenOver(atEnd: () => void): void {
    this.#atEnd = atEnd;
  }

  /** Whoever it leads to is said to know the latest no longer: it is over, and to be closed by whoever reads. May be called by any request. */
  abandon(): void {
    this.#finish(null, false);
  }

  /** Whether nothing more is to be heard, but for what has come already. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** The next that is heard; the end again and again. */
  async next(): Promise<Heard> {
    for (;;) {
      const [heard] = this.#heard;
      if (heard !== undefined) {
        if (heard.type === "message") this.#heard.shift();
        return heard;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** So much of what it said was taken, since it was opened. */
  taken(amount: Amount): void {
    this.#say({ type: "taken", ...amount });
  }

  /** Looks whether anybody is there, and with `check` whether it still knows all there is; silence ends the socket. */
  probe(now: Instant, ping: boolean, check: boolean, patienceMs: number): void {
    if (this.#ended) return;
    const since = Math.min(this.#pingedAt ?? Infinity, this.#checkedAt ?? Infinity);
    if (now - since >= patienceMs) {
      this.#finish(null, true);
      this.close();
      return;
    }
    if (check && this.#checkedAt === null) {
      this.#checkedAt = now;
      this.#say({ type: "check" });
    } else if (ping && this.#pingedAt === null) {
      this.#pingedAt = now;
      this.#send(PING);
    }
  }

  /** Nothing more is wanted of it, and nothing more is heard. */
  close(): void {
    this.#over();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000);
  }

  #arrive(handle: () => void): void {
    const held = crossing(this.region);
    this.#incoming = this.#incoming.then(() => held).then(handle);
  }

  #read(data: unknown): void {
    if (this.#ended) return;
    this.#pingedAt = null;
    if (data === PONG) return;
    const message = this.#reader.read(data as string | ArrayBuffer);
    if (message === null) return;
    if (message.type === "position") this.#checkedAt = null;
    this.#add({ type: "message", message });
  }

  #finish(end: WatchEnd | null, silent: boolean): void {
    if (this.#ended) return;
    this.#over();
    this.#add({ type: "over", end, silent });
  }

  #over(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#atEnd();
  }

  #add(heard: Heard): void {
    this.#heard.push(heard);
    this.#wake?.();
    this.#wake = null;
  }

  #say(message: WorkerMessage): void {
    this.#send(JSON.stringify(message));
  }

  #send(text: string): void {
    const held = crossing(this.region);
    if (held === null) this.#sendNow(text);
    else void held.then(() => this.#sendNow(text));
  }

  #sendNow(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }
}
