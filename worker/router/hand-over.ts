/**
 * Handing a group's leadership over, until the member named is seen to lead.
 *
 * A leader answers once the member it names may campaign, and with that its own part is over. Whether that member
 * has won only it can say: so it is asked how the group stands, which it tells under its lease.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import type { Instant, Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { operate } from "./operate.ts";

export interface HandOver {
  readonly namespace: NamespaceConfig;
  readonly group: string;
  readonly to: Region;
  readonly deadline: Instant;
}

export type HandedOver =
  | { readonly type: "led"; readonly leader: Region }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly detail: string };

/**
 * How often leadership is offered. Once is the rule; a member that was replaced and does not know it yet takes twice; a
 * member that cannot win costs an election each time.
 */
const ROUNDS_MAX = 3;

export async function handOver(env: Env, { to, ...subject }: HandOver): Promise<HandedOver> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const moved = await operate(env, { ...subject, request: { type: "transfer", to } });
    if (moved.type === "refused") return round === 0 ? moved : inDoubt(to, moved.code);
    const seen = await operate(env, { ...subject, request: { type: "describe" }, first: to });
    if (seen.type === "refused") return inDoubt(to, seen.code);
    if (seen.type === "described" && seen.leader === to) return { type: "led", leader: to };
  }
  return inDoubt(to, "deadline-exceeded");
}

/** A leader may have given up by now, so that it can no longer be said that nothing happened. */
function inDoubt(to: Region, code: ErrorCode): HandedOver {
  return {
    type: "refused",
    code: code === "internal" ? code : "deadline-exceeded",
    detail: `the member in ${to} was offered to lead, and was not seen to do so in time`,
  };
}
