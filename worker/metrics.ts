/**
 * Counters of this isolate, as Prometheus reads them.
 *
 * A request costs one look-up and one increment. An isolate lives for a while and is one of many, so each
 * series carries the isolate's name: what comes and goes are series, and no counter ever falls.
 */
import { isolateId } from "./request-id.ts";

/** A registered route: its identity is the key, so that counting compares no text. */
export interface CountedRoute {
  readonly method: string;
  readonly path: string;
}

/** Requests that no route took. */
export const UNMATCHED: CountedRoute = { method: "", path: "unmatched" };

const requests = new Map<CountedRoute, Map<number, number>>();
let objectCalls = 0;
let rowsWritten = 0;
let memoryHits = 0;
const replicaReads = new Map<string, number>();
const watches = { open: 0, events: 0, resumed: 0, cutOff: new Map<string, number>() };
const fanOut = { batches: 0, messages: 0, failures: 0, deadLetters: 0 };

export function countRequest(route: CountedRoute, status: number): void {
  let byStatus = requests.get(route);
  if (byStatus === undefined) {
    byStatus = new Map();
    requests.set(route, byStatus);
  }
  byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
}

/** Calls to Durable Objects, which is what the platform charges for besides rows. */
export function countObjectCalls(count: number): void {
  objectCalls += count;
}

/** Rows written for this isolate's requests, as their leaders report them. */
export function countRowsWritten(count: number): void {
  rowsWritten += count;
}

/** A read that this isolate answered from its memory, without asking anybody. */
export function countMemoryHit(): void {
  memoryHits += 1;
}

/** A read that a replica answered, at the level delivered. */
export function countReplicaRead(level: string): void {
  replicaReads.set(level, (replicaReads.get(level) ?? 0) + 1);
}

/** A batch of the queue, and how many regions did not take it in. */
export function countFanOut(messages: number, failures: number): void {
  fanOut.batches += 1;
  fanOut.messages += messages;
  fanOut.failures += failures;
}

/** Messages that the queue gave up. */
export function countDeadLetters(count: number): void {
  fanOut.deadLetters += count;
}

/** A watch that begins, or one that ends. */
export function countWatchOpen(change: 1 | -1): void {
  watches.open += change;
}

/** Events that clients have taken. */
export function countWatchEvents(count: number): void {
  watches.events += count;
}

/** A watch that went on at another object, or at another life of the same one. */
export function countWatchResumed(): void {
  watches.resumed += 1;
}

/** A watch that was ended because its client was too slow, or said nothing for too long. */
export function countWatchCutOff(reason: string): void {
  watches.cutOff.set(reason, (watches.cutOff.get(reason) ?? 0) + 1);
}

export const METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The text exposition format of Prometheus, version 0.0.4. */
export function renderMetrics(): string {
  const isolate = `isolate="${isolateId()}"`;
  const lines = [
    "# HELP holdfast_requests_total Requests that this isolate has answered.",
    "# TYPE holdfast_requests_total counter",
  ];
  for (const [{ method, path }, byStatus] of requests) {
    for (const [status, count] of byStatus) {
      const labels = `${isolate},method="${method}",route="${path}",status="${status}"`;
      lines.push(`holdfast_requests_total{${labels}} ${count}`);
    }
  }
  lines.push(
    "# HELP holdfast_object_calls_total Calls to Durable Objects that this isolate has made.",
    "# TYPE holdfast_object_calls_total counter",
    `holdfast_object_calls_total{${isolate}} ${objectCalls}`,
    "# HELP holdfast_rows_written_total Rows that this isolate's requests have written.",
    "# TYPE holdfast_rows_written_total counter",
    `holdfast_rows_written_total{${isolate}} ${rowsWritten}`,
    "# HELP holdfast_memory_hits_total Reads that this isolate has answered from its memory.",
    "# TYPE holdfast_memory_hits_total counter",
    `holdfast_memory_hits_total{${isolate}} ${memoryHits}`,
    "# HELP holdfast_replica_reads_total Reads that replicas have answered for this isolate, by level.",
    "# TYPE holdfast_replica_reads_total counter",
  );
  for (const [level, count] of replicaReads) {
    lines.push(`holdfast_replica_reads_total{${isolate},level="${level}"} ${count}`);
  }
  lines.push(
    "# HELP holdfast_fanout_batches_total Batches of the queue that this isolate has handed to replicas.",
    "# TYPE holdfast_fanout_batches_total counter",
    `holdfast_fanout_batches_total{${isolate}} ${fanOut.batches}`,
    "# HELP holdfast_fanout_messages_total Messages in those batches.",
    "# TYPE holdfast_fanout_messages_total counter",
    `holdfast_fanout_messages_total{${isolate}} ${fanOut.messages}`,
    "# HELP holdfast_fanout_failures_total Times that a region did not take a batch in.",
    "# TYPE holdfast_fanout_failures_total counter",
    `holdfast_fanout_failures_total{${isolate}} ${fanOut.failures}`,
    "# HELP holdfast_dead_letters_total Messages that the queue gave up, and replicas were told of instead.",
    "# TYPE holdfast_dead_letters_total counter",
    `holdfast_dead_letters_total{${isolate}} ${fanOut.deadLetters}`,
    "# HELP holdfast_watches_open Watches that this isolate holds open.",
    "# TYPE holdfast_watches_open gauge",
    `holdfast_watches_open{${isolate}} ${watches.open}`,
    "# HELP holdfast_watch_events_total Events of watches that clients have taken.",
    "# TYPE holdfast_watch_events_total counter",
    `holdfast_watch_events_total{${isolate}} ${watches.events}`,
    "# HELP holdfast_watch_resumed_total Watches that went on elsewhere, without their client noticing.",
    "# TYPE holdfast_watch_resumed_total counter",
    `holdfast_watch_resumed_total{${isolate}} ${watches.resumed}`,
    "# HELP holdfast_watch_cut_off_total Watches that were cut off, by reason.",
    "# TYPE holdfast_watch_cut_off_total counter",
  );
  for (const [reason, count] of watches.cutOff) {
    lines.push(`holdfast_watch_cut_off_total{${isolate},reason="${reason}"} ${count}`);
  }
  return `${lines.join("\n")}\n`;
}
