/**
 * What a session has seen. Outside of a session nothing is remembered.
 *
 * Every request of a session says what it has seen, and the answer's bookmark holds that as well: it takes the place of
 * the one that was sent. Only where requests overlap are two bookmarks put together here.
 */
import { ANYTHING, mergeBookmarks } from "./bookmark.ts";

export interface Seen {
  /** Whether reads are at `session` unless they say otherwise. */
  readonly isSession: boolean;
  /** Null where nothing has been seen. */
  readonly bookmark: string | null;
  /**
   * @param bookmark that of an answer; null where it did not say any, and so may have shown anything
   * @param sent what was said to have been seen when it was asked for
   */
  saw(bookmark: string | null, sent: string | null): void;
}

export const NOTHING: Seen = { isSession: false, bookmark: null, saw() {} };

export class SeenInSession implements Seen {
  readonly isSession = true;
  #bookmark: string | null;

  constructor(bookmark: string | null) {
    this.#bookmark = bookmark;
  }

  get bookmark(): string | null {
    return this.#bookmark;
  }

  saw(bookmark: string | null, sent: string | null): void {
    const earlier = this.#bookmark;
    // An answer says none where a page may not read its headers, for instance.
    const recent = bookmark ?? ANYTHING;
    const holdsEarlier = earlier === null || (bookmark !== null && earlier === sent);
    this.#bookmark = holdsEarlier ? recent : mergeBookmarks(recent, earlier);
  }
}
