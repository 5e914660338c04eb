/** Cuts a history that is not linearizable down to one in which every operation is needed. */
import { checkLinearizability, type Interval, type Model } from "./linearizability.ts";

/** Leaving a write out would make every read of it a fault of its own, so only others are left out. */
export function minimise<
  State,
  Op extends Interval & { readonly action: { readonly type: string } },
>(model: Model<State, Op>, history: readonly Op[]): Op[] {
  const fails = (operations: readonly Op[]): boolean =>
    checkLinearizability(model, operations) === "not-linearizable";
  let small = [...history].sort((a, b) => a.invokedAt - b.invokedAt);
  // What was called after the fault showed adds nothing to it.
  for (let length = 1; length < small.length; length++) {
    const beginning = small.slice(0, length);
    if (!fails(beginning)) continue;
    small = beginning;
    break;
  }
  for (let at = small.length - 1; at >= 0; at--) {
    if (small[at]?.action.type !== "observe") continue;
    const without = small.toSpliced(at, 1);
    if (fails(without)) small = without;
  }
  return small;
}
