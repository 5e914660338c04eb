/** All that is held against a run of replicas, on the groups' logs and true time: F1, F3, and what sessions promise. */
import type { Entry, StoredRecord } from "../../shared/store/entry.ts";
import type { GroupLog } from "../archive.ts";
import { text } from "../history.ts";
import type { Finding } from "../outcome.ts";
import type { ReplicasOutcome } from "../plays/replicas/play.ts";
import type { Copy, Past, ReplicaListWord, ReplicaWord, Sight } from "../plays/replicas/told.ts";
import { Fold, type FoldedRecord } from "./fold.ts";
import { checkMembers } from "./members.ts";
import { keysInRange } from "./range.ts";
import type { Report } from "./report.ts";
import { checkKeptLogs } from "./windows.ts";

export function checkReplicas(outcome: ReplicasOutcome): Finding[] {
  const findings: Finding[] = [...outcome.findings];
  const report: Report = (property, detail) => findings.push({ property, detail });
  const truths = new Map<string, Truth>();
  for (const log of outcome.logs) {
    checkMembers(log, report);
    checkKeptLogs(log, outcome.facts, report);
    truths.set(log.group, new Truth(log));
  }
  for (const word of outcome.words)
    checkWord(word, truthOf(truths, word.group), outcome.past, report);
  checkForward(outcome.words, report);
  for (const list of outcome.lists) checkList(list, truths, report);
  checkSights(outcome.sights, truths, report);
  for (const copy of outcome.copies) checkCopy(copy, truths, report);
  return findings;
}

interface Version {
  /** Zero for what was before the first one. */
  readonly revision: number;
  readonly absent: boolean;
  /** The entry that made it visible. */
  readonly from: number;
}

interface OpenVote {
  readonly vote: number;
  readonly keys: readonly string[];
  /** The entry that resolves it; infinite where none does. */
  readonly until: number;
}

/** What a group's log says. */
class Truth {
  readonly fold: Fold;
  readonly last: number;
  readonly keys: readonly string[];
  readonly #votes: readonly OpenVote[];
  readonly #versions = new Map<string, Version[]>();

