/** What a schema finds wrong, as the `errors` of a problem. */
import type * as z from "zod";
import type { Fault } from "./problem.ts";

/** Each fault by the path to it, such as `regions[0]`. A field nobody knows is named by its own path. */
export function faultsOf(error: z.core.$ZodError): Fault[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          path: pathText([...issue.path, key]),
          message: "is not a field here",
        }))
      : [{ path: pathText(issue.path), message: issue.message }],
  );
}

function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text === "" ? "body" : text;
}
