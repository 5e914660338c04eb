/**
 * A watch as its client sees it: one stream, whoever serves it. Source: docs/protocols/watch.md.
 *
 * When the object that serves it is lost, moves on or falls silent, another is found and asked to go on behind the last
 * position, so that a failover is a pause and nothing else (W1). What was taken by the client is acknowledged, so that the
 * object never sends more than a window ahead (W2).
 */
import type { ErrorCode } from "../../shared/errors.ts";
import { type Instant, type Ms, ms } from "../../shared/types.ts";
import {
  WATCH_CHECK_MS,
  WATCH_FAREWELL_MS,
  WATCH_KEEP_ALIVE_MS,
  WATCH_LOST_MS,
  WATCH_PAUSE_MS_FIRST,
  WATCH_PAUSE_MS_MAX,
  WATCH_PING_MS,
  WATCH_SILENCE_MS,
  WATCH_TICK_MS,
  WATCH_WINDOW_BYTES,
  WATCH_WINDOW_CHANGES,
} from "../../shared/watch/limits.ts";
import {
  type Amount,
  bytesOf,
  type WatchChange,
  type WatchMessage,
} from "../../shared/watch/message.ts";
import {
  countWatchCutOff,
  countWatchEvents,
  countWatchOpen,
  countWatchResumed,
} from "../metrics.ts";
import { pause } from "../router/pause.ts";
import type { Heard, ObjectSocket } from "./object-socket.ts";
import type { Sink, StreamEvent } from "./sink.ts";
import type { Connected, Source } from "./source.ts";

/** A change as its client is told it; null where it is not told. */
export type ToEvent = (change: WatchChange) => Omit<StreamEvent, "id"> | null;

export interface Stream<About> {
  readonly source: Source<About>;
  readonly first: Connected<About>;
  readonly sink: Sink;
  readonly toEvent: ToEvent;
  /** Told ahead of all changes, where there is something to tell of how things stand. */
  readonly opening?: Omit<StreamEvent, "id"> | undefined;
  /** Whether whoever asked may still watch. */
  readonly isAllowed: () => Promise<boolean>;
}

/** Why a stream ends that its client has not left. */
type Ending =
  | { readonly type: "cut-off"; readonly reason: "slow" | "compacted" | "unheard" }
  | { readonly type: "end"; readonly code: ErrorCode; readonly detail: string };

/** Codes a client's WebSocket is closed with. */
const CUT_OFF = 4008;
const CODES: Partial<Record<ErrorCode, number>> = { unauthenticated: 4401 };
const UNAVAILABLE = 4503;

/** The client has left. */
interface Left {
  readonly type: "left";
}
type Stop = Ending | Left;

type Over = Extract<Heard, { type: "over" }>;

/** Runs until the client leaves, or the stream has to end. Never rejects. */
export async function runStream<About>(stream: Stream<About>): Promise<void> {
  countWatchOpen(1);
  const run = new Run(stream);
  try {
    const stop = await run.deliver();
    if (stop.type !== "left") await run.end(stop);
  } catch (fault) {
    console.error(JSON.stringify({ message: "a watch failed", fault: String(fault) }));
    await run.end({ type: "end", code: "internal", detail: "the watch failed inside the service" });
  } finally {
    countWatchOpen(-1);
  }
}

class Run<About> {
  readonly #stream: Stream<About>;
  #socket: ObjectSocket;
  #position: string;
  /** What the client has taken of what came over this socket, and what the object knows of that. */
  #taken: Amount = NOTHING;
  #acknowledged: Amount = NOTHING;
  #connectedAt = Date.now();
  /** How often in a row a connection ended soon. */
  #briefly = 0;
  #ticks = 0;
  /** Whether the client is being told something that it has not taken. */
  #writing = false;
  /** Ticks since there is nothing more to come and the client has not taken what has come. */
  #stalled = 0;
  #stop: Stop | null = null;
  /** Ends whatever the stream waits for. */
  #interrupt: ((stop: Stop) => void) | null = null;

