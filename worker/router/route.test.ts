import { expect, test } from "vitest";
import { region } from "../../shared/types.ts";
import { Route } from "./route.ts";

const MEMBERS = [region("wnam"), region("enam"), region("weur")];

test("a group that nobody knows is asked for at its first member", () => {
  expect(new Route("default/new", MEMBERS).region).toBe("wnam");
});

test("whoever answered is asked first by the next request of the isolate", () => {
  const route = new Route("default/a", MEMBERS);
  route.answered(region("weur"));
  expect(new Route("default/a", MEMBERS).region).toBe("weur");
  expect(new Route("default/b", MEMBERS).region).toBe("wnam");
});

test("a member that could not be reached is named to the next one, and forgotten as leader", () => {
  const route = new Route("default/c", MEMBERS);
  route.answered(region("wnam"));
  route.failed();
  expect([route.region, route.unreachable]).toEqual(["enam", ["wnam"]]);
  expect(new Route("default/c", MEMBERS).region).toBe("wnam");
  route.failed();
  expect([route.region, route.unreachable]).toEqual(["weur", ["wnam", "enam"]]);
});

test("once all have failed, all are tried again", () => {
  const route = new Route("default/d", MEMBERS);
  for (let n = 0; n < 3; n++) route.failed();
  expect(route.unreachable).toEqual([]);
});

test("a leader that a member names is reachable from there", () => {
  const route = new Route("default/e", MEMBERS);
  route.failed();
  route.redirected(region("wnam"));
  expect([route.region, route.unreachable]).toEqual(["wnam", []]);
});

test("a solo group has one member to ask, whatever happens", () => {
  const route = new Route("default/f", [region("wnam")]);
  route.failed();
  expect([route.region, route.unreachable]).toEqual(["wnam", []]);
});
