/** Observing an election: each new leader, and nothing twice. */
import { describe, expect, it } from "vitest";
import { freshTag } from "./keys-client.ts";
import { elections, granted, type Held, pathOf } from "./locks-client.ts";
import { type Call, call, expectProblem } from "./service.ts";
import { EventStream } from "./watch-client.ts";

const lead = (name: string, candidate: string, value: unknown = null): Promise<Held> =>
  granted(elections("POST", name, { body: { candidate, value } }));

const resign = (name: string, token: number): Promise<Held> =>
  granted(elections("DELETE", name, { query: `?token=${token}` }));

async function observe(name: string, about: Call = {}): Promise<EventStream> {
  const response = await call("GET", `${pathOf("elections", name)}/observe`, about);
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("text/event-stream");
  return new EventStream(response);
}

describe("observing an election", () => {
  it("tells who leads now, and each new leader, but no renewal", async () => {
    const name = freshTag();
    const first = await lead(name, "w1", { url: "one" });
    const stream = await observe(name);
    expect(await stream.next()).toMatchObject({ event: "leader", data: first });
    await granted(elections("PUT", name, { body: { token: first.token } }));
    const said = { token: first.token, value: { url: "one", ready: true } };
    await granted(elections("PUT", name, { body: said }));
    expect(await stream.next()).toMatchObject({ data: { token: first.token, value: said.value } });
    await resign(name, first.token);
    const second = await lead(name, "w2", { url: "two" });
    expect(await stream.next()).toMatchObject({ event: "leader", data: second });
    // Anew, under a new token.
    const third = await lead(name, "w2");
    expect((await stream.next())?.data).toMatchObject({ candidate: "w2", token: third.token });
    await stream.close();
  });

  it("that nobody leads tells nobody until somebody does", async () => {
    const name = freshTag();
    const stream = await observe(name);
    const first = await lead(name, "w1");
    expect((await stream.next())?.data).toEqual(first);
    await stream.close();
  });

  it("goes on where it was, and tells nobody twice", async () => {
    const name = freshTag();
    const first = await lead(name, "w1");
    const stream = await observe(name);
    const seen = await stream.next();
    await stream.close();
    await granted(elections("PUT", name, { body: { token: first.token } }));
    await resign(name, first.token);
    const second = await lead(name, "w2");
    const again = await observe(name, { headers: { "Last-Event-ID": seen?.id ?? "" } });
    expect((await again.next())?.data).toEqual(second);
    await again.close();
  });

  it("needs the scope, and a token for its name", async () => {
    const made = await call("POST", "/v1/default/tokens", {
      body: { scopes: ["read"], prefix: "mine/" },
    });
    const { token } = (await made.json()) as { token: string };
    const other = await call("GET", `${pathOf("elections", "other")}/observe`, { token });
    await expectProblem(other, "forbidden");
    await (await observe("mine/own", { token })).close();
  });
});
