/** Limits and defaults of watches, with unit and reason. */
import { type Ms, ms } from "../types.ts";

/**
 * Changes, and bytes of them, that a watcher may have been sent and not yet taken: enough to fill a long line between
 * two messages, and little enough that a leader with many slow watchers, and the Worker before each, holds it all in memory.
 */
export const WATCH_WINDOW_CHANGES = 256;
export const WATCH_WINDOW_BYTES = 1024 * 1024;

/**
 * How long a watcher may have been sent a full window, and have taken nothing of it, when there is something new to send: then it is
 * cut off. A client that reads at all takes something in ten seconds.
 */
export const WATCH_SLOW_MS: Ms = ms(10_000);

/** Pieces of the log one watcher is shown in one turn, so that one that is far behind never holds a turn for long. */
export const WATCH_PIECES_MAX = 4;

/** Bytes of one message of a socket: under the 1 MiB that every version of the platform takes. */
export const WATCH_MESSAGE_BYTES_MAX = 512 * 1024;

/** Watchers of one object. The platform holds 32,768 sockets an object; each change is sent to every one of them. */
export const WATCHERS_MAX = 10_000;

/** How often the Worker does what it does for a stream by the clock. */
export const WATCH_TICK_MS: Ms = ms(5_000);

/** How often a stream shows its client that it is alive. Proxies commonly end what is silent for 30 s or more. */
export const WATCH_KEEP_ALIVE_MS: Ms = ms(15_000);

/** How often the Worker sees whether its socket still leads anywhere. The platform answers for the object, which sleeps on. */
export const WATCH_PING_MS: Ms = ms(5_000);

/** How long an answer to either is waited for, looked at with the next tick, before another way is looked for. */
export const WATCH_SILENCE_MS: Ms = ms(4_000);

/**
 * How often the member is asked whether it still leads, which it answers under its lease alone. A member that was
 * replaced and cannot hear of it holds its watchers up for so long at most.
 */
export const WATCH_CHECK_MS: Ms = ms(30_000);

/** How long such a check may take at the member: a round, and more where a disk is slow. */
export const WATCH_CHECK_PATIENCE_MS: Ms = ms(3_000);

/** How long a stream looks for a leader, or a replica, before it ends with its position. */
export const WATCH_LOST_MS: Ms = ms(60_000);

/** Pauses between two searches: doubled from the first to the last. */
export const WATCH_PAUSE_MS_FIRST: Ms = ms(100);
export const WATCH_PAUSE_MS_MAX: Ms = ms(3_000);

/** How soon a client whose stream has ended should come back. */
export const WATCH_RETRY_MS: Ms = ms(1_000);

/** How long a client that was cut off has to read what was sent before. */
export const WATCH_FAREWELL_MS: Ms = ms(30_000);

/**
 * Bytes that a WebSocket's client may be sent without a word that it has read any. The platform queues what a client does not
 * read and does not tell, and an isolate has 128 MB for all.
 */
export const WATCH_UNHEARD_BYTES_MAX = 8 * 1024 * 1024;
