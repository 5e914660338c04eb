/** What the descriptions of routes are put together from. */
import * as z from "zod";
import type {
  ZodOpenApiContentObject,
  ZodOpenApiRequestBodyObject,
  ZodOpenApiResponsesObject,
} from "zod-openapi";
import { type ErrorCode, errorDefinition } from "../../shared/errors.ts";
import { namespaceNameSchema } from "../../shared/wire/common.ts";
import { PROBLEM_MEDIA_TYPE } from "../problem.ts";

export const namespacePath = z.object({ ns: namespaceNameSchema });

export const tokenPath = z.object({
  ns: namespaceNameSchema,
  id: z.string().meta({ description: "The token's id." }),
});

export const jsonContent = (schema: z.ZodType): ZodOpenApiContentObject => ({
  "application/json": { schema },
});

export const jsonBody = (schema: z.ZodType): ZodOpenApiRequestBodyObject => ({
  content: jsonContent(schema),
  required: true,
});

/** The problems an operation may answer with: one response a status, naming its codes. */
export function problems(...codes: readonly ErrorCode[]): ZodOpenApiResponsesObject {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorDefinition(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, together]) => [String(status), problem(together)]),
  );
}

function problem(codes: readonly ErrorCode[]) {
  return {
    description: codes
      .map((code) => `\`${code}\`: ${errorDefinition(code).title}. ${errorDefinition(code).advice}`)
      .join("\n\n"),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: {
          allOf: [
            { $ref: "#/components/schemas/Problem" },
            { type: "object" as const, properties: { code: { enum: [...codes] } } },
          ],
        },
      },
    },
  };
}

/** The codes that a response made by {@link problems} names. */
export function codesOf(response: unknown): ErrorCode[] {
  type Shape = {
    content?: Record<
      string,
      { schema?: { allOf?: { properties?: { code?: { enum?: ErrorCode[] } } }[] } }
    >;
  };
  const schemas = (response as Shape | undefined)?.content?.[PROBLEM_MEDIA_TYPE]?.schema?.allOf;
  return schemas?.flatMap((schema) => schema.properties?.code?.enum ?? []) ?? [];
}
