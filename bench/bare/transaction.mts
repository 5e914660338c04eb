// What both transaction baselines understand of a transaction's body: the part of Holdfast's that the
// benchmark sends. Keys are divided among objects as Holdfast divides them among groups.

export interface Condition {
  key: string;
  /** The value is a number, and at least this. */
  atLeast: number;
}

export type Operation =
  | { op: "put"; key: string; value: unknown }
  | { op: "add"; key: string; by: number };

export interface Transaction {
  if?: Condition[];
  then: Operation[];
  /** How long to go on trying where others are in the way; 5 seconds where none is said. */
  deadlineMs?: number;
}

/** What one object has to do with a transaction. */
export interface Part {
  /** The object's name. */
  object: string;
  conditions: Condition[];
  operations: Operation[];
}

/** The parts, in the order in which the objects are first named. */
export function split({ if: conditions = [], then: operations }: Transaction): Part[] {
  const parts = new Map<string, Part>();
  const partOf = (key: string): Part => {
    const object = objectOf(key);
    let part = parts.get(object);
    if (part === undefined) {
      part = { object, conditions: [], operations: [] };
      parts.set(object, part);
    }
    return part;
  };
  for (const condition of conditions) partOf(condition.key).conditions.push(condition);
  for (const operation of operations) partOf(operation.key).operations.push(operation);
  return [...parts.values()];
}

/** The text in the key's first braces, or the key itself. */
export function objectOf(key: string): string {
  return /\{(.+?)\}/.exec(key)?.[1] ?? key;
}

/** The key that a `GET` is about: all of its path behind `/keys/`. */
export function keyOf(url: string): string {
  const { pathname } = new URL(url);
  return decodeURIComponent(pathname.slice(pathname.indexOf("/keys/") + "/keys/".length));
}

/** A value as it is stored, or 404 where there is none. */
export function valueResponse(value: string | null): Response {
  if (value === null) return new Response(null, { status: 404 });
  return new Response(value, { headers: { "content-type": "application/json" } });
}
