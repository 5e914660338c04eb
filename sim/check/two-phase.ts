/**
 * T1, T2 and T3 on the logs of all groups: what was voted, refused, decided and resolved agrees everywhere.
 *
 * Written from DESIGN.md §6 anew; nothing of the member's code is used.
 */
import { REQUEST_COPY_MS } from "../../shared/limits.ts";
import type { Entry } from "../../shared/store/entry.ts";
import type {
  OutcomeEffect,
  RecordEffect,
  RefusalEffect,
  ResolveEffect,
  VoteEffect,
} from "../../shared/transaction/effects.ts";
import type { GroupLog } from "../archive.ts";
import type { Word } from "../plays/transactions/told.ts";
import type { Report } from "./report.ts";

interface Placed<Effect> {
  readonly group: string;
  readonly index: number;
  /** When it was appended, on its leader's clock. */
  readonly at: number;
  readonly effect: Effect;
}

/** All that the logs say of one transaction. */
interface Trail {
  readonly id: string;
  readonly records: Placed<RecordEffect>[];
  readonly votes: Placed<VoteEffect>[];
  readonly refusals: Placed<RefusalEffect>[];
  readonly resolves: Placed<ResolveEffect>[];
  readonly outcomes: Placed<OutcomeEffect>[];
}

/** How long logs are kept, by clocks that are so far apart. */
export interface Windows {
  readonly historyMs: number;
  readonly clockSpreadMs: number;
}

export function checkTwoPhase(
  logs: readonly GroupLog[],
  words: readonly Word[],
  windows: Windows,
  report: Report,
): void {
  const trails = trailsOf(logs);
  for (const trail of trails.values()) {
    checkVotes(trail, windows, report);
    checkOutcomes(trail, report);
    checkResolves(trail, report);
  }
  for (const log of logs) checkLocks(log, report);
  checkWords(trails, words, report);
}

function trailsOf(logs: readonly GroupLog[]): Map<string, Trail> {
  const trails = new Map<string, Trail>();
  const trailOf = (id: string): Trail => {
    const known = trails.get(id);
    if (known !== undefined) return known;
    const trail = { id, records: [], votes: [], refusals: [], resolves: [], outcomes: [] };
    trails.set(id, trail);
    return trail;
  };
  for (const { group, entries } of logs) {
    for (const { index, at, transaction = [] } of entries) {
      for (const effect of transaction) {
        if (effect.type === "horizon") continue;
        const trail = trailOf(effect.id);
        const place = { group, index, at };
        if (effect.type === "record") trail.records.push({ ...place, effect });
        else if (effect.type === "vote") trail.votes.push({ ...place, effect });
        else if (effect.type === "resolve") trail.resolves.push({ ...place, effect });
        else if (effect.type === "outcome") trail.outcomes.push({ ...place, effect });
        else trail.refusals.push({ ...place, effect });
      }
    }
  }
  return trails;
}

/**
 * T2: one word an attempt and group, and one record an attempt.
 *
 * A vote that is resolved is forgotten when the log is compacted behind it. What is said of the attempt then, to a
 * message that comes as late as that, has no consequence any more: the outcome is durable.
 */
function checkVotes(
  { id, votes, refusals, records, resolves }: Trail,
  { historyMs, clockSpreadMs }: Windows,
  report: Report,
): void {
  const keptMs = Math.max(historyMs, REQUEST_COPY_MS) - clockSpreadMs;
  const forgotten = (vote: Placed<VoteEffect>, later: Placed<unknown>): boolean => {
    const isItsEnd = (one: Placed<ResolveEffect>): boolean =>
      one.group === vote.group && one.effect.vote === vote.index && one.index < later.index;
    return later.at - vote.at > keptMs && resolves.some(isItsEnd);
  };
  const seen = new Map<string, Placed<VoteEffect>>();
  for (const vote of votes) {
    const place = `${vote.group} #${vote.effect.attempt}`;
    const before = seen.get(place);
    if (before !== undefined && !forgotten(before, vote)) {
      report("T2", `${id}: ${place} votes at ${before.index} and at ${vote.index}`);
    }
    seen.set(place, vote);
  }
  for (const refusal of refusals) {
    const place = `${refusal.group} #${refusal.effect.attempt}`;
    const vote = votes.find((one) => `${one.group} #${one.effect.attempt}` === place);
    if (vote !== undefined && !forgotten(vote, refusal)) {
      report("T2", `${id}: ${place} votes at ${vote.index} and refuses at ${refusal.index}`);
    }
  }
  const recorded = new Map<number, number>();
  for (const { group, index, effect } of records) {
    const before = recorded.get(effect.attempt);
    if (before !== undefined) {
      report("T3", `${id}: ${group} records #${effect.attempt} at ${before} and at ${index}`);
    }
    recorded.set(effect.attempt, index);
  }
}

