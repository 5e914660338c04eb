import { describe, expect, it } from "vitest";
import { planted } from "../shared/planted.ts";
import { hunt, STATED } from "./mistakes.ts";

describe("a planted mistake", () => {
  it.each(STATED)(
    "$mistake is found within $seedsMax seeds from $from, with $members members",
    async (stated) => {
      expect(await hunt(stated)).not.toBeNull();
      expect(planted(stated.mistake)).toBe(false);
    },
    60_000,
  );
});
