/**
 * What happened, as one number and, on demand, as text.
 *
 * Every line goes into the hash, so two runs of a seed that differ anywhere differ here. FNV-1a, 32 bits.
 */
import type { Time } from "./timeline.ts";

export class Trace {
  #hash = 0x811c9dc5;
  readonly #print: ((line: string) => void) | null;

  constructor(print: ((line: string) => void) | null) {
    this.#print = print;
  }

  /** Eight hexadecimal digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  note(time: Time, who: string, what: string): void {
    const line = `${time.toFixed(3).padStart(12)}  ${who.padEnd(14)}  ${what}`;
    let hash = this.#hash;
    for (let at = 0; at < line.length; at++) {
      hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
    }
    this.#hash = hash;
    this.#print?.(line);
  }
}
