// Holdfast, asked for keys at each of its levels. A level is a system of its own, so that each has a row beside the others.
import { holdfast } from "./holdfast.ts";
import type { Reading, System } from "./system.ts";

const at = (name: string, reading: Reading): System => ({
  ...holdfast,
  name,
  answers: ["levels"],
  reading,
});

export const strong = at("strong", {});

/** By a client that has seen its own put. */
export const session = at("session", {
  query: "?consistency=session",
  sendsBookmark: true,
  answeredBy: 'holdfast_replica_reads_total{level="session"}',
});

/** A second old at most: from the isolate's memory mostly, which asks a replica again that asks the leader. */
export const bounded = at("bounded", { query: "?consistency=bounded&max_staleness_ms=1000" });

/** From the isolate's memory. */
export const eventual: System = {
  ...at("eventual", {
    query: "?consistency=eventual",
    answeredBy: "holdfast_memory_hits_total",
  }),
  answers: ["levels", "hot-levels"],
};

/** From the replica, because the isolate remembers none of the keys well enough. */
export const eventualAfar = at("eventual-afar", {
  query: "?consistency=eventual",
  isScattered: true,
  answeredBy: 'holdfast_replica_reads_total{level="eventual"}',
});
