// The bare Worker: a fetch handler, an object by its name, one SQLite row, and nothing else. No routes,
// no checks, no headers, no errors of its own: what is left is what any Worker of this kind pays.
import { DurableObject } from "cloudflare:workers";

interface Env {
  OBJECT: DurableObjectNamespace<BareObject>;
}

export class BareObject extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    state.storage.sql.exec("CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY, value BLOB)");
  }

  put(value: ArrayBuffer): void {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO one (id, value) VALUES (1, ?)", value);
  }

  get(): ArrayBuffer | null {
    const [row] = this.ctx.storage.sql.exec("SELECT value FROM one WHERE id = 1");
    return row === undefined ? null : (row["value"] as ArrayBuffer);
  }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const object = env.OBJECT.getByName(pathname);
    if (request.method === "PUT") {
      await object.put(await request.arrayBuffer());
      return new Response("{}", { headers: { "content-type": "application/json" } });
    }
    const value = await object.get();
    if (value === null) return new Response(null, { status: 404 });
    return new Response(value, { headers: { "content-type": "application/json" } });
  },
} satisfies ExportedHandler<Env>;
