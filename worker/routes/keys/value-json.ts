/**
 * A value inside JSON: `{"value": …, "encoding": …, "contentType": …}`.
 *
 * `application/json` travels as JSON, `text/*` as a string, everything else as base64, and so do bytes that
 * are not what their type says: nothing that could be stored may be impossible to show. JSON is put into
 * the answer as it was stored, for parsing and writing it again would change numbers that no double holds.
 */
import { kindOf } from "../../../shared/media-type.ts";
import type { Value } from "../../../shared/types.ts";

/** Keeps a byte order mark, which is part of the value. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes encoded at a time: an argument each, and there are only so many. */
const BASE64_CHUNK_BYTES = 0x6000;

/** The three members, as JSON without the braces. */
export function valueMembers({ bytes, contentType }: Value): string {
  const type = JSON.stringify(contentType);
  const [encoding, value] = encode(bytes, contentType);
  return `"value":${value},"encoding":"${encoding}","contentType":${type}`;
}

type Encoded = readonly ["json" | "text" | "base64", string];

function encode(bytes: Uint8Array, contentType: string): Encoded {
  const kind = kindOf(contentType);
  const text = kind === "binary" ? null : decode(bytes);
  if (text !== null) {
    if (kind === "text") return ["text", JSON.stringify(text)];
    if (isJson(text)) return ["json", text];
  }
  return ["base64", `"${base64(bytes)}"`];
}

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.byteLength; at += BASE64_CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + BASE64_CHUNK_BYTES));
  }
  return btoa(binary);
}
