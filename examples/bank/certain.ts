/** A transfer whose outcome is known in the end, or somebody is told that it is not. */
import { HoldfastError } from "@holdfast/client";
import type { Bank, Outcome, Transfer } from "./bank.ts";

/**
 * Asks for a transfer until it is certain what became of it.
 *
 * The client has tried again for as long as it was given, and has asked what became of each try. What it then throws says what is
 * certain: `definite` means that nothing happened and nothing will. Anything else may have happened, and is asked for
 * again under the same number, which cannot move the money twice.
 */
export async function transferForCertain(
  bank: Bank,
  transfer: Transfer,
  rounds = 5,
): Promise<Outcome> {
  for (let round = 1; ; round++) {
    try {
      return await bank.transfer(transfer);
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.definite || round === rounds) throw error;
    }
  }
}
