/** Who may ask: every path wants a token, but those that describe the service. */
import { describe, expect, it } from "vitest";
import { isRootToken } from "../../worker/middleware/authenticate.ts";
import { call, expectProblem, freshNamespace, makeToken, ROOT_TOKEN } from "./service.ts";

const PUBLIC = ["/healthz", "/openapi.json", "/docs", "/docs/errors", "/docs/page.css"];
const PRIVATE = ["/v1/default", "/v1/default/tokens", "/v1/default/keys/a", "/v1/none", "/metrics"];
const UNKNOWN = ["/", "/v1", "/v1/", "/docsy", "/healthz/", "/openapi.jsonx", "/dev/regions/weur"];

describe("without a token", () => {
  it.each(PUBLIC)("%s is served", async (path) => {
    const answer = await call("GET", path, { token: null });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  it.each([...PRIVATE, ...UNKNOWN])("%s is not", async (path) => {
    const answer = await call("GET", path, { token: null });
    expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="holdfast"');
    await expectProblem(answer, "unauthenticated");
  });
});

describe("a token that is none", () => {
  const unknown = `hf_01JD3T3V9Q4M8Y2N6W5X7Z0ABC_${"a".repeat(43)}`;
  it.each(["de", "devv", "deV", "", "hf_", unknown, `${unknown}x`, "dév"])(
    "%j is refused",
    async (token) => {
      await expectProblem(await call("GET", "/v1/default", { token }), "unauthenticated");
    },
  );

  it.each(["dev", "Basic dev", "Bearer", "Bearerdev", "Token dev"])(
    "the header %j is refused",
    async (authorization) => {
      const headers = { Authorization: authorization };
      const answer = await call("GET", "/v1/default", { token: null, headers });
      await expectProblem(answer, "unauthenticated");
    },
  );
});

describe("the root token", () => {
  it.each(["Bearer dev", "bearer dev", "BEARER dev", "Bearer  dev "])(
    "is taken as %j",
    async (authorization) => {
      const headers = { Authorization: authorization };
      const answer = await call("GET", "/v1/default", { token: null, headers });
      expect(answer.status).toBe(200);
    },
  );

  it("is compared byte by byte", () => {
    const root = new TextEncoder().encode("gehëim");
    expect(isRootToken("gehëim", root)).toBe(true);
    for (const other of ["geheim", "gehëi", "gehëimm", "gehëin", "Gehëim", "", "gehë\u0000m"]) {
      expect(isRootToken(other, root), other).toBe(false);
    }
  });
});

describe("a namespace's token", () => {
  it("works in its namespace and in no other", async () => {
    const [mine, other] = [await freshNamespace(), await freshNamespace()];
    const { token } = await makeToken(mine, { scopes: ["read", "write", "admin"] });
    expect((await call("GET", `/v1/${mine}`, { token })).status).toBe(200);
    for (const path of [`/v1/${other}`, `/v1/${other}/tokens`, "/v1/default", "/v1/nowhere"]) {
      await expectProblem(await call("GET", path, { token }), "unauthenticated");
    }
  });

  it("does not reach another namespace by a path that only looks like its own", async () => {
    const [mine, other] = [await freshNamespace(), await freshNamespace()];
    const { token } = await makeToken(mine, { scopes: ["admin"] });
    const { token: ofDefault } = await makeToken("default", { scopes: ["admin"] });
    const encoded = [...other].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");
    const paths = [`/v1/${encoded}/tokens`, `/%761/${other}/tokens`, `/v%31/${other}/tokens`];
    for (const path of paths) {
      for (const stranger of [token, ofDefault]) {
        await expectProblem(await call("GET", path, { token: stranger }), "unauthenticated");
      }
      expect((await call("GET", path)).status).toBe(200);
    }
  });

  it("must match to the last character", async () => {
    const mine = await freshNamespace();
    const { token } = await makeToken(mine, { scopes: ["read"] });
    const last = token.at(-1) === "A" ? "E" : "A";
    const forged = token.slice(0, -1) + last;
    await expectProblem(await call("GET", `/v1/${mine}`, { token: forged }), "unauthenticated");
  });

  it("does not create namespaces", async () => {
    const mine = await freshNamespace();
    const { token } = await makeToken(mine, { scopes: ["read", "write", "admin"] });
    await expectProblem(await call("PUT", `/v1/${mine}`, { token, body: {} }), "forbidden");
  });

  it("of default reads the metrics, if it may administer", async () => {
    const { token: admin } = await makeToken("default", { scopes: ["admin"] });
    expect((await call("GET", "/metrics", { token: admin })).status).toBe(200);
    const { token: reader } = await makeToken("default", { scopes: ["read"] });
    await expectProblem(await call("GET", "/metrics", { token: reader }), "forbidden");
    const { token: elsewhere } = await makeToken(await freshNamespace(), { scopes: ["admin"] });
    await expectProblem(await call("GET", "/metrics", { token: elsewhere }), "unauthenticated");
  });
});

it("never says what a wrong token was", async () => {
  const token = "s3cret-that-was-mistyped";
  const answer = await call("GET", "/v1/default", { token });
  expect(await answer.text()).not.toContain(token);
  expect(ROOT_TOKEN).not.toBe(token);
});
