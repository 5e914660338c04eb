// The load itself, by autocannon: each client sends its next request when the last is answered. Times
// and statuses are taken from every single answer, since autocannon's own summary rounds to
// milliseconds, and counts an error as a request served.
import autocannon from "autocannon";
import { percentile } from "../statistics.ts";
import type { LoadJob, LoadRequest, LoadResult } from "./job.ts";
import { shuffle } from "./shuffle.ts";

/** How often autocannon looks whether its time is up. */
const checkMs = 50;
/** A request without an answer for this long has failed. */
const timeoutSeconds = 20;

export async function generate(job: LoadJob): Promise<LoadResult> {
  const requests = requestsOf(job);
  const latenciesMs: number[] = [];
  const failures: Record<string, number> = {};
  const fail = (what: string, times = 1) => {
    if (times > 0) failures[what] = (failures[what] ?? 0) + times;
  };

  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let client = 0;
  const summary = await run(
    {
      url: `http://127.0.0.1:${job.port}`,
      connections: job.clients,
      duration: job.durationMs / 1000,
      sampleInt: checkMs,
      timeout: timeoutSeconds,
      headers: { ...job.headers },
      setupClient: (connection) => {
        connection.setRequests(shuffle(requests, client++));
      },
    },
    (status, latencyMs) => {
      if (job.expected.includes(status)) latenciesMs.push(latencyMs);
      else fail(`status ${status}`);
    },
  );
  const elapsedMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);

  // autocannon counts a timeout among the errors too.
  fail("timeout", summary.timeouts);
  fail("connection error", summary.errors - summary.timeouts);
  if (latenciesMs.length === 0) fail("no answer at all");

  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    answered: sorted.length,
    failures,
    elapsedMs,
    perSecond: (sorted.length / elapsedMs) * 1000,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    generatorLoad: (cpu.user + cpu.system) / 1000 / elapsedMs,
  };
}

function run(
  options: autocannon.Options,
  onAnswer: (status: number, latencyMs: number) => void,
): Promise<autocannon.Result> {
  return new Promise((resolve, reject) => {
    const instance = autocannon(options, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
    instance.on("response", (_client, status, _bytes, latencyMs) => onAnswer(status, latencyMs));
  });
}

/** Numbers that no earlier job of this process has used. */
let next = 0;

function requestsOf({ requests }: LoadJob): autocannon.Request[] {
  if (requests.kind === "cycle") return requests.requests.map(plain);
  const { request } = requests;
  return [
    {
      ...plain(request),
      setupRequest: (sent) => ({ ...sent, path: request.path.replace("{n}", String(next++)) }),
    },
  ];
}

function plain({ method, path, body }: LoadRequest): autocannon.Request {
  if (body === undefined) return { method, path };
  if (!body.includes("{n}")) return { method, path, body };
  // Of constant length, so that every value takes as much to store.
  const numbered = () => body.replace("{n}", String(next++).padStart(9, "0"));
  return { method, path, setupRequest: (sent) => ({ ...sent, body: numbered() }) };
}
