/** Requests about keys that are malformed: refused before anything is stored, naming every fault. */
import { describe, expect, it } from "vitest";
import { del, freshKey, freshTag, get, list, pathOf, put } from "./keys-client.ts";
import { call, expectProblem } from "./service.ts";

const JUNK_ETAGS = ["", "7", '"7', '7"', '"7" "8"', '*, "7"', "W/7", 'w/"7"', ",", '"7";x'];
const JUNK_BOOKMARKS = [
  "",
  "1",
  "x",
  "2.a-1",
  "1.",
  "1.a",
  "1.a-",
  "1.a-1-2",
  "1.b-1.a-1",
  "1.a-1.a-1",
  "1.A-1",
  "1.01-1",
  "1.~.a-1",
  "1.zzzzzzzzzzz-1",
  `1.${"a".repeat(5000)}`,
];

describe.each(["GET", "HEAD", "PUT", "DELETE"])("%s", (method) => {
  const send = (query: string, headers: Record<string, string> = {}) =>
    call(method, pathOf(freshKey(), query), {
      headers,
      ...(method === "PUT" && { body: "x" }),
    });

  async function expectRefused(answer: Response, path: string): Promise<void> {
    expect(answer.status).toBe(400);
    if (method === "HEAD") return;
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toContain(path);
    expect(problem.detail).toContain(path);
  }

  it.each([
    ["?nonsense=1", "nonsense"],
    ["?a=%ff", "a"],
    ["?%ff=1", "%ff"],
    ["?values", "values"],
    ["?ttlMs=5", "ttlMs"],
    ["?TTL_MS=5", "TTL_MS"],
  ])("takes no %s", async (query, path) => {
    await expectRefused(await send(query), path);
  });

  it.each(JUNK_ETAGS.filter((text) => text !== ""))("takes no precondition %j", async (text) => {
    await expectRefused(await send("", { "If-Match": text }), "If-Match");
    await expectRefused(await send("", { "If-None-Match": text }), "If-None-Match");
  });

  it.each(JUNK_BOOKMARKS.filter((text) => text !== "" && text !== "1"))(
    "takes no bookmark %j",
    async (text) => {
      await expectRefused(await send("", { "Holdfast-Bookmark": text }), "Holdfast-Bookmark");
    },
  );

  it.each(["0", "-1", "30001", "1.5", "1e3", "ten", "0x10", "010", " "])(
    "takes no deadline %j",
    async (text) => {
      const answer = await send("", { "Holdfast-Deadline-Ms": `${text}` });
      // A header of blanks alone arrives empty.
      await expectRefused(answer, "Holdfast-Deadline-Ms");
    },
  );

  it("takes a deadline within its limits", async () => {
    for (const text of ["30000", "5000"]) {
      const { status } = await send("", { "Holdfast-Deadline-Ms": text });
      expect([200, 201, 404]).toContain(status);
    }
  });

  it.each(["%", "%2", "%zz", "a%ff", "%c3%28", "%ed%a0%80", "%f8%88%80%80%80"])(
    "takes no key %s",
    async (path) => {
      const answer = await call(
        method,
        `/v1/default/keys/${path}`,
        method === "PUT" ? { body: "x" } : {},
      );
      expect(answer.status).toBe(400);
    },
  );

  it("takes no empty key", async () => {
    const answer = await call(method, "/v1/default/keys/", method === "PUT" ? { body: "x" } : {});
    await expectRefused(answer, "key");
  });
});

describe("a read", () => {
  it.each([
    ["consistency=weak", "consistency"],
    ["consistency=", "consistency"],
    ["consistency=strong&consistency=strong", "consistency"],
    ["consistency=bounded", "max_staleness_ms"],
    ["max_staleness_ms=5", "max_staleness_ms"],
    ["consistency=strong&max_staleness_ms=5", "max_staleness_ms"],
    ["consistency=bounded&max_staleness_ms=-1", "max_staleness_ms"],
    ["consistency=bounded&max_staleness_ms=soon", "max_staleness_ms"],
    ["revision=0", "revision"],
    ["revision=-1", "revision"],
    ["revision=1.5", "revision"],
    ["revision=", "revision"],
    ["revision=99999999999999999999", "revision"],
    ["ttl_ms=5", "ttl_ms"],
  ])("takes no ?%s", async (query, path) => {
    const problem = await expectProblem(
      await get(freshKey(), { query: `?${query}` }),
      "bad-request",
    );
    expect(problem.errors?.map((fault) => fault.path)).toEqual([path]);
  });

  it("names all its faults at once", async () => {
    const query = "?consistency=weak&revision=x&more=1";
    const problem = await expectProblem(await get(freshKey(), { query }), "bad-request");
    expect(problem.errors?.map((fault) => fault.path).sort()).toEqual([
      "consistency",
      "more",
      "revision",
    ]);
  });
});

