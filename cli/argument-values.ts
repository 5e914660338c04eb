/** How the texts of a command line are read; what cannot be read is a usage error that says what would be right. */
import { InvalidArgumentError } from "@commander-js/extra-typings";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration in milliseconds: `1500`, `10s`, `5m`, `2h`, `1d`. */
export function duration(text: string): number {
  const [, number = "", unit = "ms"] = /^(\d+(?:\.\d+)?)([a-z]+)?$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNITS_MS[unit] ?? Number.NaN));
  if (number !== "" && Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError("It is a duration: 1500 (milliseconds), 10s, 5m, 2h or 1d.");
}

/** A whole number from 0 on. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It is a whole number.");
}

/** A whole number from 1 on. */
export function count(text: string): number {
  const number = wholeNumber(text);
  if (number >= 1) return number;
  throw new InvalidArgumentError("It is a whole number, at least 1.");
}

/** The name of a key, a lock, a group: whatever a URL can name. */
export function name(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  if (text !== "." && text !== "..") return text;
  throw new InvalidArgumentError(
    "It has no URL; of keys, `holdfast transact` can read and write this one.",
  );
}

/** Several, with commas between them. */
export function list(text: string): readonly string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.every((item) => item !== "")) return items;
  throw new InvalidArgumentError("It is a list with commas: weur,enam.");
}
