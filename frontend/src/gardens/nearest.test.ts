import { describe, expect, it } from "vitest";
import { make } from "../page/elements";
import { Reader } from "../page/text";
import { metresBetween, sayAway, sortByDistance } from "./nearest";

const READER = new Reader("fr", { awayMetres: "à {n} m", awayKilometres: "à {n} km" });

describe("the nearest garden", () => {
  it("is a hundred and eleven metres away for a thousandth of a degree of latitude", () => {
    expect(metresBetween([48.82, 2.27], [48.821, 2.27])).toBeCloseTo(111.2, 1);
  });

  it("is told in metres up to a kilometre, then with one decimal", () => {
    expect(sayAway(347, READER)).toBe("à 350 m");
    expect(sayAway(1240, READER)).toBe("à 1,2 km");
    expect(sayAway(2, READER)).toBe("à 10 m");
  });

  it("stands first, with its distance", () => {
    const row = (name: string, at: string) =>
      make("li", { "data-row": name, "data-at": at }, make("span", { "data-away": "", hidden: "" }));
    const list = make("ul", {}, row("far", "2.30,48.82"), row("near", "2.271,48.82"));
    sortByDistance(list, [48.82, 2.27], READER);
    expect([...list.children].map((child) => (child as HTMLElement).dataset.row)).toEqual(["near", "far"]);
    expect(list.firstElementChild?.textContent).toBe(" · à 70 m");
  });
});
