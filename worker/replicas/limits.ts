/** Limits and defaults of how the edge asks replicas and remembers what they said, with unit and reason. */
import { type Ms, ms } from "../../shared/types.ts";

/** How long a session read waits for the replica to reach its bookmark before the leader is asked. */
export const SESSION_WAIT_MS: Ms = ms(250);

/**
 * How long word of a replica is waited for, beside what it was told to wait: it is near, but may have to wake. Then the
 * leader is asked.
 */
export const REPLICA_PATIENCE_MS: Ms = ms(600);

/** For so long a replica that gave no word is passed over, lest every read wait for it. */
export const REPLICA_REST_MS: Ms = ms(1_000);

/** How long a list at `session` waits at one replica before the next one is asked: no leader could answer it. */
export const LIST_WAIT_MS: Ms = ms(2_000);

/** How long a list is waited for, beside that: it may carry 8 MiB. Then the next replica is asked. */
export const LIST_PATIENCE_MS: Ms = ms(1_500);

/** How soon replicas that were all behind, or all silent, are asked again for a list. */
export const LIST_PAUSE_MS: Ms = ms(100);

/** Bytes an isolate remembers of what it was answered; the platform gives it 128 MB for everything. */
export const MEMORY_BYTES_MAX = 8 * 1024 * 1024;

/** Groups whose highest index an isolate remembers: about two megabytes. */
export const MEMORY_GROUPS_MAX = 10_000;

/**
 * How long an answer serves reads at `eventual`. What the queue brings is about a second old in quiet times; memory
 * shall not double that.
 */
export const MEMORY_SERVES_MS: Ms = ms(1_000);

/** After so long one read asks anew while the others are still answered from memory, so that they never all miss it. */
export const MEMORY_RENEWS_MS: Ms = ms(500);

/** How long a batch waits for a replica to take it in. One that fetches may take longer, and finishes by itself. */
export const APPLY_PATIENCE_MS: Ms = ms(3_000);

/** For so long after that a batch does not wait for the region again, lest it hold up the others. */
export const APPLY_REST_MS: Ms = ms(10_000);

/** In how many seconds a message that did not reach every region is brought again. */
export const APPLY_RETRY_SECONDS = 10;
