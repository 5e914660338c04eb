/** What every path answers to what it does not take. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { SETTINGS_BYTES_MAX } from "../../shared/limits.ts";
import { createApp } from "../../worker/app.ts";
import { Problem } from "../../worker/problem.ts";
import { call, env, expectProblem, freshName, freshNamespace, request } from "./service.ts";

describe("paths", () => {
  it.each([
    "/",
    "/v1",
    "/v2/default",
    "/v1/default/",
    "/v1/default/nothing",
    "/v1//",
    "/docs/none",
  ])("%s is a 404", async (path) => {
    const answer = await call("GET", path);
    // An empty namespace is malformed rather than missing.
    await expectProblem(answer, path === "/v1//" ? "bad-request" : "not-found");
  });

  it.each(["%", "%z1", "%2", "%ff", "%c3%28", "%ed%a0%80", "a%80", "%25%"])(
    "%s below a namespace is no percent-encoded UTF-8",
    async (part) => {
      for (const path of [`/v1/default/${part}`, `/v1/default/keys/${part}`, `/x/${part}`]) {
        const problem = await expectProblem(await call("GET", path), "bad-request");
        expect(problem.errors).toEqual([
          { path: "path", message: "must be percent-encoded UTF-8" },
        ]);
      }
    },
  );

  it("are named as they were sent, without their query", async () => {
    const answer = await call("GET", "/n%C3%B6/%3Cb%3E?secret=7#x");
    expect((await expectProblem(answer, "not-found")).instance).toBe("/n%C3%B6/%3Cb%3E");
  });
});

describe("methods", () => {
  it.each([
    ["/healthz", "GET, HEAD, OPTIONS"],
    ["/metrics", "GET, HEAD, OPTIONS"],
    ["/openapi.json", "GET, HEAD, OPTIONS"],
    ["/docs", "GET, HEAD, OPTIONS"],
    ["/v1/default", "GET, HEAD, PUT, OPTIONS"],
    ["/v1/default/tokens", "GET, HEAD, POST, OPTIONS"],
    ["/v1/default/tokens/x", "DELETE, OPTIONS"],
  ])("of %s are %s", async (path, allow) => {
    const all = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];
    for (const method of all.filter((one) => !allow.split(", ").includes(one))) {
      const answer = await call(method, path);
      expect(answer.headers.get("Allow"), method).toBe(allow);
      if (method === "HEAD") expect(answer.status).toBe(405);
      else await expectProblem(answer, "method-not-allowed");
    }
    const options = await call("OPTIONS", path);
    expect(options.status).toBe(204);
    expect(options.headers.get("Allow")).toBe(allow);
    expect(options.headers.get("Holdfast-Request-Id")).toBeTruthy();
  });

  it("HEAD is GET without the body", async () => {
    for (const path of ["/healthz", "/v1/default", "/v1/none", "/nowhere", "/docs/page.css"]) {
      const [get, head] = [await call("GET", path), await call("HEAD", path)];
      await get.body?.cancel();
      expect(head.status).toBe(get.status);
      expect(await head.text()).toBe("");
      expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
      expect(head.headers.get("Holdfast-Request-Id")).toBeTruthy();
    }
  });

  it("OPTIONS of a path that is not there is a 404", async () => {
    await expectProblem(await call("OPTIONS", "/v1/default/nothing"), "not-found");
  });
});

describe("media types", () => {
  const accept = (value: string) => ({ headers: { Accept: value } });

  it.each([
    "text/html",
    "image/*",
    "application/json;q=0",
    "*/*, application/json;q=0.0",
    "text/*",
  ])("Accept: %s is a 406", async (value) => {
    const paths = ["/v1/default", "/v1/default/tokens", "/openapi.json"];
    for (const path of paths) {
      await expectProblem(await call("GET", path, accept(value)), "not-acceptable");
    }
    const post = { ...accept(value), body: { scopes: ["read"] } };
    await expectProblem(await call("POST", "/v1/default/tokens", post), "not-acceptable");
    const put = { ...accept(value), body: {} };
    await expectProblem(await call("PUT", `/v1/${freshName()}`, put), "not-acceptable");
    await expectProblem(await call("DELETE", "/v1/default/tokens/x", put), "not-acceptable");
  });

  it.each(["*/*", "application/*", "application/json", "text/html, */*;q=0.1", "Application/JSON"])(
    "Accept: %s is served",
    async (value) => {
      expect((await call("GET", "/v1/default", accept(value))).status).toBe(200);
    },
  );

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "json",
    "a/b+json",
  ])("Content-Type: %s is a 415", async (type) => {
    const sent = { body: '{"scopes":["read"]}', headers: { "Content-Type": type } };
    await expectProblem(await call("POST", "/v1/default/tokens", sent), "unsupported-media-type");
    await expectProblem(await call("PUT", `/v1/${freshName()}`, sent), "unsupported-media-type");
  });

  it.each(["application/json", "application/json; charset=utf-8", "application/merge-patch+json"])(
    "Content-Type: %s is read",
    async (type) => {
      const sent = { body: '{"scopes":["read"]}', headers: { "Content-Type": type } };
      expect((await call("POST", "/v1/default/tokens", sent)).status).toBe(201);
    },
  );

  it("a body without a type is read as JSON", async () => {
    const body = new TextEncoder().encode('{"scopes":["read"]}');
    expect((await call("POST", "/v1/default/tokens", { body })).status).toBe(201);
  });
});

