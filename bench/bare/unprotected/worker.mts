// Transactions without any protection: the Worker calls each object, and hopes. Others see one object's writes
// before another's, and whoever fails half-way leaves half of them behind. It is what the calls alone cost. Where
// all keys are in one object there is one call, and nothing to protect.
import { DurableObject } from "cloudflare:workers";
import { keyOf, type Operation, objectOf, split, valueResponse } from "../transaction.mts";

interface Env {
  OBJECT: DurableObjectNamespace<UnprotectedObject>;
  /** Whether an object is called when the one before has answered, or all at once. */
  ORDER: "serial" | "parallel";
}

export class UnprotectedObject extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    state.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    );
  }

  write(operations: Operation[]): void {
    for (const operation of operations) {
      if (operation.op !== "put") throw new Error(`nobody asks this baseline to ${operation.op}`);
      this.ctx.storage.sql.exec(
        "INSERT OR REPLACE INTO record (key, value) VALUES (?, ?)",
        operation.key,
        JSON.stringify(operation.value),
      );
    }
  }

  get(key: string): string | null {
    const [row] = this.ctx.storage.sql.exec("SELECT value FROM record WHERE key = ?", key);
    return row === undefined ? null : (row["value"] as string);
  }
}

export default {
  async fetch(request, env) {
    if (request.method === "GET") {
      const key = keyOf(request.url);
      return valueResponse(await env.OBJECT.getByName(objectOf(key)).get(key));
    }
    const parts = split(await request.json());
    const write = ({ object, operations }: (typeof parts)[number]) =>
      env.OBJECT.getByName(object).write(operations);
    if (env.ORDER === "parallel") await Promise.all(parts.map(write));
    else for (const part of parts) await write(part);
    return Response.json({ succeeded: true });
  },
} satisfies ExportedHandler<Env>;
