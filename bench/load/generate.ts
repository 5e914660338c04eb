// The load itself, by autocannon: each client sends its next request when the last is answered. Times
// and statuses are taken from every single answer, since autocannon's own summary rounds to
// milliseconds, and counts an error as a request served.
import autocannon from "autocannon";
import { percentile } from "../statistics.ts";
import { type LoadJob, type LoadRequest, type LoadResult, NUMBER } from "./job.ts";
import { sharesOf } from "./shares.ts";
import { Waits } from "./waits.ts";
import { Watcher } from "./watch.ts";

/** How often autocannon looks whether its time is up. */
const checkMs = 50;
/** A request without an answer for this long has failed. */
const timeoutSeconds = 20;

export async function generate(job: LoadJob): Promise<LoadResult> {
  const shares = sharesOf(job.requests, job.clients);
  const latenciesMs: number[] = [];
  const waits = new Waits<autocannon.Client>();
  let conflicts = 0;
  const failures: Record<string, number> = {};
  const fail = (what: string, times = 1) => {
    if (times > 0) failures[what] = (failures[what] ?? 0) + times;
  };

  const watcher = job.watch === undefined ? undefined : new Watcher(job, job.watch);
  const toSend = (request: LoadRequest) => sendable(request, job, watcher);
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
        waits.began(connection, performance.now());
        connection.setRequests((shares[client++] ?? []).map(toSend));
      },
    },
    (connection, status, latencyMs) => {
      waits.answered(connection, latencyMs, performance.now());
      if (job.expected.includes(status)) latenciesMs.push(latencyMs);
      else if (job.conflicts.includes(status)) conflicts++;
      else fail(`status ${status}`);
    },
  );
  const endedMs = performance.now();
  const elapsedMs = endedMs - startedMs;
  const cpu = process.cpuUsage(cpuBefore);

  const watched = await watcher?.end();

  // autocannon counts a timeout among the errors too.
  fail("timeout", summary.timeouts);
  fail("connection error", summary.errors - summary.timeouts);
  if (watched?.fault) fail(watched.fault);
  fail("write that never arrived", watched?.unseen ?? 0);

  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    answered: sorted.length,
    conflicts,
    failures,
    elapsedMs,
    perSecond: (sorted.length / elapsedMs) * 1000,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    slowestMs: waits.longest(endedMs),
    generatorLoad: (cpu.user + cpu.system) / 1000 / elapsedMs,
    ...(watched === undefined ? {} : { watched }),
  };
}

function run(
  options: autocannon.Options,
  onAnswer: (client: autocannon.Client, status: number, latencyMs: number) => void,
): Promise<autocannon.Result> {
  return new Promise((resolve, reject) => {
    const instance = autocannon(options, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
    instance.on("response", (client, status, _bytes, latencyMs) =>
      onAnswer(client, status, latencyMs),
    );
  });
}

/** Numbers that no earlier job of this process has used. */
let next = 0;

/** What a client sends; numbers are put in as it is sent. */
function sendable(
  { method, path, body, headers, isWatched }: LoadRequest,
  job: LoadJob,
  watcher: Watcher | undefined,
): autocannon.Request {
  const request: autocannon.Request = {
    method,
    path,
    ...(body !== undefined && { body }),
    ...(headers !== undefined && { headers: { ...job.headers, ...headers } }),
  };
  if (isWatched && watcher !== undefined) {
    request.onResponse = (status, answer) => {
      if (job.expected.includes(status)) watcher.answered(answer);
    };
  }
  if (!path.includes(NUMBER) && !body?.includes(NUMBER)) return request;
  return {
    ...request,
    setupRequest(sent) {
      // Of constant length, so that every value takes as much to store.
      const number = String(next++).padStart(9, "0");
      const numbered = { ...sent, path: path.replaceAll(NUMBER, number) };
      return body === undefined ? numbered : { ...numbered, body: body.replaceAll(NUMBER, number) };
    },
  };
}
