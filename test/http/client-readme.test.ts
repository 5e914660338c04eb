/**
 * The examples of client/README.md, run.
 *
 * Made by `node scripts/generate-client-examples.ts`. Change them there.
 */
import { expect, it } from "vitest";
import { Holdfast, HoldfastError, op, when } from "../../client/index.ts";
import { binding, connect } from "./client-service.ts";

it("1. Connect", async () => {
  const holdfast = new Holdfast({ fetch: binding, url: "http://localhost:8787", token: "dev" });

  await holdfast.keys.put("users/42", { name: "Ada" });
  const { value } = await holdfast.keys.get<{ name: string }>("users/42");
  expect(value?.name).toEqual("Ada");
});

it("2. Connect", async () => {
  interface Env {
    HOLDFAST: Fetcher;
    HOLDFAST_TOKEN: string;
  }

  const worker = {
    async fetch(request: Request, env: Env): Promise<Response> {
      const holdfast = new Holdfast({ fetch: env.HOLDFAST, token: env.HOLDFAST_TOKEN });
      const visits = await holdfast.transact(async (tx) => {
        const before = (await tx.get<number>("visits")) ?? 0;
        tx.put("visits", before + 1);
        return before + 1;
      });
      return Response.json({ path: new URL(request.url).pathname, visits });
    },
  };
  const env: Env = { HOLDFAST: binding, HOLDFAST_TOKEN: "dev" };
  const answer = await worker.fetch(new Request("https://app.example/home"), env);
  expect(await answer.json()).toEqual({ path: "/home", visits: 1 });
});

it("3. Keys", async () => {
  const holdfast = connect();
  await holdfast.keys.put("config", { theme: "dark" });
  await holdfast.keys.put("motd", "hello", { as: "text" });
  await holdfast.keys.put("logo", new Uint8Array([137, 80, 78, 71]), { contentType: "image/png" });
  await holdfast.keys.put("session/7", { user: 42 }, { ttlMs: 60_000 });

  const motd = await holdfast.keys.get<string>("motd");
  expect(motd.value).toEqual("hello");
  expect(motd.contentType).toEqual("text/plain; charset=utf-8");

  const missing = await holdfast.keys.get("no/such/key");
  expect(missing.value).toEqual(null);
  expect(missing.revision).toEqual(null);
});

it("4. Keys", async () => {
  const holdfast = connect();
  function asTheme(value: unknown): { theme: string } {
    if (typeof value === "object" && value !== null && "theme" in value) {
      return { theme: String(value.theme) };
    }
    throw new TypeError("no theme");
  }

  await holdfast.keys.put("config", { theme: "dark" });
  const config = await holdfast.keys.get("config", { as: asTheme });
  expect(config.value).toEqual({ theme: "dark" });
});

it("5. Keys", async () => {
  const holdfast = connect();
  const { revision } = await holdfast.keys.put("draft", "first", { ifAbsent: true });
  await holdfast.keys.put("draft", "second", { ifRevision: revision });

  const late = await holdfast.keys
    .put("draft", "third", { ifRevision: revision })
    .catch((error) => error);
  expect(late.code).toEqual("precondition-failed");
  expect(late.revision > revision).toEqual(true);

  const { deleted } = await holdfast.keys.delete("draft");
  expect(deleted).toEqual(true);
});

it("6. Keys", async () => {
  const holdfast = connect();
  const { receipt } = await holdfast.keys.put("config", { theme: "light" });
  expect(receipt.consistency).toEqual("strong");
  expect(receipt.stalenessMs).toEqual(0);
  expect(receipt.cost.calls > 0).toEqual(true);
});

it("7. How consistent a read must be", async () => {
  const holdfast = connect();
  await holdfast.keys.put("price/7", 99);
  const atMostAMinuteOld = await holdfast.keys.get<number>("price/7", { maxStalenessMs: 60_000 });
  const asFastAsItGets = await holdfast.keys.get<number>("price/7", { consistency: "eventual" });
  const asItWas = await holdfast.keys.get<number>("price/7", { revision: 1 });
  expect(asItWas.value).toEqual(99);
  expect(atMostAMinuteOld.value).toEqual(99);
  expect(["eventual", "strong"].includes(asFastAsItGets.receipt.consistency)).toEqual(true);
});

it("8. Lists", async () => {
  const holdfast = connect();
  for (const fruit of ["apples", "pears", "plums"]) {
    await holdfast.keys.put(`{cart-9}/${fruit}`, fruit.length);
  }

  const fruits: string[] = [];
  for await (const { key } of holdfast.keys.list({ group: "cart-9" })) fruits.push(key);
  expect(fruits).toEqual(["{cart-9}/apples", "{cart-9}/pears", "{cart-9}/plums"]);

  const [last] = await holdfast.keys
    .list<number>({ group: "cart-9", values: true, reverse: true, limit: 1 })
    .toArray();
  expect(last?.value).toEqual(5);

  for await (const page of holdfast.keys.list({ group: "cart-9", pageSize: 2 }).pages()) {
    expect(page.keys.length <= 2).toEqual(true);
  }
});

