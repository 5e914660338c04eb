/** What the deployment says of itself: health, counters, the description and the page that shows it. */
import { describe, expect, it } from "vitest";
import manifest from "../../package.json";
import { ERRORS } from "../../shared/errors.ts";
import { call, counter } from "./service.ts";

it("/healthz says which version answers", async () => {
  const answer = await call("GET", "/healthz", { token: null });
  expect(answer.headers.get("Content-Type")).toBe("application/json");
  expect(await answer.json()).toEqual({ status: "ok", version: manifest.version });
});

describe("/metrics", () => {
  it("is Prometheus' text format", async () => {
    const answer = await call("GET", "/metrics");
    expect(answer.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = (await answer.text()).trimEnd().split("\n");
    const sample = /^[a-z_]+\{([a-z]+="[^"\\\n]*",?)+\} \d+$/;
    for (const line of lines)
      expect(line).toMatch(line.startsWith("#") ? /^# (HELP|TYPE) / : sample);
  });

  it("counts requests by route and status, not by what they name", async () => {
    const shown = 'method="GET",route="/v1/:ns",status="200"';
    const missing = 'method="GET",route="/v1/:ns",status="404"';
    const name = "holdfast_requests_total";
    const before = [await counter(name, shown), await counter(name, missing)];
    await call("GET", "/v1/default");
    await call("GET", "/v1/default");
    await call("GET", "/v1/not-there");
    expect(await counter(name, shown)).toBe((before[0] ?? 0) + 2);
    expect(await counter(name, missing)).toBe((before[1] ?? 0) + 1);
    expect(await (await call("GET", "/metrics")).text()).not.toContain("not-there");
  });

  it("counts what no route took as one", async () => {
    const unmatched = 'route="unmatched",status="404"';
    const before = await counter("holdfast_requests_total", unmatched);
    await call("GET", "/nowhere");
    await call("GET", "/nor/here");
    expect(await counter("holdfast_requests_total", unmatched)).toBe(before + 2);
  });

  it("counts refusals at the door, and faults", async () => {
    const refused = 'route="/v1/:ns",status="401"';
    const before = await counter("holdfast_requests_total", refused);
    await call("GET", "/v1/default", { token: null });
    expect(await counter("holdfast_requests_total", refused)).toBe(before + 1);
  });
});

describe("/docs", () => {
  const PAGES = ["/docs", "/docs/errors"];

  it.each(PAGES)("%s lets the browser ask nobody else", async (path) => {
    const answer = await call("GET", path, { token: null });
    expect(answer.headers.get("Content-Type")).toMatch(/^text\/html/);
    const policy = answer.headers.get("Content-Security-Policy") ?? "";
    const directives = policy.split(";").map((part) => part.trim());
    expect(directives).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:|unsafe|\*/);
    const html = await answer.text();
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(html).not.toMatch(/<script>|<style>|style="/);
  });

  it.each(PAGES)("every file that %s names is served, with the same headers", async (path) => {
    const html = await (await call("GET", path, { token: null })).text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"#]+)"/g)].map((match) => match[1] ?? "");
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const answer = await call("GET", file, { token: null });
      expect(answer.status, file).toBe(200);
      expect(answer.headers.get("X-Content-Type-Options"), file).toBe("nosniff");
      await answer.body?.cancel();
    }
  });

  it("tells a browser that has it so", async () => {
    const first = await call("GET", "/docs/page.css", { token: null });
    await first.body?.cancel();
    const headers = { "If-None-Match": first.headers.get("ETag") ?? "" };
    const again = await call("GET", "/docs/page.css", { token: null, headers });
    expect(again.status).toBe(304);
    expect(again.headers.get("Holdfast-Request-Id")).toBeTruthy();
  });

  it("/docs/errors explains every code where its problems point to", async () => {
    const html = await (await call("GET", "/docs/errors", { token: null })).text();
    for (const code of Object.keys(ERRORS)) expect(html).toContain(`id="${code}"`);
  });
});

it("/openapi.json is the same document each time", async () => {
  const [first, second] = [await call("GET", "/openapi.json"), await call("GET", "/openapi.json")];
  const text = await first.text();
  expect(await second.text()).toBe(text);
  expect(JSON.parse(text)).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
});
