import { afterEach, describe, expect, it } from "vitest";
import { plant } from "../../shared/planted.ts";
import { Databases } from "../../sim/databases.ts";
import { storeProperty } from "./store.ts";

const databases = new Databases();
const same = (found: unknown, expected: unknown) => expect(found).toEqual(expected);
const run = (numRuns: number) =>
  storeProperty(
    () => {
      databases.reclaim();
      return databases.take();
    },
    same,
    numRuns,
  );

describe("a store on Node's SQLite", () => {
  afterEach(() => plant(null));

  it("is what a simple twin of it is", () => run(300));

  it.each(["truncation-leaves-records", "compacted-base"] as const)(
    "is not, with the mistake planted that is called %s",
    (mistake) => {
      plant(mistake);
      expect(() => run(300)).toThrow();
    },
  );
});
