/**
 * How a watched object and a Worker speak over their socket: text for what is short, bytes for changes.
 *
 * A change carries a value as the bytes that were put. One message of the platform may be too small for it, so what
 * belongs together travels in parts, the last of which says so.
 */
import { WATCH_MESSAGE_BYTES_MAX } from "../shared/watch/limits.ts";
import type {
  WatchChange,
  WatchEnd,
  WatchMessage,
  WorkerMessage,
} from "../shared/watch/message.ts";

/** What the platform answers by itself, so that the object can sleep on. */
export const PING = "ping";
export const PONG = "pong";

/** A change without the bytes of its value, of which it names the number; null where the key is gone. */
interface ChangeHead {
  readonly position: string;
  readonly key: string;
  readonly revision: number;
  readonly bytes: number | null;
  readonly contentType?: string;
}

const MORE_FOLLOWS = 0;
const LAST_PART = 1;
const LENGTH_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The messages of a socket that carry this, in order. */
export function encodeMessage(message: WatchMessage): (string | Uint8Array)[] {
  if (message.type !== "changes") return [JSON.stringify(message)];
  const whole = encodeChanges(message.changes);
  const parts: Uint8Array[] = [];
  const room = WATCH_MESSAGE_BYTES_MAX - 1;
  for (let at = 0; at < whole.byteLength; at += room) {
    const piece = whole.subarray(at, at + room);
    const part = new Uint8Array(piece.byteLength + 1);
    part[0] = at + room < whole.byteLength ? MORE_FOLLOWS : LAST_PART;
    part.set(piece, 1);
    parts.push(part);
  }
  return parts;
}

function encodeChanges(changes: readonly WatchChange[]): Uint8Array {
  const heads = changes.map(({ value, ...change }): ChangeHead => {
    if (value === null) return { ...change, bytes: null };
    return { ...change, bytes: value.bytes.byteLength, contentType: value.contentType };
  });
  const head = encoder.encode(JSON.stringify(heads));
  let length = LENGTH_BYTES + head.byteLength;
  for (const { bytes } of heads) length += bytes ?? 0;
  const whole = new Uint8Array(length);
  new DataView(whole.buffer).setUint32(0, head.byteLength);
  whole.set(head, LENGTH_BYTES);
  let at = LENGTH_BYTES + head.byteLength;
  for (const { value } of changes) {
    if (value === null) continue;
    whole.set(value.bytes, at);
    at += value.bytes.byteLength;
  }
  return whole;
}

/** Puts messages together again from what a socket brings. */
export class MessageReader {
  #parts: Uint8Array[] = [];

  /** The message that this completes; null where more of it is to come, or it is none of ours. */
  read(data: string | ArrayBuffer): WatchMessage | null {
    if (typeof data === "string") return JSON.parse(data) as WatchMessage;
    const part = new Uint8Array(data);
    this.#parts.push(part.subarray(1));
    if (part[0] === MORE_FOLLOWS) return null;
    const whole = joined(this.#parts);
    this.#parts = [];
    return { type: "changes", changes: decodeChanges(whole) };
  }
}

function decodeChanges(whole: Uint8Array): WatchChange[] {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const headEnd = LENGTH_BYTES + view.getUint32(0);
  const text = decoder.decode(whole.subarray(LENGTH_BYTES, headEnd));
  let at = headEnd;
  return (JSON.parse(text) as ChangeHead[]).map(({ bytes, contentType = "", ...change }) => {
    if (bytes === null) return { ...change, value: null } as WatchChange;
    const value = { bytes: whole.slice(at, at + bytes), contentType };
    at += bytes;
    return { ...change, value } as WatchChange;
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** What a Worker said; null where it is nothing known. */
export function decodeWorkerMessage(data: string | ArrayBuffer): WorkerMessage | null {
  if (typeof data !== "string") return null;
  const message = JSON.parse(data) as WorkerMessage;
  return message.type === "taken" || message.type === "check" ? message : null;
}

/** The codes a socket is closed with, each with the text that goes with it. */
const CODES = { moved: 4001, slow: 4008, compacted: 4010, crowded: 4029 } as const;

export function closeOf(end: WatchEnd): { readonly code: number; readonly reason: string } {
  const code = CODES[end.type];
  if (end.type === "moved") return { code, reason: end.leader ?? "" };
  return { code, reason: end.type === "crowded" ? "" : end.position };
}

/** Why a socket was closed; null where the object did not say. */
export function endOf(code: number, reason: string): WatchEnd | null {
  switch (code) {
    case CODES.moved:
      return { type: "moved", leader: reason === "" ? null : reason };
    case CODES.slow:
      return { type: "slow", position: reason };
    case CODES.compacted:
      return { type: "compacted", position: reason };
    case CODES.crowded:
      return { type: "crowded" };
    default:
      return null;
  }
}

/** The request that opens a socket. What is asked stands in its address, for a request to open one has no body. */
export const socketRequest = (ask: unknown): Request =>
  new Request(`http://watch/?ask=${encodeURIComponent(JSON.stringify(ask))}`, {
    headers: { Upgrade: "websocket" },
  });

/** What such a request asks. Only the Worker can send one. */
export const askOf = (request: Request): unknown =>
  JSON.parse(new URL(request.url).searchParams.get("ask") ?? "null");