/** T3: one final outcome, which follows from the votes that it names. */
function checkOutcomes({ id, outcomes, records, votes }: Trail, report: Report): void {
  const final = outcomes.filter(({ effect }) => effect.final);
  const [first, second] = final;
  if (first !== undefined && second !== undefined) {
    report("T3", `${id}: two outcomes, ${shown(first)} and ${shown(second)}`);
  }
  const anchors = new Set([...outcomes, ...records].map(({ group }) => group));
  if (anchors.size > 1) report("T3", `${id} has several anchors: ${[...anchors].join(", ")}`);
  for (const outcome of outcomes) {
    const { group, index, effect } = outcome;
    const { attempt, status } = effect;
    if (!effect.final && status !== "aborted") {
      report("T3", `${id}: ${shown(outcome)} is not final`);
    }
    if (status === "aborted") continue;
    const record = records.find((one) => one.effect.attempt === attempt);
    if (record === undefined) {
      // All in one entry.
      if (effect.votes[group] !== index) report("T3", `${id}: ${shown(outcome)} has no record`);
      continue;
    }
    for (const participant of [group, ...record.effect.participants]) {
      const at = effect.votes[participant];
      const vote = votes.find((one) => one.group === participant && one.index === at);
      if (vote === undefined || vote.effect.attempt !== attempt) {
        report("T3", `${id}: ${shown(outcome)}, but ${participant} has no vote at ${at}`);
      } else if (status === "committed" && (vote.effect.failed.length > 0 || vote.effect.fault)) {
        report("T3", `${id}: ${shown(outcome)}, but ${participant}'s vote at ${at} does not hold`);
      }
    }
  }
}

/** T1: the votes of a committed transaction take effect, all of them, and no others ever do. */
function checkResolves({ id, outcomes, resolves, votes }: Trail, report: Report): void {
  const committed = outcomes.find(({ effect }) => effect.status === "committed");
  const named = committed?.effect.votes ?? {};
  const resolved = new Map<string, Placed<ResolveEffect>>();
  for (const resolve of resolves) {
    const { group, effect } = resolve;
    const place = `${group} ${effect.vote}`;
    const before = resolved.get(place);
    if (before !== undefined) {
      report(
        "T2",
        `${id}: ${group} resolves ${effect.vote} at ${before.index} and ${resolve.index}`,
      );
    }
    resolved.set(place, resolve);
    const vote = votes.find((one) => one.group === group && one.index === effect.vote);
    if (vote === undefined) {
      report("T2", `${id}: ${group} resolves ${effect.vote}, where it has not voted`);
    }
    const holds = (named as Record<string, number>)[group] === effect.vote;
    if (effect.committed === holds) continue;
    const what = effect.committed ? "takes effect" : "is dropped";
    report("T1", `${id}: ${group}'s vote at ${effect.vote} ${what} at ${resolve.index}`);
  }
  for (const { group, index } of votes) {
    if (resolved.has(`${group} ${index}`)) continue;
    report("T5", `${id}: ${group}'s vote at ${index} is never resolved`);
  }
}

/** From a vote to its resolution nobody else changes what it has locked, or locks it against it. */
function checkLocks({ group, entries }: GroupLog, report: Report): void {
  const open = new Map<number, VoteEffect>();
  for (const { index, effects, transaction = [] } of entries as readonly Entry[]) {
    const votes: VoteEffect[] = [];
    for (const effect of transaction) {
      if (effect.type === "resolve") open.delete(effect.vote);
      if (effect.type === "vote") votes.push(effect);
    }
    const writes = new Set(effects.map(({ key }) => key));
    for (const [at, vote] of open) {
      for (const lock of vote.locks) {
        if (writes.has(lock.key)) {
          report("locks", `${group}: ${index} changes ${lock.key}, locked by the vote at ${at}`);
        }
        const against = votes.some((other) =>
          other.locks.some((one) => one.key === lock.key && (one.write || lock.write)),
        );
        if (against) {
          report("locks", `${group}: ${index} locks ${lock.key}, locked by the vote at ${at}`);
        }
      }
    }
    for (const vote of votes) open.set(index, vote);
  }
}

/** T3: what a client was told is what the anchor's log says. */
function checkWords(
  trails: ReadonlyMap<string, Trail>,
  words: readonly Word[],
  report: Report,
): void {
  for (const { id, by, told, answer, toldAt } of words) {
    if (id.includes(".only-") || told === "pending" || told === "unknown-id") continue;
    const final = trails.get(id)?.outcomes.find(({ effect }) => effect.final);
    const said = final?.effect.status ?? "nothing";
    const agree = told === "refused" ? said !== "committed" : said === told;
    if (!agree) {
      report("T3", `${id}: ${by} was told ${told} at ${toldAt.toFixed(1)}; the log says ${said}`);
    } else if (answer !== null && final?.effect.answer !== null && final !== undefined) {
      if (JSON.stringify(gist(answer)) !== JSON.stringify(gist(final.effect.answer))) {
        report("T3", `${id}: ${by} was told another answer than the log has at ${final.index}`);
      }
    }
  }
}

const decoder = new TextDecoder();

const gist = ({ succeeded, failed, results }: NonNullable<Word["answer"]>) => ({
  succeeded,
  failed: failed.map(({ condition, key, revision }) => ({ condition, key, revision })),
  results: results.map(({ at, op, key, revision, value }) => ({
    at,
    op,
    key,
    revision,
    value: value === undefined ? null : decoder.decode(value.bytes),
  })),
});

const shown = ({ group, index, effect }: Placed<OutcomeEffect>): string =>
  `#${effect.attempt} ${effect.status} at ${group} ${index}`;
