/** What every part of a client works with: the way to the service, a namespace, and what has been seen of it. */
import type { Answer } from "./answer.ts";
import type { CallOptions } from "./options.ts";
import type { Seen } from "./seen.ts";
import type { Call, Transport } from "./transport.ts";

export interface Scope {
  readonly transport: Transport;
  readonly namespace: string;
  readonly seen: Seen;
}

/** Sends a call about keys or locks; a session says what it has seen, and remembers what the answer shows. */
export const ask = (
  { transport, seen }: Scope,
  call: Call,
  options: CallOptions,
): Promise<Answer> => transport.send({ ...call, seen }, options);

/** The key that a write is sent under: its caller's, a new one, or none. */
export const keyOfWrite = ({ transport }: Scope, key: string | null | undefined): string | null =>
  key === undefined ? transport.ports.uniqueId() : key;
