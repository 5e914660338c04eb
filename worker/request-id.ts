/**
 * Request ids: unique across isolates, and nearly free.
 *
 * They also name a request inside the service, across its copies, so two isolates must never draw the
 * same: 96 random bits an isolate, then a counter. Drawn with the first request, since the platform
 * allows no random numbers while a module loads.
 */
import type { RequestId } from "../shared/types.ts";

const PREFIX_BYTES = 12;
const COUNTER_RADIX = 36;

let prefix = "";
let count = 0;

export function nextRequestId(): RequestId {
  count += 1;
  return `${isolateId()}.${count.toString(COUNTER_RADIX)}` as RequestId;
}

/** Names this isolate: what the ids of all its requests begin with. */
export function isolateId(): string {
  if (prefix === "") prefix = drawPrefix();
  return prefix;
}

function drawPrefix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(PREFIX_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
