import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNamespaceName, namespaceConfig, sameNamespace } from "./namespace.ts";
import { ms, region } from "./types.ts";

const [weur, enam, wnam, apac] = ["weur", "enam", "wnam", "apac"].map(region) as [
  ReturnType<typeof region>,
  ...ReturnType<typeof region>[],
];

describe("isNamespaceName", () => {
  it("is [a-z0-9-]{1,63}", () => {
    const pattern = /^[a-z0-9-]{1,63}$/;
    const near = fc.string({ unit: fc.constantFrom(..."az09-AZ_/.{`:ü "), maxLength: 66 });
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (name) => {
        expect(isNamespaceName(name)).toBe(pattern.test(name));
      }),
    );
    expect(isNamespaceName("a\n")).toBe(false);
  });
});

describe("namespaceConfig", () => {
  it("keeps replicas with the members and in apac, unless it is told otherwise", () => {
    const config = namespaceConfig("a", {}, [weur]);
    expect(config).toEqual({
      name: "a",
      regions: ["weur"],
      replicaRegions: ["weur", "apac"],
      historyMs: 600_000,
    });
    expect(namespaceConfig("a", { regions: [apac as never] }, [weur]).replicaRegions).toEqual([
      "apac",
    ]);
    const settings = { replicaRegions: [enam as never], historyMs: ms(60_000) };
    expect(namespaceConfig("a", settings, [weur])).toMatchObject(settings);
  });
});

describe("sameNamespace", () => {
  const config = namespaceConfig("a", { regions: [weur, enam as never, wnam as never] }, []);

  it("counts everything but the order of replicas", () => {
    expect(sameNamespace(config, { ...config })).toBe(true);
    const turned = { ...config, replicaRegions: config.replicaRegions.toReversed() };
    expect(sameNamespace(config, turned)).toBe(true);
    for (const other of [
      { name: "b" },
      { historyMs: ms(60_000) },
      { regions: config.regions.toReversed() },
      { regions: config.regions.slice(0, 1) },
      { replicaRegions: config.replicaRegions.slice(1) },
    ]) {
      expect(sameNamespace(config, { ...config, ...other })).toBe(false);
    }
  });
});
