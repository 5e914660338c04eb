/**
 * UTF-8 for the pure code, which is compiled without the platform's TextEncoder and TextDecoder.
 *
 * Source: RFC 3629, and the Encoding Standard's encode and fatal decode. A byte order mark is part of the text.
 */

/** What stands for half a surrogate pair that stands alone, for UTF-8 cannot say it. */
const REPLACEMENT = 0xfffd;

/** Code units turned into text at a time: an argument each, and there are only so many. */
const CHUNK_UNITS = 0x2000;

/** The bytes of `text`, as TextEncoder gives them. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let point = text.codePointAt(at) ?? REPLACEMENT;
    if (point < 0x80) {
      bytes[length++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdfff) point = REPLACEMENT;
    if (point < 0x800) {
      bytes[length++] = 0xc0 | (point >> 6);
    } else {
      if (point < 0x10000) {
        bytes[length++] = 0xe0 | (point >> 12);
      } else {
        at++;
        bytes[length++] = 0xf0 | (point >> 18);
        bytes[length++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[length++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[length++] = 0x80 | (point & 0x3f);
  }
  return bytes.slice(0, length);
}

/** The text of `bytes`; null where they are not well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  let text = "";
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at++] ?? 0;
    const shape = shapeOf(lead);
    if (shape === null) return null;
    let point = lead & shape.mask;
    for (let left = shape.following; left > 0; left--) {
      const next = bytes[at++];
      if (next === undefined || (next & 0xc0) !== 0x80) return null;
      point = (point << 6) | (next & 0x3f);
    }
    // A longer form than need be, a surrogate, or beyond Unicode.
    if (point < shape.least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      return null;
    if (point < 0x10000) units.push(point);
    else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    if (units.length >= CHUNK_UNITS) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

interface Shape {
  /** The bits of the first byte that belong to the code point. */
  readonly mask: number;
  readonly following: number;
  /** The first code point that needs as many bytes. */
  readonly least: number;
}

const ONE: Shape = { mask: 0x7f, following: 0, least: 0 };
const TWO: Shape = { mask: 0x1f, following: 1, least: 0x80 };
const THREE: Shape = { mask: 0x0f, following: 2, least: 0x800 };
const FOUR: Shape = { mask: 0x07, following: 3, least: 0x10000 };

function shapeOf(lead: number): Shape | null {
  if (lead < 0x80) return ONE;
  if (lead < 0xc0) return null;
  if (lead < 0xe0) return TWO;
  if (lead < 0xf0) return THREE;
  return lead < 0xf8 ? FOUR : null;
}