describe("a write", () => {
  it.each(["0", "-1", "1.5", "", "soon", "99999999999999999"])(
    "takes no ttl_ms=%s",
    async (text) => {
      const key = freshKey();
      const problem = await expectProblem(
        await put(key, "x", { query: `?ttl_ms=${text}` }),
        "bad-request",
      );
      expect(problem.errors?.map((fault) => fault.path)).toEqual(["ttl_ms"]);
      expect((await get(key)).status).toBe(404);
    },
  );

  it("deletes with no parameter at all", async () => {
    for (const query of ["?ttl_ms=5", "?consistency=strong", "?revision=1"]) {
      await expectProblem(await del(freshKey(), { query }), "bad-request");
    }
  });

  it("takes no idempotency key of 256 characters", async () => {
    const headers = { "Idempotency-Key": "x".repeat(256) };
    await expectProblem(await put(freshKey(), "x", { headers }), "bad-request");
    await expectProblem(await del(freshKey(), { headers }), "bad-request");
  });

  it("takes no media type of 256 characters", async () => {
    const headers = { "Content-Type": `text/${"x".repeat(251)}` };
    await expectProblem(await put(freshKey(), "x", { headers }), "bad-request");
  });

  it("is refused before its body is looked at", async () => {
    const key = freshKey();
    const headers = { "If-Match": "junk" };
    const body = new Uint8Array(2 * 1024 * 1024);
    await expectProblem(await put(key, body, { headers }), "bad-request");
  });
});

describe("a list", () => {
  it.each<[Record<string, string>, string]>([
    [{ limit: "0" }, "limit"],
    [{ limit: "1001" }, "limit"],
    [{ limit: "ten" }, "limit"],
    [{ limit: "" }, "limit"],
    [{ reverse: "yes" }, "reverse"],
    [{ reverse: "" }, "reverse"],
    [{ values: "1" }, "values"],
    [{ cursor: "junk" }, "cursor"],
    [{ cursor: "" }, "cursor"],
    [{ cursor: "1.a.YQ" }, "cursor"],
    [{ start: "" }, "start"],
    [{ end: "x".repeat(513) }, "end"],
    [{ prefix: "ä".repeat(257) }, "prefix"],
    [{ revision: "1" }, "revision"],
    [{ consistency: "weak" }, "consistency"],
    [{ consistency: "bounded" }, "max_staleness_ms"],
    [{ max_staleness_ms: "1" }, "max_staleness_ms"],
    [{ offset: "5" }, "offset"],
  ])("takes no %j", async (parameters, path) => {
    const answer = await list({ group: freshTag(), ...parameters });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual([path]);
  });

  it("needs a group that can be one", async () => {
    for (const group of ["", "x".repeat(513), "a{b}c"]) {
      const problem = await expectProblem(await list({ group }), "bad-request");
      expect(problem.errors?.map((fault) => fault.path)).toEqual(["group"]);
    }
  });

  it("takes no text that is not UTF-8", async () => {
    await expectProblem(await call("GET", "/v1/default/keys?group=a&prefix=%ff"), "bad-request");
  });

  it("of a whole namespace cannot be strong, nor bounded, and says why", async () => {
    const strong = await expectProblem(await list({ consistency: "strong" }), "bad-request");
    expect(strong.detail).toContain("a leader each");
    const parameters = { consistency: "bounded", max_staleness_ms: "60000" };
    const bounded = await expectProblem(await list(parameters), "bad-request");
    expect(bounded.detail).toContain("proves its age");
    for (const { errors } of [strong, bounded]) {
      expect(errors?.map((fault) => fault.path)).toEqual(["consistency"]);
    }
  });

  it("is all that can be done with all keys together", async () => {
    for (const method of ["PUT", "DELETE"]) {
      const answer = await call(method, "/v1/default/keys");
      expect(answer.headers.get("Allow")).toContain("GET");
      await expectProblem(answer, "method-not-allowed");
    }
  });
});
