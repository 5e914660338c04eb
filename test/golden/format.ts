/** How transcripts show what a member does: one line an effect. */
import type { AnyAnswer } from "../../shared/member/request.ts";
import type { PeerMessage, PeerReply } from "../../shared/raft/messages.ts";
import { formatTerm } from "../../shared/raft/term.ts";
import type { Effect, Entry, StoredRecord } from "../../shared/store/entry.ts";
import type { Write } from "../../shared/store/write.ts";

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function formatEffect(effect: Effect): string {
  if (effect.type === "delete") return `${effect.expired ? "expire" : "delete"} ${effect.key}`;
  const ends = effect.expiresAt === null ? "" : ` until ${effect.expiresAt}`;
  return `put ${effect.key}=${textOf(effect.value.bytes)}${ends}`;
}

export function formatEntry(entry: Entry): string {
  const { index, term, at, request, effects, outcome, idempotency } = entry;
  const what = effects.length > 0 ? effects.map(formatEffect).join(", ") : "nothing";
  const refused = outcome?.succeeded === false ? ", refused" : "";
  const by = request === null ? "" : ` for ${request}`;
  const under = idempotency === null ? "" : ` under ${idempotency.key}`;
  return `${index} of ${formatTerm(term)} at ${at}: ${what}${refused}${by}${under}`;
}

export function formatWrite(write: Write): string[] {
  switch (write.type) {
    case "append":
      return write.entries.map((entry) => `append ${formatEntry(entry)}`);
    case "truncate":
      return [`truncate behind ${write.last}`];
    case "hard-state": {
      const { block, promisedTo, won, gaveUp } = write.state;
      const given = gaveUp === null ? "" : `, gave up ${gaveUp}`;
      return [
        `store block ${block} promised to ${promisedTo ?? "nobody"}, won ${won ?? "none"}${given}`,
      ];
    }
    case "compact":
      return [`compact through ${write.through}`];
    case "forget-answers":
      return [`forget answers before ${write.before}`];
    case "stage":
      return [`stage ${write.rows.length} rows of a snapshot up to ${write.staged.lastIndex}`];
    case "install":
      return [`install the snapshot up to ${write.lastIndex} of ${formatTerm(write.lastTerm)}`];
  }
}

function formatRecord(record: StoredRecord | null): string {
  if (record === null) return "absent";
  const ends = record.expiresAt === null ? "" : ` until ${record.expiresAt}`;
  return `${record.key}=${textOf(record.value.bytes)} @${record.revision}${ends}`;
}

export function formatAnswer(answer: AnyAnswer): string {
  if (answer.type === "refused") return `refused ${answer.code}: ${answer.detail}`;
  if (answer.type === "redirected") return `redirected to ${answer.leader}`;
  if (answer.type === "crowded") return "to be asked alone";
  if (answer.type === "queued") return "queued";
  if (answer.type === "transferred") return `handed over to ${answer.leader}`;
  const { index, term, rows } = answer.receipt;
  const receipt = `(as of ${index}, term ${formatTerm(term)}, ${rows} rows)`;
  switch (answer.type) {
    case "record":
      return `${formatRecord(answer.record)} ${receipt}`;
    case "records":
      return `[${answer.records.map(formatRecord).join("; ")}]${answer.more ? " and more" : ""} ${receipt}`;
    case "written": {
      const results = answer.results.map((result) => {
        if (result.type === "put") return result.created ? "created" : "replaced";
        return result.deleted ? "deleted" : "nothing to delete";
      });
      return `${answer.replayed ? "again: " : ""}${results.join(", ")} ${receipt}`;
    }
    case "failed": {
      const failed = answer.failed.map(
        (one) =>
          `condition ${one.condition}: ${one.key} is ${one.revision === null ? "absent" : `@${one.revision}`}`,
      );
      return `${answer.replayed ? "again: " : ""}failed ${failed.join(", ")} ${receipt}`;
    }
    default:
      return JSON.stringify(answer);
  }
}

export function formatMessage(message: PeerMessage): string {
  switch (message.type) {
    case "vote": {
      const { pre, block, lastIndex, lastTerm, permission } = message;
      const by =
        permission === null ? "" : ` by permission of ${permission.from} for ${permission.block}`;
      return `${pre ? "pre-vote" : "vote"} in block ${block}, log ends ${lastIndex} of ${formatTerm(lastTerm)}${by}`;
    }
    case "append": {
      const { term, round, commitIndex, prevIndex, prevTerm, entries } = message;
      const what = entries.map((entry) => `${entry.index} of ${formatTerm(entry.term)}`).join(", ");
      return `append round ${round} of ${formatTerm(term)}, behind ${prevIndex} of ${formatTerm(prevTerm)}: ${what}; committed ${commitIndex}`;
    }
    case "renew": {
      const { term, round, commitIndex, lastIndex, lastTerm } = message;
      return `renew round ${round} of ${formatTerm(term)}, log ends ${lastIndex} of ${formatTerm(lastTerm)}; committed ${commitIndex}`;
    }
    case "snapshot": {
      const { term, round, part, lastIndex, lastTerm, rows, done } = message;
      return `snapshot round ${round} of ${formatTerm(term)}, up to ${lastIndex} of ${formatTerm(lastTerm)}, part ${part}: ${rows.length} rows${done ? ", the last" : ""}`;
    }
    case "hand-over":
      return `hands over, having given up block ${message.permission.block}`;
    default:
      return JSON.stringify(message);
  }
}

export function formatReply(reply: PeerReply): string {
  switch (reply.type) {
    case "voted": {
      const wait = reply.waitMs > 0 ? `, wait ${reply.waitMs}` : "";
      return `${reply.granted ? "granted" : "refused"} ${reply.pre ? "pre-vote" : "vote"}, own block ${reply.block}${wait}`;
    }
    case "accepted": {
      const match = reply.match === null ? "no match" : `match ${reply.match}`;
      return `accepted round ${reply.round}, ${match}, log ends ${reply.lastIndex} of ${formatTerm(reply.lastTerm)}`;
    }
    case "stale":
      return `stale, own block ${reply.block}`;
    case "staged":
      return `staged round ${reply.round}, wants part ${reply.nextPart}`;
    case "taken":
      return "taken up";
    default:
      return JSON.stringify(reply);
  }
}
