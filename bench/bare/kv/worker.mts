// Workers KV with nothing around it: what one would use for reads that may be old.
import { keyOf, valueResponse } from "../transaction.mts";

interface Env {
  KV: KVNamespace;
}

export default {
  async fetch(request, { KV }) {
    const key = keyOf(request.url);
    if (request.method === "PUT") {
      await KV.put(key, await request.arrayBuffer());
      return new Response("{}", { headers: { "content-type": "application/json" } });
    }
    return valueResponse(await KV.get(key));
  },
} satisfies ExportedHandler<Env>;
