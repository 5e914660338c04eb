/**
 * Limits and defaults of the HTTP contract and of groups, each with unit and reason, and each here alone. Those of replicas
 * stand in replica/limits.ts, of watches in watch/limits.ts, and how long the edge waits for replicas in
 * worker/replicas/limits.ts.
 *
 * The limits of the HTTP contract are checked by the Worker before anything is sent to a leader, and by
 * nothing below it: the local runtime enforces none of the platform's storage limits, so ours stay
 * under them with room to spare.
 */
import { type Ms, ms } from "./types.ts";

/** Bytes of a key in UTF-8. Well under SQLite's row limit and short enough to log whole. */
export const KEY_BYTES_MAX = 512;

/** Bytes of one value: 1 MiB, so that a row (2 MB at most on the platform) holds any value and its key. */
export const VALUE_BYTES_MAX = 1024 * 1024;

/** Operations and conditions of one transaction, together. */
export const TRANSACTION_STEPS_MAX = 128;

/** Groups one transaction may touch: one object call each. */
export const TRANSACTION_GROUPS_MAX = 32;

/** Bytes of a transaction's body: its values, what base64 and escapes add to them, and room for everything else. */
export const TRANSACTION_BODY_BYTES_MAX = 4 * 1024 * 1024;

/** How deep JSON inside a transaction may be nested: whoever reads it recursively must not run out of stack. */
export const JSON_DEPTH_MAX = 100;

/** Bytes of all values of a transaction: far below the 32 MiB an RPC call may carry. */
export const TRANSACTION_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Bytes of all values in a transaction's answer, where it is recorded. They are kept with its outcome as base64, in one
 * row of 2 MB at most. The outcome depends on it: a leader that recovers must not know another limit than the one that
 * told the client (T3).
 */
export const TRANSACTION_ANSWER_BYTES_MAX = 1024 * 1024;

/** The deadline of a transaction whose client states none; the longest is {@link DEADLINE_MS_MAX}. */
export const TRANSACTION_DEADLINE_MS_DEFAULT: Ms = ms(5_000);

/** How much longer than its deadline a transaction is waited for, so that an abort can become durable and be told. */
export const TRANSACTION_GRACE_MS: Ms = ms(2_000);

/** How long somebody waits behind an intent before helping to find out its transaction's outcome. */
export const INTENT_PATIENCE_MS: Ms = ms(300);

/** How long votes and outcomes are asked for in one go: long enough for another group to elect a leader first. */
export const RECOVERY_ROUND_MS: Ms = ms(5_000);

/** How soon what recovers a transaction is tried again, where it came to nothing. */
export const RECOVERY_PAUSE_MS: Ms = ms(2_000);

/** The most between two alarms of a participant whose transaction's anchor cannot be reached. */
export const RECOVERY_PAUSE_MS_MAX: Ms = ms(60_000);

/** How long the outcome of a transaction can be asked for. */
export const OUTCOME_MS: Ms = ms(24 * 3_600_000);

/** Characters of an `Idempotency-Key`. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 255;

/** Characters of a media type that is stored with a value. */
export const CONTENT_TYPE_CHARS_MAX = 255;

/** Characters of a bookmark: a header of its own, of which proxies commonly take 8 KiB in all. */
export const BOOKMARK_CHARS_MAX = 4096;

/** Keys of one page of a list: default and most. */
export const LIST_LIMIT_DEFAULT = 100;
export const LIST_LIMIT_MAX = 1000;

/** Bytes of values in one page of a list; a page that would exceed it ends early, with a cursor. */
export const LIST_BYTES_MAX = 8 * 1024 * 1024;

/** The deadline of a request whose client states none, and the longest a client may state. */
export const DEADLINE_MS_DEFAULT: Ms = ms(10_000);
export const DEADLINE_MS_MAX: Ms = ms(30_000);

/** Time to live of a key: at most ten years. However short, a read that finds it over says so at once. */
export const TTL_MS_MIN = 1;
export const TTL_MS_MAX = 10 * 366 * 24 * 3_600_000;

/** How long superseded revisions stay readable unless the namespace says otherwise. */
export const HISTORY_MS_DEFAULT: Ms = ms(600_000);
export const HISTORY_MS_MIN = 60_000;
export const HISTORY_MS_MAX = 24 * 3_600_000;

/** How long the first answer to an `Idempotency-Key` is kept. */
export const IDEMPOTENCY_MS: Ms = ms(24 * 3_600_000);

/**
 * How long one call waits for a lock before it is told to ask again, and how long its place is kept until it does. Below the
 * patience of whoever calls, so that a member that hangs is told from one that lets wait; and half a world and back.
 */
export const QUEUE_TURN_MS: Ms = ms(1_500);
export const QUEUE_GAP_MS: Ms = ms(1_000);

/**
 * How far two machines' clocks may show apart: what an object counted before it slept may go on on another machine. Time
 * servers keep them within some tens of milliseconds; a lock is held that much longer than its time.
 */
export const CLOCKS_APART_MS: Ms = ms(1_000);

