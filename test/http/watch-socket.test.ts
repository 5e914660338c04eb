/** Watches as WebSockets: the same changes, a message each. */
import { afterEach, describe, expect, it } from "vitest";
import { mustPut } from "./groups-client.ts";
import { expectProblem, freshNamespace, makeToken } from "./service.ts";
import { closeAll, upgrade, watch, watchSocket } from "./watch-client.ts";

afterEach(closeAll);

describe("a WebSocket", () => {
  it("tells changes as messages, and is resumed like a stream", async () => {
    const ns = await freshNamespace();
    const socket = await watchSocket(ns, "key=k");
    await mustPut(ns, "k", "one");
    await mustPut(ns, "k", "two");
    const [first, second] = await socket.take(2);
    expect(first).toEqual({
      id: "1",
      event: "put",
      data: {
        key: "k",
        revision: 1,
        value: "one",
        encoding: "text",
        contentType: "text/plain;charset=UTF-8",
      },
    });
    await socket.close();
    const again = await watchSocket(ns, "key=k&last-event-id=1");
    expect(await again.take(1)).toEqual([second]);
    const stream = await watch(ns, "key=k", { headers: { "Last-Event-ID": first?.id ?? "" } });
    expect(await stream.take(1)).toEqual([second]);
  });

  it("takes its token among the protocols, as a browser says it", async () => {
    const ns = await freshNamespace();
    const { token } = await makeToken(ns, { scopes: ["read"] });
    const encoded = btoa(token).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    for (const named of [`bearer.${token}`, `base64url.bearer.${encoded}`]) {
      const headers = { "Sec-WebSocket-Protocol": `holdfast.v1, ${named}` };
      const answer = await upgrade(ns, "key=k", { token: null, headers });
      expect(answer.status).toBe(101);
      expect(answer.headers.get("Sec-WebSocket-Protocol")).toBe("holdfast.v1");
      answer.webSocket?.accept();
      answer.webSocket?.close();
    }
  });

  it("is refused as a problem, before anything is upgraded", async () => {
    const ns = await freshNamespace();
    const offer = (protocols: string) => ({
      token: null,
      headers: { "Sec-WebSocket-Protocol": protocols },
    });
    await expectProblem(await upgrade(ns, "key=k", { token: null }), "unauthenticated");
    for (const protocols of ["holdfast.v1", "holdfast.v1, bearer.no", "base64url.bearer.???"]) {
      await expectProblem(await upgrade(ns, "key=k", offer(protocols)), "unauthenticated");
    }
    await expectProblem(await upgrade(ns, "key=k", offer("bearer.dev")), "bad-request");
    await expectProblem(await upgrade(ns, "key=k&from=9"), "bad-request");
    await expectProblem(await upgrade(ns, ""), "bad-request");
  });

  it("does not take a token among protocols for anything else", async () => {
    const ns = await freshNamespace();
    const headers = { "Sec-WebSocket-Protocol": "holdfast.v1, bearer.dev" };
    const { call } = await import("./service.ts");
    const answer = await call("GET", `/v1/${ns}/watch?key=k`, { token: null, headers });
    await expectProblem(answer, "unauthenticated");
  });

  it("that says nothing is sent away after 8 MiB, and one that does is not", async () => {
    const ns = await freshNamespace();
    const silent = await watchSocket(ns, "key=k");
    const talking = await watchSocket(ns, "key=k");
    const value = "x".repeat(1024 * 1024);
    const wanted = 12;
    const heard = (async () => {
      for (let at = 0; at < wanted; at++) {
        expect((await talking.next())?.id).toBe(String(at + 1));
        talking.say("read");
      }
    })();
    for (let at = 0; at < wanted; at++) await mustPut(ns, "k", value);
    await heard;
    expect(talking.closed).toBeNull();
    let last = await silent.next();
    let count = 0;
    while (last?.event === "put") {
      count += 1;
      expect(last.id).toBe(String(count));
      last = await silent.next();
    }
    expect(last).toEqual({
      id: String(count),
      event: "cut-off",
      data: { position: String(count), reason: "unheard" },
    });
    expect(await silent.next()).toBeNull();
    expect(silent.closed).toEqual({ code: 4008, reason: String(count) });
    const rest = await watchSocket(ns, `key=k&last-event-id=${count}`);
    expect((await rest.next())?.id).toBe(String(count + 1));
  });
});
