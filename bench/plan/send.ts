// One request to a system, outside of any load.
import type { LoadRequest } from "../load/job.ts";
import type { System } from "../systems/system.ts";

export interface Answer {
  status: number;
  body: string;
  /** Null where it has none. */
  bookmark: string | null;
}

export async function send(
  { method, path, body, headers }: LoadRequest,
  system: System,
  port: number,
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...system.headers, "content-type": "application/json", ...headers },
    body: body ?? null,
  });
  const bookmark = response.headers.get("holdfast-bookmark");
  return { status: response.status, body: await response.text(), bookmark };
}
