// Two-phase commit as one would write it on Durable Objects in an afternoon (Gray 1978; Bernstein, Hadzilacos and
// Goodman 1987, chapter 7). It is right as long as nothing fails: nobody takes over from a coordinator that is
// gone, so its locks would stay for ever. Nothing is slower than it has to be.
import { keyOf, objectOf, split, type Transaction, valueResponse } from "../transaction.mts";
import type { Coordinator } from "./coordinator.mts";
import type { Participant } from "./participant.mts";

export { Coordinator } from "./coordinator.mts";
export { Participant } from "./participant.mts";

export interface Env {
  COORDINATOR: DurableObjectNamespace<Coordinator>;
  PARTICIPANT: DurableObjectNamespace<Participant>;
}

const deadlineMsDefault = 5_000;

export default {
  async fetch(request, env, context) {
    if (request.method === "GET") {
      const key = keyOf(request.url);
      return valueResponse(await env.PARTICIPANT.getByName(objectOf(key)).get(key));
    }
    const transaction = await request.json<Transaction>();
    const parts = split(transaction);
    const [first] = parts;
    if (first === undefined) return new Response(null, { status: 400 });
    // The first key's: a new coordinator for each transaction would be a new database for each.
    const running = env.COORDINATOR.getByName(first.object).transact(
      parts,
      transaction.deadlineMs ?? deadlineMsDefault,
    );
    // It goes on where the client hangs up.
    context.waitUntil(running);
    const outcome = await running;
    if (outcome === "conflict") return Response.json({ code: outcome }, { status: 409 });
    return Response.json({ succeeded: outcome === "committed" });
  },
} satisfies ExportedHandler<Env>;
