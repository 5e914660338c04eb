/**
 * Known mistakes, behind a switch that only the simulator and tests can reach.
 *
 * A check that cannot fail is no check: each mistake must be found within the number of seeds that
 * docs/testing.md states. No code outside sim/ and test/ imports {@link plant}, which a test checks, so in
 * a deployment every {@link planted} is false.
 */

export type Mistake =
  /** A leader counts a lock's time to live as its holder does, whose clock may be slower. */
  | "lock-counts-ttl-alone"
  /** A leader counts for a fast clock of its own, and for no slow one of the holder's. */
  | "lock-trusts-holders-clock"
  /** Who waited for a lock and has gone keeps its place. */
  | "lock-waits-for-the-gone"
  /** Whoever holds a lock is granted it anew under the token it had. */
  | "lock-token-kept"
  /** A new leader believes the time that another one's clock said a lock would end. */
  | "lock-ends-by-foreign-clock"
  /** A renewal, or a grant to the one who holds it, may shorten a lock's time. */
  | "lock-shortened"
  /** A condition on a lock holds whatever its token. */
  | "fencing-token-ignored"
  /** Whoever comes when a lock is just free gets it, past those who wait. */
  | "lock-barging"
  /** Whoever would write in the range of a list that waits goes ahead of it, however long it has waited. */
  | "lists-starve"
  /** A lock expires although a transaction stands on it. */
  | "lock-expires-under-transaction"
  /** A watcher is sent what is not committed yet. */
  | "watch-past-commit"
  /** A watcher is sent whatever there is, taken or not. */
  | "watch-without-window"
  /** A watch that asks for what is compacted begins with what is kept. */
  | "watch-skips-compacted"
  /** A watch begins at an entry that shows what a compacted vote would have changed. */
  | "watch-overlooks-compacted-votes"
  /** A watch begins at a leader whose lease may be over. */
  | "watch-begins-unleased"
  /** A member that leads no longer keeps its watchers. */
  | "watch-outlives-leadership"
  /** A watcher that wakes with its object goes on with what is new then. */
  | "watch-forgets-position"
  /** An answer is told before what it rests on is committed. */
  | "acknowledge-before-durable"
  /** A read shows what is not committed yet. */
  | "read-past-commit"
  /** Neither request ids nor idempotency keys are looked up. */
  | "deduplicate-nothing"
  /** Only requests that say they are copies are looked up, but the first one may come last. */
  | "first-copy-unchecked"
  /** An idempotency key answers whatever request it comes with. */
  | "fingerprint-ignored"
  /** A key reused is refused on the word of an entry that may yet be lost. */
  | "reuse-refused-early"
  /** Conditions are evaluated at the commit index, past what is under way. */
  | "conditions-at-commit"
  /** A refusal is not recorded although another copy of the request may come. */
  | "refusal-unrecorded"
  /** A leader's lease never ends. */
  | "lease-without-end"
  /** A key found overdue is removed although it has been written again since. */
  | "expiry-unchecked"
  /** A list shows a key that is overdue and being written again. */
  | "list-shows-overdue"
  /** Compaction does not wait until the history window is over. */
  | "compacted-early"
  /** Compaction drops what a key was at the base, because it has changed since. */
  | "compacted-base"
  /** A woken leader goes on with the wake before. */
  | "wake-reused"
  /** Entries' times fall when the clock is set back. */
  | "times-fall"
  /** A snapshot is of what is committed, so who is sent it lacks the history before. */
  | "snapshot-forgets-history"
  /** A follower compacts, by the times of its old entries, a log that is cut off or replaced in the same turn. */
  | "compacts-what-is-replaced"
  /** A cut of the log leaves what its entries did. */
  | "truncation-leaves-records"
  /** A member votes for two candidates in one block. */
  | "vote-twice"
  /** A vote is not written to the disk, so a restart forgets it. */
  | "vote-forgotten"
  /** A vote is granted to a log that is less complete. */
  | "vote-for-incomplete-log"
  /** Logs are compared by block and index, without the wake. */
  | "blocks-compared-alone"
  /** A member takes its vote for itself as a win. */
  | "own-vote-is-a-win"
  /** A candidate asks for votes before its own is durable. */
  | "own-vote-told-before-durable"
  /** A vote for a campaign of an earlier life is counted. */
  | "votes-for-dead-life-counted"
  /** A candidate votes for itself while it has promised another. */
  | "candidate-against-own-promise"
  /** A member that has just woken votes at once. */
  | "no-wait-on-waking"
  /** On waking only the leader last heard of is remembered, not the candidate voted for. */
  | "wake-trusts-leader-alone"
  /** On waking only the candidate voted for is remembered, not the leader accepted. */
  | "wake-trusts-vote-alone"
  /** The lease counts from when a round was answered. */
  | "lease-counts-from-answer"
  /** The lease is shortened by d, not by (1 − d) / (1 + d). */
  | "lease-shortened-by-drift-alone"
  /** The simulator's own clocks drift beyond the bound. */
  | "drift-beyond-bound"
  /** A new leader serves reads before an entry of its block has committed. */
  | "serves-before-noop"
  /** An entry of an earlier block is committed by counting. */
  | "commit-by-counting"
  /** A wake is forgotten with the entries that compaction removes. */
  | "wake-reused-after-compaction"
  /** A wake's first batch is sent before it is on the leader's disk. */
  | "first-batch-sent-unconfirmed"
  /** A winner makes itself known before its win is durable. */
  | "win-told-before-durable"
  /** An answer to a round of an earlier life is counted. */
  | "answer-to-dead-life-counted"
  /** Entries commit although the leader's own write is not confirmed. */
  | "commit-without-own-write"
  /** The leader's own write counts before it is confirmed. */
  | "own-write-counted-unconfirmed"
  /** A cut log still counts as confirmed where it was. */
  | "durable-index-survives-cut"
  /** A follower's log counts as matched as far as it goes, whatever its terms. */
  | "match-from-length-alone"
  /** A follower's commit index passes what the message matched. */
  | "commit-past-match"
  /** A follower takes appends of an earlier wake than its log's last. */
  | "late-wake-accepted"
  /** A follower cuts off what a message does not mention. */
  | "cuts-without-conflict"
  /** A member answers another before what the answer tells of is durable. */
  | "replies-before-durable"
  /** A member resumes a block it has handed over. */
  | "resumes-after-giving-up"
  /** A leader goes on with its lease after it has handed over. */
  | "lease-after-hand-over"
  /** The permission leaves before the block is durably given up. */
  | "permission-before-durable"
  /** A hand-over's permission serves in other blocks too. */
  | "permission-outlives-block"
  /** A refusal is told without the lease. */
  | "refusal-without-lease"
  /** A participant releases its read locks once it has voted. */
  | "read-locks-released-at-vote"
  /** A vote is told before it is durable. */
  | "vote-told-before-durable"
  /** A commit is told before the record is durable. */
  | "commit-told-before-record"
  /** An abort is told before it is durable. */
  | "abort-told-before-durable"
  /** Who asks for an unknown id is told "aborted" before that is durable. */
  | "marker-told-before-durable"
  /** A participant that refused an attempt votes in it all the same. */
  | "refusals-overlooked"
  /** A refusal to vote is told, and not written down. */
  | "settle-refuses-in-memory"
  /** A later leader of the anchor aborts at the deadline what it should settle. */
  | "later-leader-aborts-at-deadline"
  /** A vote is forgotten as it is resolved, so a prepare that comes late is voted on again. */
  | "vote-dropped-at-resolve"
  /** A commit applies to whatever vote of the attempt is open. */
  | "commit-applies-to-any-vote"
  /** Participants are sent the outcome before it is durable. */
  | "resolve-before-outcome-durable"
  /** A repeated resolve is acknowledged before the first one is committed. */
  | "resolve-acknowledged-early"
  /** An outcome is forgotten by its age, whoever has not heard it. */
  | "outcome-forgotten-by-age"
  /** A record is appended without looking for its id in the log. */
  | "record-without-looking"
  /** A transaction that gave way is tried again as the same attempt. */
  | "retried-as-the-same-attempt"
  /** The next attempt begins before the abort of the one before is durable. */
  | "next-attempt-before-abort-durable"
  /** A participant whose conditions fail locks nothing, so failures come from different instants. */
  | "failed-conditions-unlocked"
  /** A read-only transaction does not validate that what was absent still is. */
  | "absence-not-validated"
  /** Each attempt counts as younger than the one before. */
  | "new-age-at-each-attempt"
  /** A key that runs out is removed although a transaction has locked it to read. */
  | "expired-under-read-lock"
  /** The next attempt begins on an earlier life's abort that is not durable. */
  | "resumed-before-abort-durable"
  /** The abort of a whole id is not kept where that of its attempt is. */
  | "abort-hidden-by-its-attempts"
  /** A write takes no notice of transactions' locks. */
  | "write-through-locks"
  /** A read takes no notice of intents. */
  | "read-overlooks-intents"
  /** Nobody who is stopped by an intent helps, and no alarm is set for it. */
  | "nobody-recovers"
  /** Nobody asks replicas whether they have what was sent to them. */
  | "replicas-unasked"
  /** What the queue has taken counts as being at every replica. */
  | "queued-counts-as-arrived"
  /** A leader that feeds nothing new does not look at its storage, which would refuse a superseded instance. */
  | "feed-from-memory"
  /** An alarm that rings without a leader does not find one for what replicas may lack. */
  | "unfed-finds-no-leader"
  /** The alarm's ring is over, for the platform, before the replicas that it asked have answered. */
  | "ring-ends-unanswered"
  /** A replica is fed what is not committed yet. */
  | "fed-past-commit"
  /** A replica applies what comes, over a gap. */
  | "replica-applies-over-gaps"
  /** A replica applies entries again that it has. */
  | "replica-applies-repeats"
  /** A replica takes its copy for current as the queue brings something. */
  | "current-since-arrival"
  /** A replica takes its copy for current since the leader's answer came, not since it was asked for. */
  | "current-since-answer"
  /** A replica trusts its clock to be no slower than time. */
  | "age-without-drift"
  /** A replica shows what is only voted for. */
  | "replica-shows-intents"
  /** A replica takes no notice, at `session`, of what is in doubt. */
  | "doubt-ignored-at-session"
  /** A bookmark counts as reached by a copy that holds its votes, resolved or not. */
  | "bookmark-reached-in-doubt"
  /** A replica answers below the bookmark. */
  | "answer-below-bookmark"
  /** The bookmark of a list names what it has shown, and forgets what it has shown to be gone. */
  | "list-remembers-what-it-shows"
  /** A replica tells what its disk has not confirmed. */
  | "replica-tells-before-durable"
  /** Parts of a group's state that were given up go into the next one. */
  | "parts-outlive-their-state"
  /** A replica that compares itself with others fetches nothing. */
  | "sweep-finds-nothing"
  /** A replica's census asks no leader. */
  | "census-asks-nobody"
  /** A census that has asked as many leaders as it may in an hour does not go on. */
  | "census-ends-with-its-share"
  /** The simulator's own disk loses what it confirmed. */
  | "disk-loses-confirmed";

let active: Mistake | null = null;

/** Whether the code shall make this mistake. */
export const planted = (mistake: Mistake): boolean => active === mistake;

/** Has every place that asks make `mistake`, or none. Only for the simulator and for tests. */
export function plant(mistake: Mistake | null): void {
  active = mistake;
}
