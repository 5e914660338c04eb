/** One call over the network, with a deadline of the caller's. */
import type { Region } from "../../../shared/types.ts";
import type { Reply } from "../../member.ts";
import type { Stage } from "../../stage.ts";

/** @param deliver is called as the call arrives, as often as it does. */
export function exchange<T>(
  { timeline, network }: Stage,
  from: Region,
  to: Region,
  deadlineMs: number,
  deliver: (reply: Reply<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    timeline.after(deadlineMs, () => reject(new Error("no answer in time")));
    const back = (settle: () => void) => network.send(to, from, false, settle);
    network.send(from, to, true, () =>
      deliver({
        answered: (value) => back(() => resolve(value)),
        lost: () => back(() => reject(new Error("connection lost"))),
      }),
    );
  });
}
