/** All that is held against a run of transactions. */

import { readJson } from "../../shared/transaction/json.ts";
import type { Finding } from "../outcome.ts";
import type { TransactionsOutcome } from "../plays/transactions/play.ts";
import { BALANCE } from "../plays/transactions/play.ts";
import type { AskedTransaction, Word } from "../plays/transactions/told.ts";
import { checkLeaders } from "./leaders.ts";
import { checkMembers } from "./members.ts";
import type { Report } from "./report.ts";
import { findAnswerAnomalies, type Told } from "./transactions/answers.ts";
import { type Balances, findBankAnomalies } from "./transactions/bank.ts";
import { findAnomalies } from "./transactions/cycles.ts";
import type { Fate, ObservedTransaction, Step } from "./transactions/history.ts";
import { checkTwoPhase } from "./two-phase.ts";
import { checkKeptLogs } from "./windows.ts";

export function checkTransactions(outcome: TransactionsOutcome): Finding[] {
  const findings: Finding[] = [...outcome.findings];
  const report: Report = (property, detail) => findings.push({ property, detail });
  const { logs, facts, operations } = outcome;
  for (const log of logs) {
    checkMembers(log, report);
    checkKeptLogs(log, facts, report);
  }
  checkLeaders(operations, report);
  checkTwoPhase(logs, outcome.words, facts, report);
  const seen = observe(outcome);
  for (const { name, detail } of findAnomalies(seen.flatMap(({ observed }) => observed))) {
    report(`T4 ${name}`, detail);
  }
  checkBank(outcome, seen, report);
  checkAnswers(outcome, seen, report);
  return findings;
}

/** A transaction, its repeats included, and what became of it. */
interface Seen {
  readonly asked: readonly AskedTransaction[];
  readonly fate: Fate;
  /** What a client was told that it came to, if it ran. */
  readonly word: Word | null;
  readonly observed: ObservedTransaction;
}

function observe({ transactions, words, lists: names }: TransactionsOutcome): Seen[] {
  const wordsOf = new Map<string, Word[]>();
  for (const word of words) {
    const known = wordsOf.get(word.id);
    if (known === undefined) wordsOf.set(word.id, [word]);
    else known.push(word);
  }
  const byEffect = new Map<string, AskedTransaction[]>();
  for (const asked of transactions) {
    const known = byEffect.get(asked.effect);
    if (known === undefined) byEffect.set(asked.effect, [asked]);
    else known.push(asked);
  }
  const lists = new Set(names);
  return [...byEffect.values()].map((asked): Seen => {
    const told = asked.flatMap(({ id }) => wordsOf.get(id) ?? []);
    const ran = told.filter((word) => word.told === "committed" || word.told === "else");
    const word = ran[0] ?? null;
    // Repeats are each another id: only if all of them are aborted is it certain that none took effect.
    const aborted = asked.every(({ id }) =>
      (wordsOf.get(id) ?? []).some(({ told }) => told === "aborted" || told === "refused"),
    );
    const fate: Fate = word !== null ? "committed" : aborted ? "aborted" : "unknown";
    const [first] = asked;
    if (first === undefined) throw new Error("an effect is of some transaction");
    return {
      asked,
      fate,
      word,
      observed: {
        name: `${first.name} (${first.id})`,
        invokedAt: Math.min(...asked.map(({ invokedAt }) => invokedAt)),
        returnedAt: Math.min(Number.POSITIVE_INFINITY, ...ran.map(({ toldAt }) => toldAt)),
        fate,
        steps: stepsOf(first, word, lists),
      },
    };
  });
}

function stepsOf({ whole }: AskedTransaction, word: Word | null, lists: Set<string>): Step[] {
  const steps: Step[] = [];
  const read = (key: string, at: number): void => {
    if (!word?.answer || !lists.has(key)) return;
    const result = word.answer.results.find((one) => one.at === at);
    if (result === undefined) return;
    const list = result.value === undefined ? [] : (readJson(result.value) as string[]);
    steps.push({ type: "read", key, list });
  };
  if (word !== null && word.told === "else") {
    for (const [at, { key }] of whole.otherwise.entries()) read(key, at);
    return steps;
  }
  for (const [at, operation] of whole.operations.entries()) {
    if (operation.type === "get") read(operation.key, at);
    if (operation.type !== "append") continue;
    for (const value of operation.values) {
      steps.push({ type: "append", key: operation.key, value: String(value) });
    }
    read(operation.key, at);
  }
  return steps;
}

function checkBank(
  { layout: { accounts, covered }, last }: TransactionsOutcome,
  seen: readonly Seen[],
  report: Report,
): void {
  const initial: Record<string, number> = {};
  for (const account of accounts) initial[account] = covered ? BALANCE : 0;
  const transfers = seen.flatMap(({ asked: [asked], fate, word }) => {
    if (!asked?.transfer) return [];
    const ended: Fate = word?.told === "else" ? "aborted" : fate;
    return [{ name: asked.name, ...asked.transfer, fate: ended }];
  });
  const reads = seen.flatMap(({ asked: [asked], word }) => {
    const balances: Record<string, number> = {};
    for (const { key, value, op } of word?.answer?.results ?? []) {
      if (!accounts.includes(key) || op === "put") continue;
      const balance = value === undefined ? 0 : readJson(value);
      if (typeof balance === "number") balances[key] = balance;
    }
    const some = Object.keys(balances).length > 0;
    return some && asked !== undefined ? [{ name: asked.name, balances }] : [];
  });
  let ended: Balances | null = null;
  if (last !== null) {
    ended = Object.fromEntries(accounts.map((key) => [key, Number(last.get(key) ?? 0)]));
  }
  const history = { initial, covered, transfers, reads, last: ended };
  for (const { name, detail } of findBankAnomalies(history)) report(`T4 bank ${name}`, detail);
}

/** All that was told of a transaction agrees (T3). */
function checkAnswers(
  { words, last, lists: keys }: TransactionsOutcome,
  seen: readonly Seen[],
  report: Report,
): void {
  const told = words.flatMap(({ id, by, askedAt, toldAt, told }): Told[] =>
    // What is decided may be pending to whoever does not settle: its outcome is yet to be written down.
    told === "refused" || told === "pending" ? [] : [{ id, by, askedAt, toldAt, told }],
  );
  // Which of several repeats took effect, only the log knows.
  const effects = seen.flatMap(({ asked }) => {
    const [only, another] = asked;
    if (only === undefined || another !== undefined) return [];
    return only.whole.operations.flatMap((operation) =>
      operation.type === "append"
        ? operation.values.map((value) => ({
            id: only.id as string,
            key: operation.key,
            value: String(value),
          }))
        : [],
    );
  });
  const lists = seen.flatMap(({ observed: { name, steps, fate } }) =>
    fate !== "committed"
      ? []
      : steps.flatMap((step) =>
          step.type === "read" ? [{ by: name, key: step.key, list: step.list, last: false }] : [],
        ),
  );
  if (last !== null) {
    for (const key of keys) {
      const list = (last.get(key) ?? []) as readonly string[];
      lists.push({ by: "the auditor", key, list: [...list], last: true });
    }
  }
  for (const { name, detail } of findAnswerAnomalies(told, effects, lists)) {
    report(`T3 ${name}`, detail);
  }
}
