/** What a schema finds wrong, as the `errors` of a problem. */
import type * as z from "zod";
import { TOO_LARGE } from "../shared/wire/common.ts";
import type { Fault } from "./problem.ts";

type Issue = z.core.$ZodIssue;

/** Faults told at once. Nobody mends more in one go, and a body of nothing but faults must not be echoed. */
const FAULTS_MAX = 100;

/** Each fault by the path to it, such as `regions[0]`. A field nobody knows is named by its own path. */
export function faultsOf(error: z.core.$ZodError): Fault[] {
  const faults: Fault[] = [];
  for (const issue of error.issues) {
    collect(issue, [], faults);
    if (faults.length >= FAULTS_MAX) break;
  }
  return faults.slice(0, FAULTS_MAX);
}

/** Whether all that is wrong is the size of something. */
export const isOnlyTooLarge = ({ issues }: z.core.$ZodError): boolean =>
  issues.every((issue) => issue.code === "custom" && issue.params === TOO_LARGE);

function collect(issue: Issue, above: readonly PropertyKey[], faults: Fault[]): void {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys.slice(0, FAULTS_MAX)) {
      faults.push({ path: pathText([...path, key]), message: "is not a field here" });
    }
    return;
  }
  const meant = issue.code === "invalid_union" ? alternativeMeant(issue.errors) : undefined;
  if (meant === undefined) faults.push({ path: pathText(path), message: messageOf(issue) });
  else for (const inner of meant) collect(inner, path, faults);
}

/** A field of any type that is missing is an oddity of the library's wording. */
const messageOf = (issue: Issue): string =>
  issue.code === "invalid_type" && issue.expected === "nonoptional"
    ? "is needed here"
    : issue.message;

/**
 * Of several shapes that an object may have, the one it comes nearest to: the first that finds the least wrong with it.
 * Undefined where it has none of their fields, or is no object at all.
 */
function alternativeMeant(alternatives: readonly Issue[][]): Issue[] | undefined {
  const entered = alternatives.filter((issues) => issues.every(isOfPart));
  const count = (issues: readonly Issue[]) =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1),
      0,
    );
  return entered.sort((one, other) => count(one) - count(other))[0];
}

const isOfPart = (issue: Issue): boolean =>
  issue.path.length > 0 || issue.code === "unrecognized_keys";

function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text === "" ? "body" : text;
}
