/** A deadline of ours around a call, for the platform gives it none. */
import type { Ms } from "../shared/types.ts";

/** What the call brings, if it settles in time; a failure says nothing of its effect. */
export function within<T>(deadlineMs: Ms, call: Promise<T>): Promise<T> {
  let timer: number | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}
