/** Values made from a JSON schema: mostly what it asks for, now and then something else. */
import * as fc from "fast-check";

/** The part of JSON Schema that the description uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly examples?: readonly unknown[];
  readonly example?: unknown;
}

type Components = Readonly<Record<string, Schema>>;

const MAX_DEPTH = 4;

export function jsonLike(schema: Schema, components: Components, depth = 0): fc.Arbitrary<unknown> {
  const right = conforming(schema, components, depth);
  // A fault in every part would leave nothing to be understood.
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });
}

function conforming(schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  const example = schema.example ?? schema.examples?.[0];
  if (example !== undefined) {
    return fc.oneof(fc.constant(example), byType(schema, components, depth));
  }
  return byType(schema, components, depth);
}

function byType(schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  if (depth > MAX_DEPTH) return fc.constant(null);
  if (schema.$ref !== undefined) {
    const target = components[schema.$ref.split("/").at(-1) ?? ""];
    return target === undefined ? fc.jsonValue() : jsonLike(target, components, depth + 1);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) {
    return fc.oneof(...choices.map((choice) => jsonLike(choice, components, depth + 1)));
  }
  switch (typeof schema.type === "string" ? schema.type : schema.type?.[0]) {
    case "object":
      return objectOf(schema, components, depth);
    case "array":
      return fc.array(jsonLike(schema.items ?? {}, components, depth + 1), { maxLength: 5 });
    case "integer":
    case "number":
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -10, max: Math.min(schema.maximum ?? 1e9, 2 ** 31) }),
        fc.double(),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 0, Number.MAX_SAFE_INTEGER, -1),
      );
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return schema.format === "date-time"
        ? fc.date({ noInvalidDate: false }).map((date) => (+date ? date.toISOString() : "never"))
        : fc.string({ unit: "binary", maxLength: 40 });
    default:
      return fc.jsonValue();
  }
}

function objectOf(schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, jsonLike(field, components, depth + 1)] as const,
  );
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: [] });
  const surplus = fc.dictionary(fc.constantFrom("extra", "__proto__", "a.b"), fc.jsonValue());
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, surplus).map(([a, b]) => ({ ...a, ...b })) },
  );
}

/** A body for an operation: what it asks for, that cut short, or bytes that mean nothing. */
export function bodyOf(
  content: Readonly<Record<string, { readonly schema?: Schema }>> | undefined,
  components: Components,
): fc.Arbitrary<unknown> {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))),
    fc.constant(undefined),
  );
  const schema = content?.["application/json"]?.schema;
  if (schema === undefined) return noise;
  return fc.oneof({ weight: 4, arbitrary: jsonLike(schema, components) }, noise);
}
