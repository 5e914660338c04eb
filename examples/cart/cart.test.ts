/** The cart as a browser far away sees it, against the service itself. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { connect, freshNamespace, service, setRegion } from "../service.ts";
import { app, type Env } from "./app.ts";
import { deliver, type Items } from "./cart.ts";

/** What the platform says of a request from Hong Kong. */
const FAR_AWAY = { continent: "AS", latitude: "22.3", longitude: "114.2" };

let namespace: string;
let env: Env;

beforeAll(async () => {
  namespace = await freshNamespace({ regions: ["weur"], replicaRegions: ["weur", "apac"] });
  env = {
    HOLDFAST: service as Env["HOLDFAST"],
    HOLDFAST_TOKEN: "dev",
    HOLDFAST_NAMESPACE: namespace,
  };
});

afterEach(() => setRegion("apac", "up"));

/** A browser: it keeps cookies, and knows nothing else. */
class Browser {
  readonly cookies: Map<string, string>;

  constructor(cookies: ReadonlyMap<string, string> = new Map()) {
    this.cookies = new Map(cookies);
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = new Headers({
      Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      "Content-Type": "application/json",
    });
    const init = {
      method,
      headers,
      cf: FAR_AWAY,
      body: body === undefined ? null : JSON.stringify(body),
    };
    const response = await app.fetch(new Request(`https://shop.example${path}`, init), env);
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = cookie.split(";")[0]!.split("=");
      this.cookies.set(name, value);
    }
    return response;
  }

  async put(article: string, count: number): Promise<Items> {
    const response = await this.send("PUT", `/cart/${article}`, { count });
    expect(response.status).toBe(200);
    return (await response.json<{ items: Items }>()).items;
  }

  async look(): Promise<{ readonly items: Items; readonly by: string | null }> {
    const response = await this.send("GET", "/cart");
    expect(response.status).toBe(200);
    const { items } = await response.json<{ items: Items }>();
    return { items, by: response.headers.get("Answered-By") };
  }
}

/** A browser that has put three apples into its cart, of which the replica near it has not heard. */
async function browserAheadOfItsReplica(): Promise<Browser> {
  for (;;) {
    const browser = new Browser();
    await setRegion("apac", "down");
    await browser.put("apples", 3);
    await setRegion("apac", "up");
    // Without what it has seen, the same browser would be told what the replica knows.
    const forgetful = new Browser(browser.cookies);
    forgetful.cookies.delete("seen");
    const { items, by } = await forgetful.look();
    // On a machine that is busy the replica may have heard by now: then once more.
    if (by === "apac; session" && Object.keys(items).length === 0) return browser;
  }
}

describe("a cart", () => {
  it("shows what its browser has put into it, while the replica there lags", async () => {
    const browser = await browserAheadOfItsReplica();
    // By the bookmark it knows that it is: it fetches what it lacks, or the leader answers.
    const { items, by } = await browser.look();
    expect(items).toEqual({ apples: 3 });
    expect(["apac; session", "weur; strong"]).toContain(by);

    // Then it has what the browser has seen, and answers itself: near, and the same.
    await vi.waitFor(
      async () =>
        expect(await browser.look()).toEqual({ items: { apples: 3 }, by: "apac; session" }),
      { timeout: 15_000, interval: 50 },
    );
  });

  it("never goes back behind what its browser has seen", async () => {
    const browser = new Browser();
    for (let count = 1; count <= 10; count++) {
      await browser.put("pears", count);
      expect((await browser.look()).items).toEqual({ pears: count });
    }
  });

  it("is one for two tabs that change it at once", async () => {
    const tab = new Browser();
    await tab.put("apples", 1);
    const other = new Browser(tab.cookies);
    await Promise.all([tab.put("pears", 2), other.put("plums", 3)]);
    // What the other tab did is in nobody's bookmark here, but in the leader's answer to the next change.
    expect(await tab.put("apples", 0)).toEqual({ pears: 2, plums: 3 });
    expect((await tab.look()).items).toEqual({ pears: 2, plums: 3 });
  });

  it("belongs to its browser", async () => {
    const [mine, yours] = [new Browser(), new Browser()];
    await mine.put("apples", 1);
    expect((await yours.look()).items).toEqual({});
    const cookies = (await mine.send("GET", "/cart")).headers.getSetCookie();
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
  });

  it("takes whole numbers alone", async () => {
    const browser = new Browser();
    for (const count of [-1, 0.5, "1", null]) {
      expect((await browser.send("PUT", "/cart/apples", { count })).status).toBe(400);
    }
  });
});

describe("an order", () => {
  it("takes what is in stock, and no more than that", async () => {
    await deliver(connect({ namespace }), "figs", 5);
    const browsers = [new Browser(), new Browser(), new Browser()];
    for (const browser of browsers) await browser.put("figs", 2);
    const answers = await Promise.all(
      browsers.map((browser, at) => browser.send("POST", `/orders/figs-${at}`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(await refused?.json()).toEqual({ ordered: false, missing: ["figs"] });
    const { keys } = connect({ namespace });
    expect((await keys.get<number>("stock/figs")).value).toBe(1);
    // Whoever has ordered sees an empty cart at once, also from far away.
    for (const [at, { status }] of answers.entries()) {
      expect((await browsers[at]!.look()).items).toEqual(status === 201 ? {} : { figs: 2 });
    }
  });

  it("is one however often it is sent", async () => {
    await deliver(connect({ namespace }), "nuts", 5);
    const browser = new Browser();
    await browser.put("nuts", 2);
    for (let n = 0; n < 3; n++) {
      const answer = await browser.send("POST", "/orders/nuts");
      expect(answer.status).toBe(201);
      expect(await answer.json()).toEqual({ ordered: true, items: { nuts: 2 } });
    }
    expect((await connect({ namespace }).keys.get<number>("stock/nuts")).value).toBe(3);
  });
});
