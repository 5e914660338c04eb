/** A shopping cart: one key a cart, and stock that is never sold twice. */
import { type HoldfastNamespace, op, type Receipt } from "@holdfast/client";

/** How many of each article. */
export type Items = Readonly<Record<string, number>>;

export interface Seen {
  readonly items: Items;
  /** What the answer rests on: who gave it, and at which level. */
  readonly receipt: Receipt;
}

const cartKey = (cart: string): string => `cart/${cart}`;
const stockKey = (article: string): string => `stock/${article}`;
const orderKey = (order: string): string => `order/${order}`;

/**
 * What is in a cart, as this session may see it: whatever it has written is in it, and what it has seen before does not
 * disappear. The nearest replica answers if it has come that far, else the leader does.
 */
export async function itemsOf(session: HoldfastNamespace, cart: string): Promise<Seen> {
  const { value, receipt } = await session.keys.get<Items>(cartKey(cart));
  return { items: value ?? {}, receipt };
}

/** Puts so many of an article into a cart, or takes it out with 0. Two tabs at once lose nothing: the second one's work is done anew. */
export function setItem(
  session: HoldfastNamespace,
  cart: string,
  article: string,
  count: number,
): Promise<Items> {
  return session.transact(async (tx) => {
    const { [article]: _, ...others } = (await tx.get<Items>(cartKey(cart))) ?? {};
    const items = count === 0 ? others : { ...others, [article]: count };
    tx.put(cartKey(cart), items);
    return items;
  });
}

export type Checkout =
  | { readonly ordered: true; readonly items: Items }
  | { readonly ordered: false; readonly missing: readonly string[] };

/** Turns a cart into an order, if all of it is in stock at that instant. An order's number is one order, however often it is sent. */
export async function checkOut(
  session: HoldfastNamespace,
  cart: string,
  order: string,
): Promise<Checkout> {
  return session.transact(async (tx): Promise<Checkout> => {
    const before = await tx.get<Items>(orderKey(order));
    if (before !== null) return { ordered: true, items: before };
    const items = (await tx.get<Items>(cartKey(cart))) ?? {};
    const articles = Object.keys(items);
    const stock = await tx.getMany<number>(articles.map(stockKey));
    const missing = articles.filter((article, at) => (stock[at] ?? 0) < (items[article] ?? 0));
    if (missing.length > 0 || articles.length === 0) return { ordered: false, missing };
    for (const article of articles) tx.add(stockKey(article), -(items[article] ?? 0));
    tx.put(orderKey(order), items);
    tx.delete(cartKey(cart));
    return { ordered: true, items };
  });
}

/** Adds to the stock of an article. */
export async function deliver(
  holdfast: HoldfastNamespace,
  article: string,
  count: number,
): Promise<void> {
  await holdfast
    .transaction()
    .do(op.add(stockKey(article), count))
    .commit();
}
