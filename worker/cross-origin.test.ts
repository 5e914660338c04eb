import { describe, expect, it } from "vitest";
import type { Env } from "./context.ts";
import { acrossOrigins, allowedOrigin } from "./cross-origin.ts";

const serve = acrossOrigins(
  () => new Response("body", { headers: { "Holdfast-Revision": "7", ETag: '"7"' } }),
);
const context = {} as ExecutionContext;

const ask = (method: string, headers: Record<string, string>, named?: string) =>
  serve(
    new Request("http://holdfast.test/v1/default/keys/a", { method, headers }),
    (named === undefined ? {} : { HOLDFAST_ALLOWED_ORIGINS: named }) as Env,
    context,
  );

const FROM = { Origin: "https://app.example" };

describe("a request from a page of another origin", () => {
  it("is served with leave to read the receipt, where its origin is named", async () => {
    const answer = await ask("GET", FROM, "https://other.example, https://app.example");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://app.example");
    expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("Holdfast-Bookmark");
    expect(answer.headers.get("Vary")).toBe("Origin");
    expect(answer.headers.get("ETag")).toBe('"7"');
    expect(await answer.text()).toBe("body");
  });

  it("is asked for beforehand, with whatever headers it will have", async () => {
    const asked = {
      ...FROM,
      "Access-Control-Request-Method": "PUT",
      "Access-Control-Request-Headers": "authorization,idempotency-key,holdfast-bookmark",
    };
    const answer = await ask("OPTIONS", asked, "*");
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(answer.headers.get("Access-Control-Allow-Methods")).toContain("PUT");
    expect(answer.headers.get("Access-Control-Allow-Headers")).toContain("idempotency-key");
  });

  it("may read nothing where its origin is not named, or none is", async () => {
    for (const named of [undefined, "", "https://other.example"]) {
      const answer = await ask("GET", FROM, named);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
      expect(await answer.text()).toBe("body");
    }
  });

  it("that opens a WebSocket is left as it is", async () => {
    const answer = await ask("GET", { ...FROM, Upgrade: "websocket" }, "*");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });
});

it("an origin is named whole", () => {
  expect(allowedOrigin("https://app.example", "https://app.example.org")).toBeNull();
  expect(allowedOrigin("https://app.example", "https://app.example")).toBe("https://app.example");
  expect(allowedOrigin("*", "https://any.example")).toBe("*");
});
