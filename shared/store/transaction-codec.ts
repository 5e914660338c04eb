/**
 * Transactions' effects as plain JSON. Only an outcome's answer may hold bytes; they become base64 where they stand.
 */
import { fromBase64, toBase64 } from "../base64.ts";
import type {
  OutcomeEffect,
  TransactionEffect,
  TransactionResult,
} from "../transaction/effects.ts";

type PackedResult = Omit<TransactionResult, "value"> & {
  readonly value?: { readonly bytes: string; readonly contentType: string };
};

type PackedOutcome = Omit<OutcomeEffect, "answer"> & {
  readonly answer:
    | (Omit<NonNullable<OutcomeEffect["answer"]>, "results"> & {
        readonly results: readonly PackedResult[];
      })
    | null;
};

/** An effect as it is written. */
export type PackedEffect = Exclude<TransactionEffect, OutcomeEffect> | PackedOutcome;

export function pack(effect: TransactionEffect): PackedEffect {
  if (effect.type !== "outcome") return effect;
  const { answer } = effect;
  if (answer === null) return { ...effect, answer };
  const results = answer.results.map(({ value, ...mark }) =>
    value === undefined ? mark : { ...mark, value: { ...value, bytes: toBase64(value.bytes) } },
  );
  return { ...effect, answer: { ...answer, results } };
}

export function unpack(effect: PackedOutcome): OutcomeEffect;
export function unpack(effect: PackedEffect): TransactionEffect;
export function unpack(effect: PackedEffect): TransactionEffect {
  if (effect.type !== "outcome") return effect;
  const { answer } = effect;
  if (answer === null) return { ...effect, answer };
  const results = answer.results.map(({ value, ...mark }) =>
    value === undefined ? mark : { ...mark, value: { ...value, bytes: fromBase64(value.bytes) } },
  );
  return { ...effect, answer: { ...answer, results } };
}
