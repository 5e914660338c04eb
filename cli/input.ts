/** Values as a command line gives them: the text itself, `-` for standard input, `@file` for a file. */
import type { Io } from "./io.ts";
import { UsageError } from "./usage-error.ts";

/** Bytes, and their media type. */
export interface Value {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

const TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  text: "text/plain; charset=utf-8",
  bytes: "application/octet-stream",
};

/**
 * The value that an argument stands for.
 *
 * @param type `json`, `text`, `bytes` or a media type; without one it is what the value looks like.
 */
export async function readValue(
  io: Io,
  argument: string,
  type: string | undefined,
): Promise<Value> {
  const bytes = await readArgument(io, argument);
  const contentType = type === undefined ? looksLike(bytes) : (TYPES[type] ?? type);
  if (!/^[^\s/]+\/[^\s/]/.test(contentType)) {
    throw new UsageError(
      `${JSON.stringify(type)} is no type: json, text, bytes, or a media type such as image/png`,
    );
  }
  if (contentType === TYPES["json"] && jsonIn(bytes) === undefined) {
    throw new UsageError("the value is no JSON; --type text stores a text as it is");
  }
  return { bytes, contentType };
}

/** `@@…` stands for a text that begins with an @. */
export async function readArgument(io: Io, argument: string): Promise<Uint8Array> {
  if (argument === "-") return io.readInput();
  if (argument.startsWith("@@")) return new TextEncoder().encode(argument.slice(1));
  if (!argument.startsWith("@")) return new TextEncoder().encode(argument);
  const file = argument.slice(1);
  try {
    return await io.readFile(file);
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    throw new UsageError(`${file} cannot be read: ${why}`);
  }
}

/** The media type of what looks like JSON, else like text, else of any bytes. */
function looksLike(bytes: Uint8Array): string {
  const kind =
    jsonIn(bytes) !== undefined ? "json" : textIn(bytes) === undefined ? "bytes" : "text";
  return TYPES[kind] as string;
}

export function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textIn(bytes) ?? "");
  } catch {
    return undefined;
  }
}

/** The text of these bytes; undefined where they are no UTF-8. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