/** How long a client may wait for a lock. The call of a turn costs it once every {@link QUEUE_TURN_MS}. */
export const LOCK_WAIT_MS_MAX: Ms = ms(300_000);

/** Time to live of a lock: a day at most, for so long it stays taken where its holder has died. */
export const LOCK_TTL_MS_MAX: Ms = ms(24 * 3_600_000);
export const LOCK_TTL_MS_DEFAULT: Ms = ms(10_000);

/** Characters of a holder's or candidate's name. */
export const HOLDER_CHARS_MAX = 255;

/** Bytes of what the leader of an election says of itself, as JSON; and of a request's body, with room for the rest. */
export const ELECTION_VALUE_BYTES_MAX = 64 * 1024;
export const LOCK_BODY_BYTES_MAX = 128 * 1024;

/**
 * How long a request is found again by its id. No copy of a request lives longer: the longest deadline,
 * and once more for a message that was under way when it ran out.
 */
export const REQUEST_COPY_MS: Ms = ms(2 * DEADLINE_MS_MAX);

/** Requests found again by id however long ago they seem to be, should a clock have jumped. */
export const REQUESTS_KEPT_MIN = 256;

/** The lease a voter or follower promises, on its own clock. A failed leader is missed this long. */
export const LEASE_MS: Ms = ms(2_000);

/** How far a clock's rate may be from true time: cloud clocks stay far inside it. */
export const DRIFT_BOUND = 0.1;

/** Bytes of values in one append; the first entry goes whole, however large. */
export const APPEND_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of values in one part of a snapshot; the first row goes whole, however large. */
export const SNAPSHOT_BYTES_MAX = 4 * 1024 * 1024;

/** How long a hand-over may hold writes back before it is given up. */
export const TRANSFER_MS: Ms = ms(1_000);

/** How long a call from one member to another may take. Half a world is 150 ms away. */
export const PEER_CALL_MS: Ms = ms(1_000);

/**
 * How much longer than its deadline a call between members is waited for: whoever was asked answers at the deadline
 * that nothing has come of it yet, and that has to travel too.
 */
export const ANSWER_MS: Ms = ms(300);

/** How much of a call's time its answer is given to travel, of a call that has less than thrice {@link ANSWER_MS}. */
const ANSWER_SHARE = 3;

/** What whoever is asked is told of the time that the call is given: it answers then that nothing has come of it yet. */
export const timeToAnswer = (callMs: Ms): Ms =>
  ms(Math.max(1, Math.round(callMs - Math.min(ANSWER_MS, callMs / ANSWER_SHARE))));

/** How much sooner than those who wait a relay's call ends, so that they can still stand for election. */
export const RELAY_MARGIN_MS: Ms = ms(20);

/** How long an operator who asks how a group stands waits for a member that does not answer. */
export const DESCRIBE_MS: Ms = ms(400);

/** How soon a member that could not be reached, or a renewal that was not answered, is tried again. */
export const PEER_PAUSE_MS: Ms = ms(250);

/** Requests one call to a leader may carry: bounds the turn they are evaluated in. */
export const BATCH_REQUESTS_MAX = 128;

/** Bytes of values one call to a leader may carry. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** Entries one compaction removes at most, so that it never holds a turn for long. */
export const COMPACTION_ENTRIES_MAX = 512;

/** Keys one expiry entry removes at most. */
export const EXPIRY_KEYS_MAX = 128;

/** How soon an alarm that failed is tried again. */
export const ALARM_RETRY_MS: Ms = ms(30_000);

/** Tokens of one namespace. */
export const TOKENS_MAX = 1_000;

/** How long an isolate believes what it knows of a namespace's tokens: revocation takes this long. */
export const TOKEN_CACHE_MS: Ms = ms(20_000);

/** Tokens an isolate remembers, and namespaces: bounds its memory whatever is asked of it. */
export const TOKENS_CACHED_MAX = 10_000;
export const NAMESPACES_CACHED_MAX = 10_000;

/** Bytes of a JSON body that carries settings rather than values. */
export const SETTINGS_BYTES_MAX = 64 * 1024;

/** How long a replica that is asked how far it is may take, to fetch what it lacks first. */
export const NOTICE_MS: Ms = ms(4_000);

/** Bytes of one message to the queue: well under the platform's 128 kB, whatever else is in it. */
export const FAN_OUT_BYTES_MAX = 64 * 1024;

/**
 * How long after a write the replicas are asked whether they have it, and the most between two such questions: it is
 * doubled as long as nothing is written, and each question costs a row and a call a replica, in every group that a
 * replica out of reach lacks something of.
 */
export const FAN_OUT_CHECK_MS: Ms = ms(5_000);
export const FAN_OUT_CHECK_MS_MAX: Ms = ms(600_000);

/** How long a ring of the alarm waits to know what is committed, before it is put off: two rounds. */
export const FAN_OUT_LEASE_MS: Ms = ms(2_500);

/** How long one call to a namespace's object may take; it is tried twice. */
export const NAMESPACE_CALL_MS: Ms = ms(4_000);
