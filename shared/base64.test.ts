import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

describe("base64", () => {
  it("gives any bytes back, and is what Node makes of them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = toBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(text)).toEqual(bytes);
      }),
    );
  });

  // RFC 4648, §10.
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("of %j is %j", (plain, text) => {
    expect(toBase64(Buffer.from(plain))).toBe(text);
  });

  it("takes as many bytes as a value may have", () => {
    const bytes = Uint8Array.from({ length: 1024 * 1024 + 1 }, (_, at) => at * 7);
    expect(Buffer.from(fromBase64(toBase64(bytes))).equals(Buffer.from(bytes))).toBe(true);
  });

  it("of a view is of its part of the buffer alone", () => {
    const whole = Uint8Array.from([1, 2, 3, 4, 5]);
    expect(fromBase64(toBase64(whole.subarray(1, 3)))).toEqual(Uint8Array.from([2, 3]));
  });
});
