/**
 * Requests that share calls to one group's leader, in the runtime as it is deployed.
 *
 * Inside the test runner requests share nothing (worker/router/riding.ts), and the faults that sharing can have
 * show only once the engine has optimised the code: so many requests, for seconds, over real connections.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, Service } from "./service.ts";

const CLIENTS = 64;
/** All but one of those that compare and set at once fail, so few of them make many requests. */
const COUNTERS = 16;
/** Long enough for the engine to optimise what runs hot. */
const LOAD_MS = 6_000;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let folder: string;
let service: Service;
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-riding-"));
  service = await Service.start(folder, await freePort());
});

afterAll(async () => {
  agent.destroy();
  await service.kill();
  await rm(folder, { recursive: true, force: true });
});

function send(
  method: string,
  key: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      `${service.url}/v1/default/keys/${key}`,
      { method, agent, headers: { Authorization: "Bearer dev", ...headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const callsOf = ({ headers }: Answer): number =>
  Number(/^calls=(\d+)/.exec(String(headers["holdfast-cost"]))?.[1]);

const together = <Result>(work: (client: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));

describe("64 clients of one group", () => {
  it("share calls for seconds, and every one gets its own answer", async () => {
    const end = Date.now() + LOAD_MS;
    let requests = 0;
    let calls = 0;
    const count = (answer: Answer) => {
      requests += 1;
      calls += callsOf(answer);
    };
    await together(async (client) => {
      const own = `{load}/${client}`;
      let revision = 0;
      for (let round = 0; Date.now() < end; round++) {
        const body = `${client} in round ${round}`;
        const written = await send("PUT", own, {}, body);
        expect(written.status, written.body).toBe(round === 0 ? 201 : 200);
        const result = JSON.parse(written.body);
        expect(result.key).toBe(own);
        expect(result.revision).toBeGreaterThan(revision);
        revision = result.revision;
        const read = await send("GET", own);
        expect(read.body).toBe(body);
        expect(read.headers["etag"]).toBe(`"${revision}"`);
        const refused = await send("PUT", own, { "If-None-Match": "*" }, "no");
        expect(refused.status, refused.body).toBe(412);
        expect(JSON.parse(refused.body).revision).toBe(revision);
        for (const answer of [written, read, refused]) count(answer);
      }
    });
    expect(requests).toBeGreaterThan(CLIENTS * 6);
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(requests / 4);
  });

  it("lose no increment", async () => {
    await send("PUT", "{load}/counter", {}, "0");
    await together(async (client) => {
      if (client >= COUNTERS) return;
      for (;;) {
        const read = await send("GET", "{load}/counter");
        const headers = { "If-Match": String(read.headers["etag"]) };
        const written = await send("PUT", "{load}/counter", headers, String(Number(read.body) + 1));
        if (written.status === 200) return;
        expect(written.status).toBe(412);
      }
    });
    expect((await send("GET", "{load}/counter")).body).toBe(String(COUNTERS));
  });

  it("have one winner where all create", async () => {
    const headers = { "If-None-Match": "*" };
    const answers = await together((client) =>
      send("PUT", "{load}/created", headers, `by ${client}`),
    );
    const winners = answers.flatMap((answer, client) => (answer.status === 201 ? [client] : []));
    expect(winners).toHaveLength(1);
    expect((await send("GET", "{load}/created")).body).toBe(`by ${winners[0]}`);
  });
});
