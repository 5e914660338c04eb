import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { clientTypes, clientTypesFile } from "./generate-client-types.ts";
import { declareTypes } from "./schema-types.ts";

it("client/api.ts is what `node scripts/generate-client-types.ts` writes", () => {
  expect(readFileSync(clientTypesFile, "utf8")).toBe(clientTypes());
});

it("a keyword that no type can be made of is a fault", () => {
  const schema = { type: "array", items: {}, prefixItems: [{ type: "string" }] } as const;
  const definitions = new Map([["Pair", { ...schema, prefixItems: [...schema.prefixItems] }]]);
  expect(() => declareTypes(new Map(), definitions)).toThrow("prefixItems has no type");
});
