/** Problem details (RFC 9457), with the members every error of the service has. */
import * as z from "zod";
import { ERRORS, type ErrorCode } from "../errors.ts";

export const problemSchema = z
  .object({
    type: z
      .string()
      .meta({ description: "Where the code is explained, relative to the deployment." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: "What happened, for a reader." }),
    instance: z.string().meta({ description: "The path that was asked for." }),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    definite: z.boolean().meta({
      description: "True: the request certainly had no effect. False: it may have had one.",
    }),
    retryable: z.boolean().meta({ description: "Whether sending it again unchanged may succeed." }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: "Each fault of a malformed request: where, and what is wrong there." }),
  })
  .catchall(z.unknown())
  .meta({ id: "Problem", description: "RFC 9457 problem details." });

export type ProblemBody = z.infer<typeof problemSchema>;
