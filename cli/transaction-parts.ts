/** A transaction from options of the command line, in the order in which they stand there. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type Condition, type GetOperation, type Operation, op, when } from "../client/index.ts";
import { jsonIn, readValue } from "./input.ts";
import type { Io } from "./io.ts";
import { valueJson } from "./show/value.ts";

export interface Parts {
  readonly if: readonly Condition[];
  readonly then: readonly Operation[];
  readonly else: readonly GetOperation[];
}

interface Collected {
  readonly if: Condition[];
  readonly then: Operation[];
  readonly else: GetOperation[];
}

/** A part, once what it names has been read. */
type Part = (to: Collected, io: Io) => void | Promise<void>;

const KINDS = {
  "if-revision": (text) => {
    const [key, revision] = keyAndNumber(text);
    return (to) => void to.if.push(when.revision(key, revision));
  },
  "if-absent": (key) => (to) => void to.if.push(when.absent(key)),
  "if-present": (key) => (to) => void to.if.push(when.present(key)),
  "if-at-least": (text) => {
    const [key, least] = keyAndNumber(text);
    return (to) => void to.if.push(when.atLeast(key, least));
  },
  "if-equals": (text) => {
    const [key, value] = keyAndValue(text);
    return (to) => void to.if.push(when.equals(key, jsonOrText(value)));
  },
  "if-lock": (text) => {
    const [lock, token] = keyAndNumber(text);
    return (to) => void to.if.push(when.held(lock, token));
  },
  "if-leader": (text) => {
    const [election, token] = keyAndNumber(text);
    return (to) => void to.if.push(when.leads(election, token));
  },
  put: (text) => {
    const [key, value] = keyAndValue(text);
    return async (to, io) => {
      const { bytes, contentType } = await readValue(io, value, undefined);
      to.then.push({ op: "put", key, ...valueJson(bytes, contentType) });
    };
  },
  delete: (key) => (to) => void to.then.push(op.delete(key)),
  add: (text) => {
    const [key, by] = keyAndNumber(text);
    return (to) => void to.then.push(op.add(key, by));
  },
  append: (text) => {
    const [key, value] = keyAndValue(text);
    return (to) => void to.then.push(op.append(key, jsonOrText(value)));
  },
  get: (key) => (to) => void to.then.push(op.get(key)),
  "else-get": (key) => (to) => void to.else.push(op.get(key)),
} satisfies Readonly<Record<string, (text: string) => Part>>;

export class TransactionParts {
  readonly #parts: Part[] = [];

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Takes an option of this kind, as often as it stands there. */
  add(kind: keyof typeof KINDS): (text: string) => true {
    return (text) => {
      this.#parts.push(KINDS[kind](text));
      return true;
    };
  }

  async read(io: Io): Promise<Parts> {
    const collected: Collected = { if: [], then: [], else: [] };
    for (const part of this.#parts) await part(collected, io);
    return collected;
  }
}

/** Keys may hold an `=`, and numbers hold none. */
function keyAndNumber(text: string): readonly [key: string, number: number] {
  const at = text.lastIndexOf("=");
  const number = Number(text.slice(at + 1));
  if (at > 0 && text.length > at + 1 && Number.isFinite(number)) return [text.slice(0, at), number];
  throw new InvalidArgumentError("It is a key and a number: balance/a=30.");
}

function keyAndValue(text: string): readonly [key: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError(
    "It is a key and a value: mode=open. A key with an = in it wants the JSON document.",
  );
}

const jsonOrText = (text: string): unknown => jsonIn(new TextEncoder().encode(text)) ?? text;
