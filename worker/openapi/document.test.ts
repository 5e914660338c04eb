/** The description is valid, and says neither more nor less than what the app serves. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, errorDefinition } from "../../shared/errors.ts";
import { apiDocument, createApp } from "../app.ts";
import { codesOf } from "./parts.ts";

const document = JSON.parse(JSON.stringify(apiDocument())) as ReturnType<typeof apiDocument>;
const METHODS = ["get", "put", "post", "delete", "patch", "head", "options"] as const;

const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ name: `${method} ${path}`, path, method, operation }];
  }),
);

/** A router's path as the description writes it: what it captures, whatever it matches with. */
const templateOf = (path: string): string =>
  path.replaceAll(/\/:(\w+)(\{[^}]*\})?/g, "/{$1}").replace(/\/\*$/, "/{*}");

/** The same without the parameters' names. */
const shapeOf = (path: string): string => path.replaceAll(/\{[^}]*\}/g, "{}");

describe("the description", () => {
  it("is valid OpenAPI 3.1", async () => {
    const result = await new Validator().validate({ ...structuredClone(document) });
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it("has every route that the app serves, and no other", () => {
    const served = createApp()
      .routes.filter((route) => route.method !== "ALL")
      .map((route) => `${route.method.toLowerCase()} ${shapeOf(templateOf(route.path))}`);
    const described = operations
      // HEAD is answered by the route of GET.
      .filter(({ method }) => method !== "head")
      .map(({ method, path }) => `${method} ${shapeOf(path)}`);
    expect(new Set(described)).toEqual(new Set(served));
    expect(served.length).toBeGreaterThan(8);
  });

  it("names each operation once", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("refers to nothing that is not there", () => {
    const text = JSON.stringify(document);
    for (const [, reference = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference
        .split("/")
        .reduce<unknown>(
          (at, step) => (at as Record<string, unknown> | undefined)?.[step],
          document,
        );
      expect(found, reference).toBeDefined();
    }
  });

  it("tags operations with tags it explains", () => {
    const tags = new Set(document.tags?.map((tag) => tag.name));
    for (const { name, operation } of operations) {
      expect(operation.tags?.length, name).toBeGreaterThan(0);
      for (const tag of operation.tags ?? []) expect(tags, name).toContain(tag);
    }
  });
});

describe.each(operations)("$name", ({ path, method, operation }) => {
  const responses = Object.entries(operation.responses ?? {});
  const codes = responses.flatMap(([, response]) => codesOf(response));

  it("names every parameter of its path", () => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const described = (operation.parameters ?? [])
      .filter((parameter) => "in" in parameter && parameter.in === "path")
      .map((parameter) => ("name" in parameter ? parameter.name : ""));
    expect(described).toEqual(expect.arrayContaining(named));
  });

  it("says what it answers when all goes well", () => {
    expect(responses.some(([status]) => status.startsWith("2"))).toBe(true);
  });

  it("puts each code under its own status, once", () => {
    for (const [status, response] of responses) {
      for (const code of codesOf(response)) {
        expect(errorDefinition(code).status, code).toBe(Number(status));
      }
    }
    expect(new Set(codes).size).toBe(codes.length);
  });

  it("answers errors with problems, and names their codes", () => {
    for (const [status, response] of responses) {
      if (Number(status) < 400) continue;
      expect(codesOf(response).length, status).toBeGreaterThan(0);
    }
  });

  it("tells the request's id with every answer", () => {
    for (const [, response] of responses) {
      expect(response.headers?.["Holdfast-Request-Id"]).toBeDefined();
    }
  });

  it("says what the way in may answer", () => {
    const expected: ErrorCode[] = path === "/healthz" ? [] : ["internal", "not-configured"];
    if (operation.security === undefined) expected.push("unauthenticated");
    if (path.startsWith("/v1/")) expected.push("bad-request", "namespace-not-found");
    expect(codes).toEqual(expect.arrayContaining(expected));
    if (method === "post" || (method === "put" && operation.requestBody !== undefined)) {
      expect(codes).toContain("too-large");
    }
  });
});

it("the schema of problems knows every code", () => {
  const { Problem } = document.components?.schemas ?? {};
  expect(JSON.stringify(Problem)).toContain(JSON.stringify(Object.keys(ERRORS)));
});