it("9. Transactions", async () => {
  const holdfast = connect();

  await holdfast.keys.put("balance/a", 100);

  const move = holdfast
    .transaction()
    .if(when.atLeast("balance/a", 70))
    .do(op.add("balance/a", -70), op.add("balance/b", 70))
    .else(op.get<number>("balance/a"));

  const first = await move.commit();
  if (first.succeeded) expect(first.results[0].value).toEqual(30);

  const second = await move.commit();
  if (!second.succeeded) expect(second.results[0].value).toEqual(30);
  expect(second.succeeded).toEqual(false);
});

it("10. Transactions", async () => {
  const holdfast = connect();
  await holdfast.keys.put("stock/7", { left: 3 });

  const left = await holdfast.transact(async (tx) => {
    const stock = await tx.get<{ left: number }>("stock/7");
    if (stock === null || stock.left === 0) throw new Error("sold out");
    tx.put("stock/7", { left: stock.left - 1 });
    tx.append("orders", { item: 7 });
    return stock.left - 1;
  });
  expect(left).toEqual(2);
});

it("11. When the answer is lost", async () => {
  const holdfast = connect();
  const outcome = await holdfast
    .transaction()
    .do(op.add("visits", 1))
    .commit({ idempotencyKey: "order-1234" });

  // Later, or in another process: the same again has no second effect.
  const again = await holdfast
    .transaction()
    .do(op.add("visits", 1))
    .commit({ idempotencyKey: "order-1234" });
  expect(again.id === outcome.id).toEqual(true);
  expect(again.receipt.replayed).toEqual(true);

  const { status } = await holdfast.transactions.settle(outcome.id);
  expect(status).toEqual("committed");
});

it("12. Sessions", async () => {
  const holdfast = connect();
  const session = holdfast.session();
  await session.keys.put("profile/42", { name: "Ada" });
  const profile = await session.keys.get<{ name: string }>("profile/42");
  expect(profile.value?.name).toEqual("Ada");

  // In a cookie, for the user's next request:
  const cookie = session.bookmark;
  const next = holdfast.session({ bookmark: cookie });
  expect((await next.keys.get<{ name: string }>("profile/42")).value?.name).toEqual("Ada");
});

it("13. Locks", async () => {
  const holdfast = connect();
  const report = await holdfast.lock(
    "billing",
    { ttlMs: 10_000, waitMs: 5_000 },
    async (signal, token) => {
      const rows = [1, 2, 3];
      for (const row of rows) {
        signal.throwIfAborted();
        await holdfast
          .transaction()
          .if(when.held("billing", token))
          .do(op.add("billed", row))
          .commit();
      }
      return rows.length;
    },
  );
  expect(report).toEqual(3);
});

it("14. Elections", async () => {
  const holdfast = connect();
  await holdfast.lead(
    "scheduler",
    { value: { url: "https://a.example" } },
    async (signal, token, proclaim) => {
      const leader = await holdfast.elections.get<{ url: string }>("scheduler");
      expect(leader?.value.url).toEqual("https://a.example");
      expect(leader?.token === token).toEqual(true);
      await proclaim({ url: "https://a.example", ready: true });

      for await (const { value } of holdfast.elections.observe<{ ready: boolean }>("scheduler", {
        signal,
      })) {
        expect(value.ready).toEqual(true);
        break;
      }
    },
  );
});

it("15. Watches", async () => {
  const holdfast = connect();
  const { revision: began } = await holdfast.keys.put("flags", { beta: false });
  await holdfast.keys.put("flags", { beta: true });
  await holdfast.keys.delete("flags");

  const seen: unknown[] = [];
  const watch = holdfast.watch<{ beta: boolean }>({ key: "flags" }, { from: began });
  for await (const change of watch) {
    seen.push(change.type === "put" ? change.value.beta : change.type);
    if (change.type === "delete") break;
  }
  expect(seen).toEqual([false, true, "delete"]);
});

it("16. Errors", async () => {
  const holdfast = connect();

  await holdfast.keys.put("user/ada", 1);
  try {
    await holdfast.keys.put("user/ada", 2, { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    expect(error.code).toEqual("precondition-failed");
    expect(error.definite).toEqual(true);
    expect(error.status).toEqual(412);
    expect(error.revision !== null).toEqual(true);
  }
});

it("17. Time", async () => {
  const holdfast = connect();
  const controller = new AbortController();
  controller.abort(new Error("the user has left"));

  const error = await holdfast.keys
    .get("users/42", { signal: controller.signal, timeoutMs: 2_000 })
    .catch((reason) => reason);
  expect(error.message).toEqual("the user has left");
});

it("18. Administration", async () => {
  const holdfast = connect();
  await holdfast.namespaces.create("orders", { regions: ["weur"] });
  const orders = holdfast.namespace("orders");

  const { token } = await orders.tokens.create({ scopes: ["read"], prefix: "public/" });
  expect(token.length > 20).toEqual(true);

  await orders.keys.put("public/motd", "hello");
  const group = await orders.groups.get("public/motd");
  expect(group.leader).toEqual("weur");
});
