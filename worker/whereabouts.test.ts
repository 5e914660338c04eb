import { describe, expect, it } from "vitest";
import { region } from "../shared/types.ts";
import { Problem } from "./problem.ts";
import { nearestMember } from "./whereabouts.ts";

const THREE = ["wnam", "enam", "weur"].map(region);
const BERLIN = { continent: "EU", latitude: "52.52000", longitude: "13.40500" };

function requestFrom(cf?: Record<string, unknown>, stated?: string): Request {
  const headers = new Headers(stated === undefined ? {} : { "Holdfast-From-Region": stated });
  const request = new Request("http://holdfast.test/", { headers });
  return Object.assign(request, cf === undefined ? {} : { cf }) as Request;
}

describe("what the platform says", () => {
  it("is a place", () => {
    expect(nearestMember(requestFrom(BERLIN), THREE, false)).toBe("weur");
    const seattle = { continent: "NA", latitude: "47.60620", longitude: "-122.33210" };
    expect(nearestMember(requestFrom(seattle), THREE, false)).toBe("wnam");
  });

  it("may be a continent alone", () => {
    expect(nearestMember(requestFrom({ continent: "EU" }), THREE, false)).toBe("weur");
    const half = { continent: "EU", latitude: "", longitude: "-122.3" };
    expect(nearestMember(requestFrom(half), THREE, false)).toBe("weur");
  });

  it("may be nothing", () => {
    expect(nearestMember(requestFrom(), THREE, false)).toBeUndefined();
    expect(nearestMember(requestFrom({ continent: "T1" }), THREE, false)).toBeUndefined();
    expect(nearestMember(requestFrom({ latitude: 1, longitude: 2 }), THREE, false)).toBeUndefined();
  });

  it("is not asked for where there is one region", () => {
    const request = requestFrom();
    Object.defineProperty(request, "cf", {
      get: () => {
        throw new Error("looked up");
      },
    });
    expect(nearestMember(request, [region("weur")], false)).toBeUndefined();
  });
});

describe("what the header says", () => {
  it("counts in development", () => {
    expect(nearestMember(requestFrom(BERLIN, "enam"), THREE, true)).toBe("enam");
    expect(nearestMember(requestFrom(BERLIN, "oc"), THREE, true)).toBe("wnam");
    expect(nearestMember(requestFrom(BERLIN), THREE, true)).toBe("weur");
  });

  it("means nothing elsewhere", () => {
    expect(nearestMember(requestFrom(BERLIN, "enam"), THREE, false)).toBe("weur");
    expect(nearestMember(requestFrom(BERLIN, "moon"), THREE, false)).toBe("weur");
  });

  it.each(["moon", "", "WNAM", "wnam,enam", "__proto__"])("%j is refused", (stated) => {
    const refused = () => nearestMember(requestFrom(BERLIN, stated), THREE, true);
    expect(refused).toThrow(Problem);
    // Whether there is anything to choose or not: a mistake shows at once.
    expect(() => nearestMember(requestFrom(BERLIN, stated), [region("weur")], true)).toThrow(
      "must be one of wnam",
    );
  });
});