  constructor({ entries }: GroupLog) {
    this.fold = new Fold(entries);
    this.last = entries.at(-1)?.index ?? 0;
    const resolved = resolutions(entries);
    const votes: OpenVote[] = [];
    for (const { index, effects, transaction = [] } of entries) {
      const voted = transaction.some(({ type }) => type === "vote");
      const end = resolved.get(index);
      if (voted && effects.length > 0) {
        const keys = effects.map(({ key }) => key);
        votes.push({ vote: index, keys, until: end?.index ?? Number.POSITIVE_INFINITY });
      }
      if (voted && end?.committed !== true) continue;
      const from = voted ? (end?.index ?? 0) : index;
      for (const { key, type } of effects) {
        this.#of(key).push({ revision: index, absent: type === "delete", from });
      }
    }
    for (const versions of this.#versions.values()) versions.sort((a, b) => a.from - b.from);
    this.#votes = votes;
    this.keys = [...this.#versions.keys()];
  }

  openAt(index: number): OpenVote[] {
    return this.#votes.filter(({ vote, until }) => vote <= index && until > index);
  }

  versions(key: string): readonly Version[] {
    return this.#of(key);
  }

  #of(key: string): Version[] {
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const made: Version[] = [{ revision: 0, absent: true, from: 0 }];
    this.#versions.set(key, made);
    return made;
  }
}

function resolutions(
  entries: readonly Entry[],
): Map<number, { index: number; committed: boolean }> {
  const resolved = new Map<number, { index: number; committed: boolean }>();
  for (const { index, transaction = [] } of entries) {
    for (const effect of transaction) {
      // What is resolved stays so (T2).
      if (effect.type !== "resolve" || resolved.has(effect.vote)) continue;
      resolved.set(effect.vote, { index, committed: effect.committed });
    }
  }
  return resolved;
}

function truthOf(truths: ReadonlyMap<string, Truth>, group: string): Truth {
  const truth = truths.get(group);
  if (truth === undefined) throw new Error(`group ${group} has no log`);
  return truth;
}

/** An answer shows the state at its index (F1), and is as new as its level says (F3). */
function checkWord(word: ReplicaWord, truth: Truth, past: Past, report: Report): void {
  const { answer, level, keys, group, arrivedAt } = word;
  const { index } = answer;
  if (index > truth.last) {
    report("F1", `the log ends at ${truth.last}: ${describe(word)}`);
    return;
  }
  if (answer.type === "behind") return;
  for (const [at, key] of keys.entries()) {
    const expected = show(truth.fold.at(key, index));
    const shown = show(answer.records[at] ?? null);
    if (shown !== expected)
      report("F1", `${key} is ${expected} there, not ${shown}: ${describe(word)}`);
  }
  const open = truth.openAt(index);
  const doubt = open.some((vote) => keys.some((key) => vote.keys.includes(key)));
  if (answer.doubt !== doubt) report("F1", `in doubt is ${doubt} there: ${describe(word)}`);
  if (doubt && level.type !== "eventual") report("F3", `it is in doubt: ${describe(word)}`);
  if (level.type === "session") {
    const { atLeast } = level;
    if (index < atLeast) report("F3", `it is below its bookmark: ${describe(word)}`);
    const unresolved = open.find(({ vote }) => vote <= atLeast);
    if (unresolved !== undefined) {
      report("F3", `the vote at ${unresolved.vote} is not resolved there: ${describe(word)}`);
    }
  }
  if (!word.steady) return;
  const bounds = [answer.ageMs, level.type === "bounded" ? level.maxStalenessMs : null];
  for (const bound of bounds) {
    if (bound === null) continue;
    const committed = past.indexAt(group, arrivedAt - bound - GRAIN_MS);
    if (index < committed) {
      report("F3", `${bound} ms before, ${committed} entries were committed: ${describe(word)}`);
    }
  }
}

/** Clocks show whole milliseconds. */
const GRAIN_MS = 2;

/** No replica tells of an earlier state than it has told of before. */
function checkForward(words: readonly ReplicaWord[], report: Report): void {
  const byPlace = new Map<string, ReplicaWord[]>();
  for (const word of words) {
    const place = `${word.region} ${word.group}`;
    const known = byPlace.get(place);
    if (known === undefined) byPlace.set(place, [word]);
    else known.push(word);
  }
  for (const told of byPlace.values()) {
    for (const word of told) {
      const earlier = told.find(
        (one) => one.toldAt <= word.askedAt && one.answer.index > word.answer.index,
      );
      if (earlier !== undefined) {
        report("forward", `${describe(word)} after ${describe(earlier)}`);
        break;
      }
    }
  }
}

/** A list shows each of its groups as of the index it names. */
function checkList(
  list: ReplicaListWord,
  truths: ReadonlyMap<string, Truth>,
  report: Report,
): void {
  const { range, records, more, seen, bookmark, client, region } = list;
  const where = `list of "${range.prefix}" by ${client} in ${region}`;
  const indexes = new Map<string, number>(seen.map(({ group, index }) => [group, index]));
  const groups = [...indexes].map(([group, index]) => ({
    truth: truthOf(truths, group),
    group,
    index,
  }));
  for (const { group, index, truth } of groups) {
    const atLeast = bookmark?.get(group) ?? 0;
    if (index < atLeast) report("F3", `${where}: ${group} is as of ${index}, below ${atLeast}`);
    const unresolved = truth.openAt(index).find(({ vote }) => vote <= atLeast);
    if (unresolved !== undefined) {
      report("F3", `${where}: the vote of ${group} at ${unresolved.vote} is not resolved`);
    }
  }
  const keys = groups.flatMap(({ truth }) => truth.keys);
  const expected = keysInRange(range, keys).flatMap((key) => {
    const of = groups.find(({ truth }) => truth.keys.includes(key));
    return of?.truth.fold.at(key, of.index) ?? [];
  });
  const part = more ? expected.slice(0, records.length) : expected;
  const shown = records.map(show).join(", ");
  if (shown !== part.map(show).join(", ")) {
    report("F1", `${where} is ${part.map(show).join(", ")}, not ${shown}`);
  }
}

/** A client never sees less at `session` than it saw or wrote before: read your writes, monotonic reads. */
function checkSights(
  sights: readonly Sight[],
  truths: ReadonlyMap<string, Truth>,
  report: Report,
): void {
  const all = new Map<string, readonly Version[]>();
  for (const truth of truths.values()) {
    for (const key of truth.keys) all.set(key, truth.versions(key));
  }
  const floors = new Map<string, number>();
  for (const sight of sights) {
    const { client, key, how, revision } = sight;
    const versions = all.get(key) ?? [{ revision: 0, absent: true, from: 0 }];
    const place = `${client} ${key}`;
    const floor = floors.get(place) ?? 0;
    const at = placeOf(sight, versions, floor);
    if (at === -1) {
      const what = how === "wrote" ? "durability" : "session";
      const least = versions[floor]?.revision;
      report(
        what,
        `${client} sees ${key} at ${revision ?? "absent"}, and has seen ${least} (${how})`,
      );
    } else if (at < floor && how === "session") {
      const seen = versions[floor]?.revision;
      report("session", `${client} sees ${key} at ${revision ?? "absent"} after ${seen}`);
    }
    if (at > floor) floors.set(place, at);
  }
}

/** Which version it was; of several possible ones the first that is not below `floor`. -1 where there is none. */
function placeOf(
  { revision, index, how }: Sight,
  versions: readonly Version[],
  floor: number,
): number {
  if (index !== null) return versions.findLastIndex(({ from }) => from <= index);
  // What is weaker may go back.
  const least = how === "weaker" ? 0 : floor;
  if (revision === null) return versions.findIndex(({ absent }, at) => absent && at >= least);
  return versions.findIndex(
    (one) => one.revision === Math.abs(revision) && one.absent === revision < 0,
  );
}

/** A replica's disk holds a prefix of every group's log (F1). */
function checkCopy(
  { region, when, groups, records }: Copy,
  truths: ReadonlyMap<string, Truth>,
  report: Report,
): void {
  const found = new Map(records.map((record) => [record.key, record]));
  for (const [group, { index, doubts }] of groups) {
    const truth = truthOf(truths, group);
    if (index > truth.last) {
      report("F1", `${region} has ${index} entries of ${group} ${when}, the log ${truth.last}`);
      continue;
    }
    for (const key of truth.keys) {
      const expected = show(truth.fold.at(key, index));
      const shown = show(found.get(key) ?? null);
      found.delete(key);
      if (shown !== expected) {
        report("F1", `${region} holds ${shown} ${when}, not ${expected}, at ${index} of ${group}`);
      }
    }
    const open = truth.openAt(index).map(({ vote }) => vote);
    if (open.join() !== doubts.join()) {
      report(
        "F1",
        `${region} holds ${doubts} in doubt ${when}, not ${open}, at ${index} of ${group}`,
      );
    }
  }
  for (const key of found.keys())
    report("F1", `${region} holds ${key} ${when}, which was never there`);
}

function describe({ client, region, keys, level, arrivedAt, answer }: ReplicaWord): string {
  const bound =
    level.type === "session"
      ? ` from ${level.atLeast}`
      : level.type === "bounded"
        ? ` ${level.maxStalenessMs} ms`
        : "";
  const age = answer.type === "read" ? `, age ${answer.ageMs ?? "unknown"}` : "";
  return `${client} reads ${keys.join(", ")} (${level.type}${bound}) in ${region} at ${arrivedAt.toFixed(0)}: ${answer.type} @${answer.index}${age}`;
}

const SHOWN_CHARS_MAX = 12;

function show(record: StoredRecord | FoldedRecord | null): string {
  if (record === null) return "absent";
  const { key, revision, value, expiresAt } = record;
  const whole = typeof value === "string" ? value : text(value.bytes);
  // A large one is the same character over and over, but for what it begins with.
  const shown =
    whole.length > SHOWN_CHARS_MAX
      ? `${whole.slice(0, SHOWN_CHARS_MAX)}… (${whole.length})`
      : whole;
  return `${key}=${shown} r${revision} until ${expiresAt ?? "ever"}`;
}