  constructor(stream: Stream<About>) {
    this.#stream = stream;
    this.#socket = stream.first.socket;
    this.#position = stream.first.position;
    void stream.sink.gone.then((gone) => {
      this.#stopWith(gone.type === "left" ? gone : { type: "cut-off", reason: "unheard" });
    });
  }

  /** Passes on what comes, until something ends that. */
  async deliver(): Promise<Stop> {
    const clock = setInterval(() => this.#tick(), WATCH_TICK_MS);
    try {
      return await this.#deliver();
    } finally {
      clearInterval(clock);
      this.#socket.close();
    }
  }

  /** Tells the client why the stream ends, and where to come back to. */
  async end(ending: Ending): Promise<void> {
    if (ending.type === "cut-off") countWatchCutOff(ending.reason);
    const { event, code } = lastOf(ending, this.#position);
    await this.#stream.sink.end(event, code);
  }

  async #deliver(): Promise<Stop> {
    const { opening, sink } = this.#stream;
    if (opening !== undefined) {
      const stopped = await this.#orStopped(sink.write([{ id: this.#position, ...opening }]));
      if (stopped !== undefined) return stopped;
    }
    for (;;) {
      const heard: Heard | Stop = await this.#orStopped(this.#socket.next());
      if (heard.type !== "message" && heard.type !== "over") return heard;
      const ending =
        heard.type === "over" ? await this.#afterEnd(heard) : await this.#pass(heard.message);
      if (ending !== null) return ending;
    }
  }

  /** What comes first: this, or that the stream is to end. Unlike a race, it leaves nothing behind with the latter. */
  #orStopped<T>(work: Promise<T>): Promise<T | Stop> {
    if (this.#stop !== null) return Promise.resolve(this.#stop);
    const { promise, resolve, reject } = Promise.withResolvers<T | Stop>();
    this.#interrupt = resolve;
    work.then(resolve, reject);
    return promise;
  }

  #stopWith(stop: Stop): void {
    this.#stop ??= stop;
    this.#interrupt?.(this.#stop);
  }

