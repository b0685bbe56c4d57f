import { describe, expect, it } from "vitest";
import { Reader } from "./text";

describe("the reader's language", () => {
  const reader = new Reader("fr", { rank: "Rang {rank}", odd: "{missing} reste" });

  it("fills in the names of a sentence", () => {
    expect(reader.say("rank", { rank: 3 })).toBe("Rang 3");
  });

  it("leaves a name nobody gave, and shows a key nobody translated", () => {
    expect(reader.say("odd")).toBe("{missing} reste");
    expect(reader.say("nowhere")).toBe("nowhere");
  });

  it("writes numbers as its language does", () => {
    expect(reader.number(6000.5, 1)).toMatch(/^6[\s\u202f]000,5$/);
    expect(new Reader("en", {}).number(6000.5, 1)).toBe("6,000.5");
  });

  it("gives a difference its sign, and none to zero", () => {
    expect(reader.signed(1.25)).toBe("+1,3");
    expect(reader.signed(-1.25)).toBe("−1,3");
    expect(reader.signed(0.04)).toBe("0,0");
  });
});
