/**
 * Calls to a namespace's object: a deadline, and one second try on a fresh stub.
 *
 * A stub that has thrown may go on throwing, and a call into a stopped process never answers. Every
 * method of the object may be called twice.
 */
import type { Namespace } from "../../durable-objects/namespace.ts";
import { NAMESPACE_CALL_MS } from "../../shared/limits.ts";
import type { Env } from "../context.ts";
import { countObjectCalls } from "../metrics.ts";
import { Problem } from "../problem.ts";

type Method = "config" | "create" | "token" | "tokens" | "addToken" | "revokeToken";

/** The object's methods as they are called from afar. What they answer is plain data. */
export type NamespaceCalls = {
  [Name in Method]: (
    ...args: Parameters<Namespace[Name]>
  ) => Promise<Awaited<ReturnType<Namespace[Name]>>>;
};

export async function callNamespace<Result>(
  env: Env,
  name: string,
  call: (namespace: NamespaceCalls) => Promise<Result>,
  locationHint?: DurableObjectLocationHint,
): Promise<Result> {
  const attempt = () => {
    countObjectCalls(1);
    const stub = env.NAMESPACE.get(
      env.NAMESPACE.idFromName(name),
      locationHint === undefined ? {} : { locationHint },
    );
    return withDeadline(call(stub as unknown as NamespaceCalls));
  };
  try {
    return await attempt();
  } catch (fault) {
    if (isOverloaded(fault)) throw overloaded();
  }
  try {
    return await attempt();
  } catch (fault) {
    if (fault instanceof Problem) throw fault;
    // Overloaded or not, the first attempt may have had its effect: nothing definite can be said.
    throw new Error("the namespace's object failed twice", { cause: fault });
  }
}

async function withDeadline<Result>(call: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const deadline = new Promise<never>((_, reject) => {
    const expire = () =>
      reject(new Problem("deadline-exceeded", "the namespace's object does not answer"));
    timer = setTimeout(expire, NAMESPACE_CALL_MS);
  });
  try {
    return await Promise.race([call, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

const isOverloaded = (fault: unknown): boolean =>
  fault instanceof Error && (fault as Error & { overloaded?: boolean }).overloaded === true;

const overloaded = () => new Problem("overloaded", "the namespace's object has too much to do");
