import { expect, it } from "vitest";
import { stateAfter } from "./sheet";

it("opens further with every tap, then folds", () => {
  expect(stateAfter("peek", 0)).toBe("half");
  expect(stateAfter("half", 3)).toBe("full");
  expect(stateAfter("full", -5)).toBe("peek");
});

it("follows the finger", () => {
  expect(stateAfter("peek", -80)).toBe("half");
  expect(stateAfter("half", 80)).toBe("peek");
  expect(stateAfter("full", 80)).toBe("half");
  expect(stateAfter("full", -80)).toBe("full");
  expect(stateAfter("peek", 80)).toBe("peek");
});