  /** Passes on what the object said, and waits until the client has taken it. */
  async #pass(message: WatchMessage): Promise<Stop | null> {
    const events = this.#eventsOf(message);
    const before = this.#position;
    // Whatever ends the stream meanwhile is told behind these.
    this.#position = message.type === "changes" ? lastPosition(message) : message.position;
    if (events.length > 0) {
      this.#writing = true;
      const stopped = await this.#orStopped(this.#stream.sink.write(events));
      this.#writing = false;
      if (stopped !== undefined) return stopped;
      countWatchEvents(events.length);
    }
    const moved = message.type === "position" && message.position !== before;
    if (moved) this.#stream.sink.keepAlive(this.#position);
    this.#stream.source.delivered(this.#position);
    if (message.type === "changes") this.#count(message.changes);
    return null;
  }

  #eventsOf(message: WatchMessage): StreamEvent[] {
    switch (message.type) {
      case "changes":
        return message.changes.flatMap((change) => {
          const event = this.#stream.toEvent(change);
          return event === null ? [] : [{ id: change.position, ...event }];
        });
      case "position":
        return [];
      default:
        return [{ id: message.position, event: message.type, data: "{}" }];
    }
  }

  /** Half a window at a time is acknowledged: a watch of few changes never wakes the object for that. */
  #count(changes: readonly WatchChange[]): void {
    let { bytes } = this.#taken;
    for (const change of changes) bytes += bytesOf(change);
    this.#taken = { changes: this.#taken.changes + changes.length, bytes };
    const since = this.#acknowledged;
    if (
      this.#taken.changes - since.changes < WATCH_WINDOW_CHANGES / 2 &&
      bytes - since.bytes < WATCH_WINDOW_BYTES / 2
    ) {
      return;
    }
    this.#acknowledged = this.#taken;
    this.#socket.taken(this.#taken);
  }

  /** The object is done with this watch, or lost: it ends, or goes on elsewhere. */
  async #afterEnd({ end, silent }: Over): Promise<Stop | null> {
    if (end?.type === "slow" || end?.type === "compacted") {
      return { type: "cut-off", reason: end.type };
    }
    if (end?.type === "crowded") {
      const detail = "the group has as many watchers as one object takes";
      return { type: "end", code: "overloaded", detail };
    }
    this.#socket.close();
    return this.#resume(silent);
  }

  async #resume(silent: boolean): Promise<Stop | null> {
    const until = Date.now() + WATCH_LOST_MS;
    // Whoever takes a watch on and lets it go again at once is not asked ever faster.
    const brief = Date.now() - this.#connectedAt < WATCH_PAUSE_MS_MAX;
    this.#briefly = brief ? this.#briefly + 1 : 0;
    let pauseMs = pauseAfter(this.#briefly);
    if (this.#briefly > 1) await pause(pauseMs);
    let why = { code: "no-quorum" as ErrorCode, detail: "nobody could be watched" };
    for (;;) {
      const connecting = this.#stream.source.connect(this.#position, silent);
      const connected = await this.#orStopped(connecting);
      if (connected.type !== "connected" && connected.type !== "refused") {
        // Whoever answers now answers nobody.
        void connecting.then((late) => late.type === "connected" && late.socket.close());
        return connected;
      }
      if (connected.type === "connected") {
        this.#socket = connected.socket;
        this.#position = connected.position;
        this.#taken = NOTHING;
        this.#acknowledged = NOTHING;
        this.#connectedAt = Date.now();
        countWatchResumed();
        return null;
      }
      if (connected.code === "revision-compacted") return { type: "cut-off", reason: "compacted" };
      why = connected;
      if (Date.now() + pauseMs > until) return { type: "end", ...why };
      await pause(pauseMs);
      pauseMs = ms(Math.min(2 * pauseMs, WATCH_PAUSE_MS_MAX));
    }
  }

  #tick(): void {
    this.#ticks += 1;
    // Nobody else waits for this client any more: neither should this isolate, for ever.
    this.#stalled = this.#writing && this.#socket.isOver ? this.#stalled + 1 : 0;
    if (this.#stalled * WATCH_TICK_MS >= WATCH_FAREWELL_MS) {
      this.#stopWith({ type: "cut-off", reason: "slow" });
    }
    const each = (intervalMs: number): boolean => this.#ticks % (intervalMs / WATCH_TICK_MS) === 0;
    this.#socket.probe(
      Date.now() as Instant,
      each(WATCH_PING_MS),
      each(WATCH_CHECK_MS),
      WATCH_SILENCE_MS,
    );
    if (each(WATCH_KEEP_ALIVE_MS)) this.#stream.sink.keepAlive(this.#position);
    void this.#stream.isAllowed().then((allowed) => {
      if (allowed) return;
      const detail = "the token is not valid any more";
      this.#stopWith({ type: "end", code: "unauthenticated", detail });
    });
  }
}

/** Longer, the more often in a row. */
const pauseAfter = (times: number): Ms =>
  ms(Math.min(WATCH_PAUSE_MS_FIRST * 2 ** Math.max(0, times - 1), WATCH_PAUSE_MS_MAX));

const NOTHING: Amount = { changes: 0, bytes: 0 };

const lastPosition = ({ changes }: Extract<WatchMessage, { type: "changes" }>): string => {
  const last = changes.at(-1);
  if (last === undefined) throw new Error("a message of changes has none");
  return last.position;
};

/** The last event of a stream, which says where to come back to. */
function lastOf(ending: Ending, position: string): { event: StreamEvent; code: number } {
  const { type } = ending;
  const data =
    type === "cut-off"
      ? { position, reason: ending.reason }
      : { position, code: ending.code, detail: ending.detail };
  const code = type === "cut-off" ? CUT_OFF : (CODES[ending.code] ?? UNAVAILABLE);
  return { event: { id: position, event: type, data: JSON.stringify(data) }, code };
}