describe("bodies", () => {
  const json = { "Content-Type": "application/json" };
  const post = (body: unknown, headers: Record<string, string> = json) =>
    call("POST", "/v1/default/tokens", { body, headers });

  it.each(["", "{", "nothing", '{"scopes":["read"]}}', "{'scopes':[]}", "\ufeff"])(
    "%j is not JSON",
    async (body) => {
      const problem = await expectProblem(await post(body), "bad-request");
      expect(problem.errors).toEqual([{ path: "body", message: "must be JSON" }]);
    },
  );

  it("must be UTF-8", async () => {
    const problem = await expectProblem(
      await post(new Uint8Array([0x22, 0xff, 0x22])),
      "bad-request",
    );
    expect(problem.errors).toEqual([{ path: "body", message: "must be UTF-8" }]);
  });

  it("nested without end are refused like others", async () => {
    await expectProblem(await post("[".repeat(SETTINGS_BYTES_MAX / 2)), "bad-request");
    const nested = "[".repeat(30_000) + "]".repeat(30_000);
    await expectProblem(await post(`{"scopes":${nested}}`), "bad-request");
  });

  it("may not name what objects inherit", async () => {
    for (const key of ["__proto__", "constructor", "toString"]) {
      const answer = await post(`{"scopes":["read"],"${key}":{}}`);
      const problem = await expectProblem(answer, "bad-request");
      expect(problem.errors?.map((fault) => fault.path)).toEqual([key]);
    }
  });

  it("are not quoted back", async () => {
    const answer = await post('{"scopes": s3cret}');
    expect(await answer.text()).not.toContain("s3cret");
  });

  const padded = (bytes: number) => {
    const start = '{"scopes":["read"]';
    return `${start}${" ".repeat(bytes - start.length - 1)}}`;
  };

  it("of the most bytes are read, and of one more refused", async () => {
    expect((await post(padded(SETTINGS_BYTES_MAX))).status).toBe(201);
    await expectProblem(await post(padded(SETTINGS_BYTES_MAX + 1)), "too-large");
  });

  it("that say nothing of their length are cut off while they are read", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    await expectProblem(await post(endless), "too-large");
    expect(sent).toBeLessThan(4 * SETTINGS_BYTES_MAX);
  });

  it("in pieces are put together", async () => {
    const bytes = new TextEncoder().encode(padded(1000));
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
        controller.close();
      },
    });
    expect((await post(pieces)).status).toBe(201);
  });
});

