/**
 * The shop's Worker: a cart a browser, read at `session` level.
 *
 * What a browser has seen travels with it, in a cookie: Holdfast's bookmark. So any instance of this Worker, anywhere, shows
 * what this browser has written, from the replica nearest to it, and nothing is kept here in between.
 */
import { type Fetcher, Holdfast, HoldfastError, type Session } from "@holdfast/client";
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { checkOut, itemsOf, setItem } from "./cart.ts";

export interface Env {
  /** The service, as a service binding: see wrangler.toml. */
  readonly HOLDFAST: Exclude<Fetcher, (...args: never) => unknown>;
  readonly HOLDFAST_TOKEN: string;
  readonly HOLDFAST_NAMESPACE?: string;
}

interface App {
  readonly Bindings: Env;
  readonly Variables: { session: Session; cart: string };
}

/** Cookies, and how long a browser keeps them: a forgotten cart is no harm, a forgotten bookmark neither. */
const CART = "cart";
const SEEN = "seen";
const COOKIE_SECONDS = 30 * 24 * 3600;

export const app = new Hono<App>();

app.use(async (c, next) => {
  const session = holdfastFor(c).session({ bookmark: getCookie(c, SEEN) ?? null });
  // Whoever knows a cart's name can see it, so it is one that nobody guesses.
  const cart = getCookie(c, CART) ?? crypto.randomUUID();
  c.set("session", session);
  c.set("cart", cart);
  await next();
  // After a failure too: what has been seen has been seen.
  keep(c, CART, cart);
  if (session.bookmark !== null) keep(c, SEEN, session.bookmark);
});

app.get("/cart", async (c) => {
  const { items, receipt } = await itemsOf(c.get("session"), c.get("cart"));
  c.header("Answered-By", `${receipt.region}; ${receipt.consistency}`);
  return c.json({ items });
});

app.put("/cart/:article", async (c) => {
  const { count } = await c.req.json<{ readonly count?: unknown }>();
  if (!Number.isSafeInteger(count) || Number(count) < 0) {
    return c.json({ error: '"count" must be a whole number, not below 0' }, 400);
  }
  const items = await setItem(
    c.get("session"),
    c.get("cart"),
    c.req.param("article"),
    Number(count),
  );
  return c.json({ items });
});

app.post("/orders/:order", async (c) => {
  const outcome = await checkOut(c.get("session"), c.get("cart"), c.req.param("order"));
  return c.json(outcome, outcome.ordered ? 201 : 409);
});

app.onError((error, c) => {
  if (!(error instanceof HoldfastError)) throw error;
  // Every request here can be repeated: a count is set, and an order's number is one order.
  const told = error.definite ? "It had no effect." : "It may have taken effect.";
  return c.json({ error: `${told} Please try again.` }, 503, { "Retry-After": "1" });
});

/** The service, told where the browser is: the answer is to come from the region nearest to that. */
function holdfastFor(c: Context<App>): Holdfast {
  const { HOLDFAST, HOLDFAST_TOKEN, HOLDFAST_NAMESPACE } = c.env;
  const { cf } = c.req.raw as Request & { readonly cf?: unknown };
  return new Holdfast({
    fetch: (url, init) => {
      const whence = cf === undefined ? init : { ...init, cf };
      return HOLDFAST.fetch(url, whence);
    },
    url: "https://holdfast.invalid",
    token: HOLDFAST_TOKEN,
    namespace: HOLDFAST_NAMESPACE,
  });
}

function keep(c: Context<App>, name: string, value: string): void {
  setCookie(c, name, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: new URL(c.req.url).protocol === "https:",
    maxAge: COOKIE_SECONDS,
  });
}

export default app;
