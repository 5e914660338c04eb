/** ULIDs as Workers make them, by their own clocks. */
import type { Random } from "./random.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @param at the instant it says that it was made at, in milliseconds. */
export function drawUlid(at: number, random: Random): string {
  let time = Math.floor(at);
  let text = "";
  for (let digit = 0; digit < 10; digit++) {
    text = DIGITS.charAt(time % DIGITS.length) + text;
    time = Math.floor(time / DIGITS.length);
  }
  for (let digit = 0; digit < 16; digit++) text += DIGITS.charAt(random.below(DIGITS.length));
  return text;
}
