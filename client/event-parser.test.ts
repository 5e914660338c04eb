import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventParser, type ServerEvent } from "./event-parser.ts";

const encoder = new TextEncoder();

function parse(...pieces: readonly (string | Uint8Array)[]): ServerEvent[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) =>
    parser.push(typeof piece === "string" ? encoder.encode(piece) : piece),
  );
}

const event = (data: string | null, id: string | null = null, name = "message"): ServerEvent => ({
  event: name,
  data,
  id,
});

/** As the standard's own examples have them, and what trips parsers up. */
const STREAMS: readonly [string, string, readonly ServerEvent[]][] = [
  ["one event", "data: a\n\n", [event("a")]],
  ["several lines of data", "data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]],
  [
    "comments, ids and an id that is taken back",
    ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    [event("first event", "1"), event("second event", ""), event(" third event", "")],
  ],
  ["empty data", "data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]],
  ["with and without a blank", "data:test\n\ndata: test\n\n", [event("test"), event("test")]],
  ["carriage returns", "data: a\rid: 1\r\rdata: b\r\r", [event("a", "1"), event("b", "1")]],
  ["both", "data: a\r\nid: 1\r\n\r\ndata: b\r\n\r\n", [event("a", "1"), event("b", "1")]],
  ["all kinds of ends", "data: a\r\ndata: b\rdata: c\ndata: d\r\n\n", [event("a\nb\nc\nd")]],
  ["a byte order mark", "\ufeffdata: a\n\n", [event("a")]],
  ["one mark alone", "\ufeff\ufeffdata: a\n\ndata: b\n\n", [event("b")]],
  ["characters of all lengths", "data: äß€🌍\n\n", [event("äß€🌍")]],
  ["an id by itself", "id: 7\n\n: keep-alive\nid: 8\n\n", [event(null, "7"), event(null, "8")]],
  ["a name", "event: put\nid: 7.1\ndata: {}\n\n", [event("{}", "7.1", "put")]],
  [
    "a name that holds for one event",
    "event: put\ndata\n\ndata\n\n",
    [event("", null, "put"), event("")],
  ],
  ["an id with a null", "id: a\0b\ndata: x\n\n", [event("x")]],
  ["unknown fields and colons", "what: ever\ndata: a: b:c\n:data: z\n\n", [event("a: b:c")]],
  ["what is not ended", "data: a\n\ndata: b\nid: 3\n", [event("a")]],
  ["blank lines", "\n\n\r\n\r\rdata: a\n\n\n", [event("a")]],
];

describe("events", () => {
  it.each(STREAMS)("%s", (_, text, events) => {
    expect(parse(text)).toEqual(events);
  });

  it.each(STREAMS)("are the same wherever the stream is cut: %s", (_, text, events) => {
    const bytes = encoder.encode(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse(bytes.subarray(0, at), bytes.subarray(at)), `cut at ${at}`).toEqual(events);
    }
    expect(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(events);
  });

  it("are the same however many pieces there are", () => {
    const whole = STREAMS.filter(([name]) => name !== "what is not ended").map(([, text]) => text);
    // Of a mark in the midst of a stream nothing is dropped.
    const bytes = encoder.encode(whole.join("\n\n").replaceAll("\ufeff", ""));
    const expected = parse(bytes);
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (unsorted) => {
        const at = [0, ...unsorted.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((to, i) => bytes.subarray(at[i], to));
        expect(parse(...pieces)).toEqual(expected);
      }),
    );
  });
});

it("the time to come back in is what the stream says", () => {
  const parser = new EventParser();
  expect(parser.retryMs).toBeNull();
  parser.push(encoder.encode("retry: 1000\nretry: 2s\nretry\n\n"));
  expect(parser.retryMs).toBe(1000);
});

it("takes a large event in small pieces in time that grows as it does", () => {
  const parser = new EventParser();
  const piece = encoder.encode("x".repeat(1024));
  parser.push(encoder.encode("data: "));
  for (let n = 0; n < 4096; n++) parser.push(piece);
  const [big] = parser.push(encoder.encode("\n\n"));
  expect(big?.data?.length).toBe(4 * 1024 * 1024);
});
