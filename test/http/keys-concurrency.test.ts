/**
 * Many clients at one key. Inside the test runner requests share no calls (worker/router/riding.ts says why);
 * test/cluster/riding.test.ts has the same clients sharing them.
 */
import { describe, expect, it } from "vitest";
import { del, freshKey, get, mustPut, put, type Written } from "./keys-client.ts";
import { expectProblem } from "./service.ts";

const CLIENTS = 64;

const together = <Result>(work: (client: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));

describe("64 clients", () => {
  it("increment by compare and set, and no increment is lost", async () => {
    const key = freshKey();
    await mustPut(key, "0");
    await together(async () => {
      for (;;) {
        const read = await get(key);
        const value = Number(await read.text());
        const headers = { "If-Match": read.headers.get("ETag") ?? "" };
        const written = await put(key, String(value + 1), { headers });
        await written.body?.cancel();
        if (written.status === 200) return;
        expect(written.status).toBe(412);
      }
    });
    expect(await (await get(key)).text()).toBe(String(CLIENTS));
    expect((await get(key)).headers.get("ETag")).toBe(`"${CLIENTS + 1}"`);
  });

  it("create one key, and exactly one wins", async () => {
    const key = freshKey();
    const headers = { "If-None-Match": "*" };
    const answers = await together((client) => put(key, `by ${client}`, { headers }));
    const winners = answers.flatMap((answer, client) => (answer.status === 201 ? [client] : []));
    expect(winners).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 201) continue;
      expect(await expectProblem(answer, "precondition-failed")).toMatchObject({ revision: 1 });
    }
    expect(await (await get(key)).text()).toBe(`by ${winners[0]}`);
  });

  it("write, read, refuse and delete in one group, each with its own answer", async () => {
    const tag = freshKey();
    const key = (client: number) => `{${tag}}/${client}`;
    const answers = await together(async (client) => {
      const written = await put(key(client), `value ${client}`);
      expect(written.status).toBe(201);
      return written.json<Written>();
    });
    expect(answers.map((answer) => answer.key)).toEqual(answers.map((_, client) => key(client)));
    const revisions = answers.map((answer) => answer.revision);
    expect(new Set(revisions).size).toBe(CLIENTS);
    expect([...revisions].sort((a, b) => a - b)).toEqual(revisions.map((_, i) => i + 1));

    await together(async (client) => {
      switch (client % 4) {
        case 0: {
          const read = await get(key(client));
          expect(await read.text()).toBe(`value ${client}`);
          expect(read.headers.get("ETag")).toBe(`"${revisions[client]}"`);
          return;
        }
        case 1: {
          const headers = { "If-Match": '"999"' };
          const problem = await expectProblem(
            await put(key(client), "x", { headers }),
            "precondition-failed",
          );
          expect(problem).toMatchObject({ revision: revisions[client] });
          return;
        }
        case 2: {
          const deleted = await del(key(client));
          expect(await deleted.json()).toMatchObject({ key: key(client), deleted: true });
          return;
        }
        default: {
          const absent = await get(`${key(client)}/absent`);
          await expectProblem(absent, "key-not-found");
        }
      }
    });
  });

  it("repeat one write under one idempotency key, and it happens once", async () => {
    const key = freshKey();
    const headers = { "Idempotency-Key": "once" };
    const answers = await together(() => put(key, "x", { headers }));
    const replayed = answers.filter((answer) => answer.headers.has("Holdfast-Replayed"));
    expect(replayed).toHaveLength(CLIENTS - 1);
    for (const answer of answers) {
      expect(answer.status).toBe(201);
      expect(await answer.json()).toEqual({ key, revision: 1, created: true });
    }
  });
});

describe("large values", () => {
  it("ride no further than a call may carry", async () => {
    const tag = freshKey();
    const size = 1024 * 1024;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put(`{${tag}}/${i}`, new Uint8Array(size).fill(i))),
    );
    for (const answer of answers) expect(answer.status).toBe(201);
    for (let i = 0; i < 20; i++) {
      const bytes = new Uint8Array(await (await get(`{${tag}}/${i}`)).arrayBuffer());
      expect(bytes.byteLength).toBe(size);
      expect(bytes[size - 1]).toBe(i);
    }
  });
});
