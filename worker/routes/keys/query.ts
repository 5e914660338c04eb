/**
 * A URL's query, as a schema wants it.
 *
 * Decoded strictly, unlike `URLSearchParams`: text that is no UTF-8 would otherwise silently become other
 * text, and with it another key.
 */
import type * as z from "zod";
import { faultsOf } from "../../faults.ts";
import { type Fault, Problem } from "../../problem.ts";

/** @param at where the query starts, behind its question mark; a URL without one never comes here. */
export function readQuery<Schema extends z.ZodType>(
  url: string,
  at: number,
  schema: Schema,
): z.output<Schema> {
  const { parameters, faults } = parseQuery(url.slice(at));
  const result = schema.safeParse(parameters);
  if (!result.success) {
    for (const { path, message } of faultsOf(result.error)) {
      const unknown = message === "is not a field here";
      faults.push({ path, message: unknown ? "is not a parameter here" : message });
    }
  }
  if (faults.length > 0 || !result.success) throw malformed(faults);
  return result.data;
}

/** A problem that names every fault in its detail as well: some clients show nothing else. */
export function malformed(faults: readonly Fault[]): Problem {
  const detail = faults.map(({ path, message }) => `${path} ${message}`).join("; ");
  return new Problem("bad-request", detail, { errors: faults });
}

/** Names and values, each decoded; what is given twice is a fault, for nobody could say which one counts. */
export function parseQuery(text: string): {
  parameters: Record<string, string>;
  faults: Fault[];
} {
  const parameters: Record<string, string> = Object.create(null);
  const faults: Fault[] = [];
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const spelled = equals < 0 ? pair : pair.slice(0, equals);
    const name = decode(spelled);
    const value = decode(equals < 0 ? "" : pair.slice(equals + 1));
    if (name === null) faults.push({ path: spelled, message: "must be percent-encoded UTF-8" });
    else if (value === null) faults.push({ path: name, message: "must be percent-encoded UTF-8" });
    else if (name in parameters) faults.push({ path: name, message: "is given more than once" });
    else parameters[name] = value;
  }
  return { parameters, faults };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}
