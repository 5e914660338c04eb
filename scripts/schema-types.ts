/**
 * JSON schemas as TypeScript types: as much of JSON Schema as the API's schemas use.
 *
 * A keyword it does not know is a fault: a type that says too little would go unnoticed.
 */
import type * as z from "zod";

type Schema = z.core.JSONSchema.BaseSchema;

/** Keywords that narrow values in ways that types cannot say, or say nothing of them. */
const IGNORED = new Set([
  "$schema",
  "id",
  "title",
  "description",
  "example",
  "examples",
  "default",
  "override",
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minItems",
  "maxItems",
  "uniqueItems",
]);

const KNOWN = new Set([
  ...IGNORED,
  "$ref",
  "type",
  "enum",
  "const",
  "anyOf",
  "oneOf",
  "allOf",
  "items",
  "properties",
  "required",
  "additionalProperties",
]);

/**
 * Declares a type for each definition, and one for each named enumeration, by whose name it then stands elsewhere.
 */
export function declareTypes(
  enumerations: ReadonlyMap<string, readonly string[]>,
  definitions: ReadonlyMap<string, Schema>,
): string {
  const named = new Map([...enumerations].map(([name, values]) => [union(values), name]));
  const write = new Writer(named);
  const declared = [...enumerations].map(
    ([name, values]) =>
      `\nexport type ${name} =${values.map((value) => `\n  | ${JSON.stringify(value)}`).join("")};\n`,
  );
  for (const [name, schema] of definitions) {
    const isObject = schema.type === "object" && schema.properties !== undefined;
    const text = write.type(schema, "");
    declared.push(
      `\n${comment(schema, "")}export ${isObject ? `interface ${name} ` : `type ${name} = `}${text}${isObject ? "" : ";"}\n`,
    );
  }
  return declared.join("");
}

const union = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(" | ");

function comment({ description }: Schema, indent: string): string {
  return description === undefined ? "" : `/** ${description} */\n${indent}`;
}

class Writer {
  readonly #named: ReadonlyMap<string, string>;

  constructor(named: ReadonlyMap<string, string>) {
    this.#named = named;
  }

  type(schema: Schema, indent: string): string {
    for (const keyword of Object.keys(schema)) {
      if (!KNOWN.has(keyword)) throw new Error(`${keyword} has no type`);
    }
    if (schema.$ref !== undefined) return schema.$ref.replace(/^#\/\$defs\//, "");
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) {
      const text = union(schema.enum);
      return this.#named.get(text) ?? text;
    }
    const any = schema.anyOf ?? schema.oneOf;
    if (any !== undefined) return this.#join(any, " | ", indent);
    if (schema.allOf !== undefined) return this.#join(schema.allOf, " & ", indent);
    return this.#typed(schema, indent);
  }

  #join(schemas: readonly unknown[], operator: string, indent: string): string {
    return schemas.map((schema) => this.type(schema as Schema, indent)).join(operator);
  }

  #typed(schema: Schema, indent: string): string {
    const { type: types } = schema as { readonly type?: unknown };
    if (Array.isArray(types)) {
      const each = types.map((type) => ({ ...schema, type }) as Schema);
      return this.#join(each, " | ", indent);
    }
    switch (schema.type) {
      case undefined:
        return "unknown";
      case "integer":
      case "number":
        return "number";
      case "string":
      case "boolean":
      case "null":
        return schema.type;
      case "array":
        return `readonly ${this.#element(schema.items as Schema, indent)}[]`;
      case "object":
        return this.#object(schema, indent);
      default:
        throw new Error(`the type ${String(schema.type)} has no type`);
    }
  }

  #element(schema: Schema, indent: string): string {
    const text = this.type(schema, indent);
    return / [|&] /.test(text) ? `(${text})` : text;
  }

  #object(schema: Schema, indent: string): string {
    const inner = `${indent}  `;
    const required = new Set(schema.required);
    const members = Object.entries(schema.properties ?? {}).map(([name, member]) => {
      const property = member as Schema;
      const optional = required.has(name) ? "" : "?";
      // Whoever leaves a member out may say so with `undefined`: JSON leaves that out as well.
      const type = this.type(property, inner);
      const text = optional === "" || type === "unknown" ? type : `${type} | undefined`;
      return `${inner}${comment(property, inner)}readonly ${name}${optional}: ${text};\n`;
    });
    const others = schema.additionalProperties;
    if (typeof others === "object") {
      members.push(`${inner}readonly [member: string]: ${this.type(others as Schema, inner)};\n`);
    }
    return `{\n${members.join("")}${indent}}`;
  }
}
