import { describe, expect, it } from "vitest";
import { logIndex } from "../shared/types.ts";
import { WATCH_MESSAGE_BYTES_MAX } from "../shared/watch/limits.ts";
import type { WatchChange, WatchEnd, WatchMessage } from "../shared/watch/message.ts";
import {
  askOf,
  closeOf,
  decodeWorkerMessage,
  encodeMessage,
  endOf,
  MessageReader,
  socketRequest,
} from "./watch-wire.ts";

const change = (key: string, bytes: Uint8Array | null): WatchChange => ({
  position: "7.2",
  key,
  revision: logIndex(7),
  value: bytes === null ? null : { bytes, contentType: "text/plain" },
});

/** Through a socket, and out again. */
function carried(...messages: WatchMessage[]): WatchMessage[] {
  const reader = new MessageReader();
  return messages
    .flatMap(encodeMessage)
    .map((part) => {
      if (typeof part !== "string")
        expect(part.byteLength).toBeLessThanOrEqual(WATCH_MESSAGE_BYTES_MAX);
      return reader.read(typeof part === "string" ? part : new Uint8Array(part).buffer);
    })
    .filter((message) => message !== null);
}

describe("what an object says", () => {
  const large = Uint8Array.from({ length: 1024 * 1024 }, (_, at) => at % 251);

  it.each([
    ["a change", [change("ключ \u0000\n", new Uint8Array([0, 255]))]],
    ["a deletion, and an empty value", [change("a", null), change("b", new Uint8Array())]],
    ["values larger than a message", [change("a", large), change("b", large), change("c", null)]],
    ["a value that fills a message", [change("a", large.subarray(0, WATCH_MESSAGE_BYTES_MAX))]],
  ])("carries %s", (_, changes) => {
    const message: WatchMessage = { type: "changes", changes };
    const position: WatchMessage = { type: "position", position: "8" };
    expect(carried(message, position, message)).toEqual([message, position, message]);
  });

  it.each<WatchEnd>([
    { type: "moved", leader: "weur" },
    { type: "moved", leader: null },
    { type: "slow", position: "7.2" },
    { type: "compacted", position: "weur.01234567.1.5" },
    { type: "crowded" },
  ])("tells why it closes: %j", (end) => {
    const { code, reason } = closeOf(end);
    expect(endOf(code, reason)).toEqual(end);
    expect(reason.length).toBeLessThanOrEqual(123);
  });

  it("says nothing where the socket broke", () => {
    expect([1000, 1006, 1011].map((code) => endOf(code, ""))).toEqual([null, null, null]);
  });
});

it("a Worker's words are two, and others are passed over", () => {
  expect(decodeWorkerMessage('{"type":"check"}')).toEqual({ type: "check" });
  expect(decodeWorkerMessage('{"type":"taken","changes":1,"bytes":2}')).toMatchObject({ bytes: 2 });
  expect(decodeWorkerMessage('{"type":"later"}')).toBeNull();
  expect(decodeWorkerMessage(new ArrayBuffer(1))).toBeNull();
});

it("a request for a socket carries what it asks", () => {
  const ask = { key: "ü&?#/%\u0000", at: [1, null] };
  const request = socketRequest(ask);
  expect(request.headers.get("Upgrade")).toBe("websocket");
  expect(askOf(request)).toEqual(ask);
});
