// What a cell's load starts from, and whether it is there.
import { setTimeout } from "node:timers/promises";
import type { System } from "../systems/system.ts";
import { send } from "./send.ts";
import type { Bookmarks, Proof, Workload } from "./workload.ts";

/** Requests that are under way at a time. */
const clients = 8;

/** How long a proof may fail until it has failed, and how often it is tried. */
export const settleMs = 10_000;
export const settlePauseMs = 100;

/** @returns the bookmarks that its requests were answered with */
export async function prefill(
  workload: Workload,
  system: System,
  port: number,
): Promise<Bookmarks> {
  const waiting = [...workload.prefill(system)];
  const bookmarks = new Map<string, string>();
  const sendAll = async () => {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
      const { status, body, bookmark } = await send(request, system, port);
      if (status !== 200 && status !== 201) {
        throw new Error(`prefill: ${request.method} ${request.path} gave ${status}: ${body}`);
      }
      if (bookmark !== null) bookmarks.set(request.path, bookmark);
    }
  };
  await Promise.all(Array.from({ length: clients }, sendAll));
  return bookmarks;
}

/**
 * What should be there is there, before the load and after it. What was still under way when the load ended may take
 * as long as its deadline.
 */
export async function prove(workload: Workload, system: System, port: number): Promise<void> {
  const proof = workload.proof?.(system);
  if (proof === undefined) return;
  const giveUpAt = performance.now() + settleMs;
  while (true) {
    const fault = await faultOf(proof, system, port);
    if (fault === null) return;
    if (performance.now() > giveUpAt) throw new Error(fault);
    await setTimeout(settlePauseMs);
  }
}

async function faultOf(proof: Proof, system: System, port: number): Promise<string | null> {
  const bodies: string[] = [];
  for (const request of proof.requests) {
    const { status, body } = await send(request, system, port);
    if (status !== 200) return `${request.path} gave ${status}: ${body}`;
    bodies.push(body);
  }
  return proof.fault(bodies);
}
