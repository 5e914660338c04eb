/**
 * Bytes as text: base64 of RFC 4648, §4, with padding. For the few bytes that must travel inside of JSON.
 *
 * Written out, because what platforms offer for it (`btoa`, `Uint8Array.toBase64`) is not part of the language yet.
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = "=".charCodeAt(0);

const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const VALUES = new Uint8Array(128);
for (const [value, code] of CODES.entries()) VALUES[code] = value;

/** Characters made into text at a time: a call takes only so many arguments. */
const CHUNK_CHARS = 0x4000;

export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PADDING);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const left = bytes.length - from;
    const bits =
      (byteAt(bytes, from) << 16) | (byteAt(bytes, from + 1) << 8) | byteAt(bytes, from + 2);
    codes[to] = byteAt(CODES, bits >> 18);
    codes[to + 1] = byteAt(CODES, (bits >> 12) & 63);
    if (left > 1) codes[to + 2] = byteAt(CODES, (bits >> 6) & 63);
    if (left > 2) codes[to + 3] = byteAt(CODES, bits & 63);
  }
  let text = "";
  for (let at = 0; at < codes.length; at += CHUNK_CHARS) {
    text += String.fromCharCode(...codes.subarray(at, at + CHUNK_CHARS));
  }
  return text;
}

/** @param text what {@link toBase64} made: it is not checked. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    const bits =
      (valueAt(text, from) << 18) |
      (valueAt(text, from + 1) << 12) |
      (valueAt(text, from + 2) << 6) |
      valueAt(text, from + 3);
    // What falls behind the end is dropped.
    bytes[to] = bits >> 16;
    bytes[to + 1] = bits >> 8;
    bytes[to + 2] = bits;
  }
  return bytes;
}

/** Zero behind the end. */
const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const valueAt = (text: string, at: number): number => byteAt(VALUES, text.charCodeAt(at));
