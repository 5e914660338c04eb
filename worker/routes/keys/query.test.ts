import { describe, expect, it } from "vitest";
import { parseQuery } from "./query.ts";

describe("a query", () => {
  it("is decoded strictly", () => {
    expect(parseQuery("a=1&b=%2F+%C3%A4&&c&d==&__proto__=x")).toEqual({
      parameters: { a: "1", b: "/ ä", c: "", d: "=", ["__proto__"]: "x" },
      faults: [],
    });
  });

  it("names what is given twice, and what is not UTF-8", () => {
    const { parameters, faults } = parseQuery("a=1&a=2&b=%ff&%ff=3&c=4");
    expect(parameters).toEqual({ a: "1", c: "4" });
    expect(faults.map((fault) => fault.path)).toEqual(["a", "b", "%ff"]);
  });
});
