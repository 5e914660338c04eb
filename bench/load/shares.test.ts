import { expect, it } from "vitest";
import type { LoadRequest } from "./job.ts";
import { sharesOf } from "./shares.ts";

const requests = Array.from(
  { length: 10 },
  (_, n): LoadRequest => ({ method: "GET", path: `/${n}` }),
);
const sorted = (share: readonly LoadRequest[]) => share.map(({ path }) => path).sort();

it("gives all to everybody, in different orders", () => {
  const [one = [], other = []] = sharesOf({ to: "all", requests }, 2);
  expect(sorted(one)).toEqual(sorted(requests));
  expect(sorted(other)).toEqual(sorted(requests));
  expect(one).not.toEqual(other);
});

it("deals each request to one client", () => {
  const shares = sharesOf({ to: "dealt", requests }, 3);
  expect(shares.map(({ length }) => length)).toEqual([4, 3, 3]);
  expect(sorted(shares.flat())).toEqual(sorted(requests));
});

it("leaves no client without a request", () => {
  const shares = sharesOf({ to: "dealt", requests: requests.slice(0, 2) }, 3);
  expect(shares.map(sorted)).toEqual([["/0"], ["/1"], ["/0"]]);
});
