import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, errorDefinition } from "./errors.ts";

const codes = Object.keys(ERRORS) as ErrorCode[];

describe.each(codes)("%s", (code) => {
  const { status, title, definite, advice } = errorDefinition(code);

  it("is a code of an error's status, with a title and an advice", () => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(advice).toMatch(/^[A-Z`].*\.$/s);
  });

  it("is certain of having had no effect, unless the service itself failed or ran out of time", () => {
    expect(definite).toBe(code !== "internal" && code !== "deadline-exceeded");
  });
});

describe("the errors", () => {
  it("never report a timeout as a failure (STYLE.md)", () => {
    expect(errorDefinition("deadline-exceeded")).toMatchObject({ status: 504, definite: false });
  });

  it("call only that retryable which may succeed unchanged", () => {
    const retryable = codes.filter((code) => errorDefinition(code).retryable);
    expect(retryable.every((code) => [409, 429, 500, 503, 504].includes(ERRORS[code].status))).toBe(
      true,
    );
    expect(retryable).not.toContain("precondition-failed");
  });
});
