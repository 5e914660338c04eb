/**
 * A bank: accounts that hold whole cents, and transfers between them that happen once or not at all.
 *
 * Three rules hold at every instant, whoever reads and however many write: no account is below zero, money is neither
 * made nor lost by a transfer, and a transfer with one number happens once, however often it is asked for.
 */
import { type HoldfastNamespace, op, when } from "@holdfast/client";

export interface Transfer {
  /** Its number, as its sender made it up: asked for again, for instance after a timeout, it is the same transfer. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly cents: number;
}

export type Refusal = "no such account" | "insufficient funds" | "another transfer has this number";

export type Outcome =
  | { readonly done: true; readonly fromCents: number | null }
  | { readonly done: false; readonly why: Refusal };

const accountKey = (account: string): string => `account/${account}`;
const transferKey = (id: string): string => `transfer/${id}`;

export class Bank {
  readonly #holdfast: HoldfastNamespace;

  constructor(holdfast: HoldfastNamespace) {
    this.#holdfast = holdfast;
  }

  /** Whether it was opened: not where there is one already. */
  async open(account: string, cents = 0): Promise<boolean> {
    const key = accountKey(account);
    const { succeeded } = await this.#holdfast
      .transaction()
      .if(when.absent(key))
      .do(op.put(key, wholeCents(cents, 0)))
      .commit();
    return succeeded;
  }

  /**
   * Moves money, in one message. The rules are conditions, which hold at the very instant at which the money moves; there
   * is nothing to read first, so there is nothing that could have changed since, and nobody has to try again.
   */
  async transfer({ id, from, to, cents }: Transfer): Promise<Outcome> {
    const order = { from, to, cents: wholeCents(cents) };
    const [payer, payee] = [accountKey(from), accountKey(to)];
    if (payer === payee) throw new RangeError("a transfer goes from one account to another");
    const outcome = await this.#holdfast
      .transaction()
      .if(when.absent(transferKey(id)), when.atLeast(payer, cents), when.present(payee))
      .do(op.add(payer, -cents), op.add(payee, cents), op.put(transferKey(id), order))
      .else(op.get<typeof order>(transferKey(id)), op.get<number>(payer), op.get<number>(payee))
      .commit();
    if (outcome.succeeded) {
      const [{ value: fromCents }] = outcome.results;
      return { done: true, fromCents };
    }
    // All three as of the instant at which a condition failed.
    const [before, payerThen, payeeThen] = outcome.results;
    if (before.value !== null) {
      // It happened before: in an attempt whose answer was lost, for instance.
      return isSame(before.value, order)
        ? { done: true, fromCents: payerThen.value }
        : { done: false, why: "another transfer has this number" };
    }
    if (payerThen.value === null || payeeThen.value === null) {
      return { done: false, why: "no such account" };
    }
    return { done: false, why: "insufficient funds" };
  }

  /**
   * Closes an account, and moves what is left to another; gives how much that was. Here what is written depends on what
   * is read, so it is an interactive transaction: if the balance changes meanwhile, the work is done anew.
   */
  close(account: string, heir: string): Promise<number | null> {
    return this.#holdfast.transact(async (tx) => {
      const [cents, heirCents] = await tx.getMany<number>([accountKey(account), accountKey(heir)]);
      if (cents == null || heirCents == null) return null;
      tx.delete(accountKey(account));
      tx.add(accountKey(heir), cents);
      return cents;
    });
  }

  /** Balances of one instant, whoever leads the accounts: a transaction that only reads. Null where there is no account. */
  async balances(accounts: readonly string[]): Promise<(number | null)[]> {
    const { results } = await this.#holdfast
      .transaction()
      .do(...accounts.map((account) => op.get<number>(accountKey(account))))
      .commit();
    return results.map(({ value }) => value as number | null);
  }
}

const isSame = (a: Omit<Transfer, "id">, b: Omit<Transfer, "id">): boolean =>
  a.from === b.from && a.to === b.to && a.cents === b.cents;

function wholeCents(cents: number, least = 1): number {
  if (Number.isSafeInteger(cents) && cents >= least) return cents;
  throw new RangeError(`${cents} is no amount of whole cents`);
}
