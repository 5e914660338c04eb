import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function reference(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Text of any code units, and many that are at an edge. */
const edges = [
  0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfeff, 0xffff,
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...edges), fc.nat(0xffff), fc.nat(0x7f)))
  .map((units) => String.fromCharCode(...units));

/** Bytes of which many sequences are nearly right. */
const edgeBytes = [
  0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4,
  0xf5, 0xf7, 0xf8, 0xff,
];
const bytes = fc
  .array(fc.oneof(fc.constantFrom(...edgeBytes), fc.nat(0xff)), { maxLength: 8 })
  .map((of) => Uint8Array.from(of));

it("text is encoded as the platform encodes it", () => {
  const check = (of: string) => {
    expect(encodeUtf8(of)).toEqual(encoder.encode(of));
  };
  fc.assert(fc.property(text, check));
  fc.assert(fc.property(fc.string({ unit: "binary" }), check));
});

it("bytes are decoded as the platform decodes them, or refused as it refuses them", () => {
  fc.assert(
    fc.property(bytes, (of) => {
      expect(decodeUtf8(of)).toBe(reference(of));
    }),
    { numRuns: 5_000 },
  );
});

it("every single code point, and every pair of bytes", () => {
  for (let point = 0; point <= 0x10ffff; point += point < 0x11000 ? 1 : 0x101) {
    const of = String.fromCodePoint(point);
    const encoded = encodeUtf8(of);
    if (!Buffer.from(of).equals(encoded)) expect.fail(`code point ${point}`);
    if (decodeUtf8(encoded) !== reference(encoded)) expect.fail(`code point ${point}`);
  }
  for (let pair = 0; pair <= 0xffff; pair++) {
    const of = Uint8Array.of(pair >> 8, pair & 0xff);
    if (decodeUtf8(of) !== reference(of)) expect.fail(`bytes ${of}`);
  }
});

it("long text is decoded whole", () => {
  const long = "aé€𝄞".repeat(50_000);
  expect(decodeUtf8(encodeUtf8(long)) === long).toBe(true);
});
