// The coordinator: asks all participants to prepare, writes its decision down, tells it to all, and answers when all
// have carried it out. That a decision is durable before anybody is told is the platform's doing: what an
// object sends waits until what it wrote is confirmed.
import { DurableObject } from "cloudflare:workers";
import type { Part } from "../transaction.mts";
import type { Env } from "./worker.mts";

/** `failed`: a condition did not hold. `conflict`: others were in the way until the deadline. */
export type Outcome = "committed" | "failed" | "conflict";

/** How long until the next try, at first and at most; half of it is left to chance. */
const pauseMsFirst = 5;
const pauseMsMax = 200;

export class Coordinator extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    // Only commits stand in it: what does not was aborted (presumed abort, Mohan and Lindsay 1983).
    state.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS decision (id TEXT PRIMARY KEY) WITHOUT ROWID",
    );
  }

  async transact(parts: Part[], deadlineMs: number): Promise<Outcome> {
    const participants = parts.map((part) => ({
      part,
      stub: this.env.PARTICIPANT.getByName(part.object),
    }));
    const giveUpAt = Date.now() + deadlineMs;
    let pauseMs = pauseMsFirst;
    while (true) {
      const id = crypto.randomUUID();
      const votes = await Promise.all(
        participants.map(async ({ part, stub }) => ({ stub, vote: await stub.prepare(id, part) })),
      );
      const prepared = votes.filter(({ vote }) => vote === "prepared");
      if (prepared.length === votes.length) {
        this.ctx.storage.sql.exec("INSERT INTO decision (id) VALUES (?)", id);
        await Promise.all(prepared.map(({ stub }) => stub.commit(id)));
        return "committed";
      }
      await Promise.all(prepared.map(({ stub }) => stub.abort(id)));
      if (!votes.some(({ vote }) => vote === "locked")) return "failed";
      const afterMs = pauseMs * (0.5 + Math.random() / 2);
      pauseMs = Math.min(2 * pauseMs, pauseMsMax);
      if (Date.now() + afterMs >= giveUpAt) return "conflict";
      await scheduler.wait(afterMs);
    }
  }
}
