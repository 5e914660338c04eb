import { describe, expect, it } from "vitest";
import { readDeployment } from "./deployment.ts";

const env = { HOLDFAST_ROOT_TOKEN: "secret", HOLDFAST_REGIONS: "wnam,enam,weur" };

describe("readDeployment", () => {
  it("reads what is set", () => {
    expect(readDeployment({ ...env, HOLDFAST_DEV: "1" })).toEqual({
      type: "configured",
      rootToken: new TextEncoder().encode("secret"),
      regions: ["wnam", "enam", "weur"],
      dev: true,
    });
    expect(readDeployment(env)).toMatchObject({ dev: false });
  });

  it("has three regions where none are named", () => {
    expect(readDeployment({ HOLDFAST_ROOT_TOKEN: "secret" })).toEqual(readDeployment(env));
  });

  it("takes a token without the space around it", () => {
    expect(readDeployment({ ...env, HOLDFAST_ROOT_TOKEN: "secret\n" })).toEqual(
      readDeployment(env),
    );
    const blank = readDeployment({ ...env, HOLDFAST_ROOT_TOKEN: " \n" });
    expect(blank).toMatchObject({ type: "not-configured" });
  });

  it("never tells the token", () => {
    const broken = readDeployment({ ...env, HOLDFAST_REGIONS: "nowhere" });
    expect(JSON.stringify(broken)).not.toContain("secret");
  });
});
