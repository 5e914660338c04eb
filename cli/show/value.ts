/** Values, as a person reads them and as JSON has them. */
import { jsonIn, textIn } from "../input.ts";
import { counted } from "./receipt.ts";
import { onTerminal } from "./text.ts";

/** How many bytes of what is no text are shown. */
const BYTES_SHOWN = 16;

/** A value inside JSON, as the service's API has it. */
export interface ValueJson {
  readonly value: unknown;
  readonly encoding: "json" | "text" | "base64";
  readonly contentType: string;
}

/** Bytes that were put under a media type; what is not what its type says is base64. */
export function valueJson(bytes: Uint8Array, contentType: string): ValueJson {
  const [essence = ""] = contentType.toLowerCase().split(";");
  const type = essence.trim();
  if (type === "application/json") {
    const value = jsonIn(bytes);
    if (value !== undefined) return { value, encoding: "json", contentType };
  }
  const text = type.startsWith("text/") ? textIn(bytes) : undefined;
  if (text !== undefined) return { value: text, encoding: "text", contentType };
  return { value: toBase64(bytes), encoding: "base64", contentType };
}

/** A value that the client has decoded: what is bytes there is base64 in JSON. */
export const decodedJson = (value: unknown): Pick<ValueJson, "value" | "encoding"> =>
  value instanceof Uint8Array
    ? { value: toBase64(value), encoding: "base64" }
    : { value, encoding: "json" };

/** Where a person looks at it: JSON over several lines, text as it is, of anything else what it is. */
export function valueOnTerminal(bytes: Uint8Array, contentType: string): string {
  const { value, encoding } = valueJson(bytes, contentType);
  if (encoding === "json") return onTerminal(JSON.stringify(value, null, 2));
  if (encoding === "text") return onTerminal(String(value));
  return described(bytes, contentType);
}

/** A decoded value in a line. */
export function valueInLine(value: unknown, contentType: string): string {
  if (value instanceof Uint8Array) return described(value, contentType);
  if (typeof value === "string" && contentType.toLowerCase().startsWith("text/")) return value;
  return JSON.stringify(value);
}

function described(bytes: Uint8Array, contentType: string): string {
  const shown = [...bytes.subarray(0, BYTES_SHOWN)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(" ");
  const more = bytes.length > BYTES_SHOWN ? " …" : "";
  const what = `${counted(bytes.length, "byte")} of ${contentType}`;
  return bytes.length === 0 ? `<${what}>` : `<${what}: ${shown}${more}>`;
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
