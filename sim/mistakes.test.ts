import { describe, expect, it } from "vitest";
import { planted } from "../shared/planted.ts";
import { hunt, STATED } from "./mistakes.ts";
import { STATED_OF_LOCKS } from "./mistakes-of-locks.ts";
import { STATED_OF_REPLICAS } from "./mistakes-of-replicas.ts";
import { STATED_OF_TRANSACTIONS } from "./mistakes-of-transactions.ts";
import { STATED_OF_WATCH } from "./mistakes-of-watch.ts";

describe("a planted mistake", () => {
  it.each([
    ...STATED,
    ...STATED_OF_TRANSACTIONS,
    ...STATED_OF_REPLICAS,
    ...STATED_OF_LOCKS,
    ...STATED_OF_WATCH,
  ])(
    "$mistake is found by $play within $seedsMax seeds from $from, with $members members",
    async (stated) => {
      expect(await hunt(stated)).not.toBeNull();
      expect(planted(stated.mistake)).toBe(false);
    },
    120_000,
  );
});
