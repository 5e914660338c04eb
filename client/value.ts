/**
 * Values: JSON unless one says otherwise, text, or bytes.
 *
 * What comes back is what was put: the media type says how to read it. Bytes that are not what their type says are
 * given as bytes, as the service itself does inside JSON.
 */

import { decodeJson, decodeText } from "./answer.ts";
import type { Encoding } from "./api.ts";

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";
/** What a value is where its put named no type. */
export const BYTES_TYPE = "application/octet-stream";

export interface PutValueOptions {
  /**
   * How the value is written. Bytes are stored as bytes, everything else as JSON; `text` stores a string as it is, and so
   * does a `contentType` other than JSON.
   */
  readonly as?: "json" | "text" | "bytes" | undefined;
  /** The media type that is stored with the value; by default what `as` stands for. */
  readonly contentType?: string | undefined;
}

/** A value as it is sent: text or bytes, and their type. */
export interface Encoded {
  readonly content: string | Uint8Array;
  readonly contentType: string;
  readonly kind: "json" | "text" | "bytes";
}

export function encodeValue(value: unknown, { as, contentType }: PutValueOptions): Encoded {
  const kind = as ?? kindFor(value, contentType);
  switch (kind) {
    case "bytes":
      if (!isBytes(value)) throw new TypeError("a value put as bytes must be bytes");
      return { kind, content: bytesOf(value), contentType: contentType ?? BYTES_TYPE };
    case "text":
      if (typeof value !== "string") throw new TypeError("a value put as text must be a string");
      return { kind, content: value, contentType: contentType ?? TEXT_TYPE };
    case "json":
      return { kind, content: jsonOf(value), contentType: contentType ?? JSON_TYPE };
  }
}

function kindFor(value: unknown, contentType: string | undefined): Encoded["kind"] {
  if (isBytes(value)) return "bytes";
  if (typeof value !== "string" || contentType === undefined) return "json";
  return kindOf(contentType) === "json" ? "json" : "text";
}

const isBytes = (value: unknown): value is Uint8Array | ArrayBuffer =>
  value instanceof Uint8Array || value instanceof ArrayBuffer;

const bytesOf = (value: Uint8Array | ArrayBuffer): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array(value);

/** What has no JSON would otherwise be sent as nothing at all. */
function jsonOf(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`${typeof value} is no value: it has no JSON`);
  return json;
}

/** A value inside of a transaction's body. */
export interface Member {
  readonly value: unknown;
  readonly encoding?: Encoding;
  readonly contentType?: string;
}

export function memberOf(value: unknown, options: PutValueOptions): Member {
  const { kind, content, contentType } = encodeValue(value, options);
  switch (kind) {
    case "json":
      // Parsed once more by whoever writes the body, should the value have a `toJSON` of its own.
      return contentType === JSON_TYPE ? { value } : { value, contentType };
    case "text":
      return { value: content, encoding: "text", contentType };
    case "bytes":
      return { value: toBase64(content as Uint8Array), encoding: "base64", contentType };
  }
}

/** How a value is read: as what it is, as its text or bytes, or by a function that checks what it is. */
export type ReadAs<Value> = "text" | "bytes" | ((value: unknown) => Value);

/** The value of a body. */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string,
  as: ReadAs<unknown> | undefined,
): unknown {
  if (as === "bytes") return bytes;
  if (as === "text") return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const value = naturally(bytes, contentType);
  return as === undefined ? value : as(value);
}

function naturally(bytes: Uint8Array, contentType: string): unknown {
  switch (kindOf(contentType)) {
    case "json": {
      const json = decodeJson(bytes);
      return json === undefined ? bytes : json;
    }
    case "text":
      return decodeText(bytes) ?? bytes;
    case "bytes":
      return bytes;
  }
}

/** The value of a member of JSON. */
export function decodeMember({ value, encoding }: Member): unknown {
  return encoding === "base64" ? fromBase64(value as string) : value;
}

/** What bytes of a media type are, as the service sees it: RFC 9110 §8.3.1. */
export function kindOf(contentType: string): Encoded["kind"] {
  const [essence = "", ...parameters] = contentType.toLowerCase().split(";");
  const type = essence.trim();
  if (type === JSON_TYPE) return "json";
  if (!type.startsWith("text/")) return "bytes";
  const charset = parameters.find((parameter) => parameter.trim().startsWith("charset="));
  const name = charset?.split("=")[1]?.trim().replaceAll('"', "") ?? "utf-8";
  return name === "utf-8" || name === "utf8" || name === "us-ascii" ? "text" : "bytes";
}

/** Bytes encoded at a time: an argument each, and there are only so many. */
const CHUNK_BYTES = 0x6000;

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(binary);
}

const fromBase64 = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