describe("faults inside", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("are a 500 that tells nothing, and a line in the log that tells all", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const app = createApp();
    app.get("/v1/:ns/broken", () => {
      throw new Error("the inner workings", { cause: new TypeError("deep down") });
    });
    const answer = await app.fetch(request("GET", "/v1/default/broken"), env);
    const problem = await expectProblem(answer.clone(), "internal");
    expect(await answer.text()).not.toMatch(/workings|deep down|\.ts/);
    const id = answer.headers.get("Holdfast-Request-Id") ?? "";
    expect(problem.detail).toContain(id);
    expect(log).toHaveBeenCalledOnce();
    const line = String(log.mock.calls[0]?.[0]);
    expect(JSON.parse(line)).toMatchObject({ requestId: id, route: "GET /v1/default/broken" });
    expect(line).toContain("the inner workings");
    expect(line).toContain("deep down");
    expect(line).not.toContain("Bearer");
  });

  it("thrown as problems are answered as such", async () => {
    const app = createApp();
    app.get("/v1/:ns/refused", async () => {
      throw new Problem("precondition-failed", "it is at 7", {
        extensions: { revision: 7, status: 200 },
        headers: { ETag: '"7"' },
      });
    });
    const answer = await app.fetch(request("GET", "/v1/default/refused"), env);
    expect(answer.headers.get("ETag")).toBe('"7"');
    expect(await expectProblem(answer, "precondition-failed")).toMatchObject({ revision: 7 });
  });

  it("of a namespace's object are tried twice, and then told by what they are", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const name = await freshNamespace();
    let calls = 0;
    const failing = (fault: unknown, times: number) => ({
      ...env,
      NAMESPACE: {
        idFromName: (of: string) => env.NAMESPACE.idFromName(of),
        get: (id: DurableObjectId) => {
          calls += 1;
          if (calls > times) return env.NAMESPACE.get(id);
          return { tokens: () => Promise.reject(fault) };
        },
      } as unknown as typeof env.NAMESPACE,
    });
    const list = async (fault: unknown, times: number) => {
      calls = 0;
      return createApp().fetch(request("GET", `/v1/${name}/tokens`), failing(fault, times));
    };
    const reset = new Error("the object was reset");
    expect((await list(reset, 1)).status).toBe(200);
    expect(calls).toBe(2);
    await expectProblem(await list(reset, 2), "internal");
    const overloaded = Object.assign(new Error("too much"), { overloaded: true });
    const answer = await list(overloaded, 1);
    expect(answer.headers.get("Retry-After")).toBe("1");
    await expectProblem(answer, "overloaded");
    expect(calls).toBe(1);
  });

  it("of a namespace's object that never answers end with the deadline", async () => {
    const name = await freshNamespace();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = {
      ...env,
      NAMESPACE: {
        idFromName: (of: string) => env.NAMESPACE.idFromName(of),
        get: () => ({ tokens: () => new Promise(() => {}) }),
      } as unknown as typeof env.NAMESPACE,
    };
    const answer = createApp().fetch(request("GET", `/v1/${name}/tokens`), silent);
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await expectProblem(await answer, "deadline-exceeded");
  });
});

it("request ids differ", async () => {
  const ids = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const answer = await call("GET", i % 2 === 0 ? "/healthz" : "/nowhere");
    ids.add(answer.headers.get("Holdfast-Request-Id") ?? "");
    await answer.body?.cancel();
  }
  expect(ids.size).toBe(20);
});

it("request ids of two isolates share nothing", async () => {
  const first = await import("../../worker/request-id.ts");
  vi.resetModules();
  const second = await import("../../worker/request-id.ts");
  expect(second.isolateId()).not.toBe(first.isolateId());
  expect(second.nextRequestId()).toMatch(/^[\w-]{16}\.1$/);
});
