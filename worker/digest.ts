/** Digests of what requests mean. */
import { joined } from "./bytes.ts";

const encoder = new TextEncoder();

/**
 * The SHA-256 of a meaning and the bytes that belong to it, in base64.
 *
 * @param meaning plain data that says how long each of `bodies` is: it ends with its own closing bracket, so no two
 * meanings, each with its bodies, join alike.
 */
export async function digestOf(
  meaning: readonly unknown[],
  bodies: readonly Uint8Array[],
): Promise<string> {
  const whole = joined([encoder.encode(JSON.stringify(meaning)), ...bodies]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return btoa(String.fromCharCode(...digest));
}
