import { describe, expect, it } from "vitest";
import { autumnOf, dayOf, skewOf } from "./clock";
import { better, metres, snaps } from "./position";
import { distance, SpeciesFinder } from "./species";
import { Streets } from "./streets";
import { uuid7 } from "./uuid";

const row = (uuid: string, name: string, fr: string, en: string) => ({ uuid, name, fr, en });
const finder = new SpeciesFinder([
  row("1", "Tilia cordata", "Tilleul à petites feuilles", "Small-leaved lime"),
  row("2", "Tilia tomentosa", "Tilleul argenté", "Silver lime"),
  row("3", "Quercus robur", "Chêne pédonculé", "English oak"),
  row("4", "Quercus robur 'Fastigiata'", "Chêne pédonculé fastigié", "Cypress oak"),
  row("5", "Celtis australis", "Micocoulier de Provence", "Nettle tree"),
]);
const names = (query: string) => finder.find(query).map(({ row }) => row.uuid);

describe("a species written with a gloved thumb", () => {
  it.each([
    ["tilleul", ["1", "2"]],
    ["TILEUL argente", ["2"]],
    ["chene ped", ["3", "4"]],
    ["quercus rob", ["3", "4"]],
    ["miccoulier", ["5"]],
    ["imcocoulier", ["5"]],
    ["lime silver", ["2"]],
    ["rosier", []],
  ])("%s", (query, found) => {
    expect([...names(query)].sort()).toEqual([...found].sort());
  });

  it("puts the plain species before its cultivar, and offers the usual ones unasked", () => {
    expect(names("chene")[0]).toBe("3");
    expect(finder.find("", 8, ["5", "1"]).map(({ row }) => row.uuid)).toEqual(["5", "1"]);
  });

  it("counts a swap of neighbours as one slip and gives up beyond the limit", () => {
    expect(distance("tilia", "tliia", 2)).toBe(1);
    expect(distance("tilia", "quercus", 1)).toBe(2);
  });
});

describe("a position", () => {
  const site = { lon: 2.27, lat: 48.82 };
  const fix = (metresEast: number, accuracy_m: number) => ({
    lon: 2.27 + metresEast / (111_195 * Math.cos((48.82 * Math.PI) / 180)),
    lat: 48.82,
    accuracy_m,
    samples: 1,
  });

  it("keeps the best accuracy and counts every sample", () => {
    let known = better(null, fix(9, 30));
    known = better(known, fix(2, 8));
    known = better(known, fix(6, 15));
    expect(known).toEqual({ ...fix(2, 8), samples: 3 });
  });

  it("starts anew when the crew has walked on", () => {
    expect(better(better(null, fix(0, 4)), fix(40, 20))).toEqual(fix(40, 20));
  });

  it("snaps to the planned site within its accuracy, and not beyond", () => {
    expect(metres(fix(100, 1), site)).toBeCloseTo(100, 0);
    expect(snaps(fix(12, 15), site)).toBe(true);
    expect(snaps(fix(12, 8), site)).toBe(false);
    expect(snaps(fix(4, 1), site)).toBe(true);
  });

  it("knows its street within 25 m of the centre line", () => {
    const streets = new Streets([
      {
        name: "rue du Levant",
        line: [
          [2.269, 48.82],
          [2.271, 48.82],
        ],
      },
      {
        name: "rue du Midi",
        line: [
          [2.2702, 48.819],
          [2.2702, 48.821],
        ],
      },
    ]);
    expect(streets.nearest({ lon: 2.2695, lat: 48.8201 })).toBe("rue du Levant");
    expect(streets.nearest({ lon: 2.2701, lat: 48.8205 })).toBe("rue du Midi");
    expect(streets.nearest({ lon: 2.275, lat: 48.83 })).toBe("");
  });
});

describe("time", () => {
  it("a phone a year ahead is so by the middle of the exchange", () => {
    expect(
      skewOf("2026-11-23T08:00:00Z", Date.parse("2027-11-23T07:59:59Z"), Date.parse("2027-11-23T08:00:01Z")),
    ).toBe(365 * 86_400_000);
    expect(skewOf("never", 0, 0)).toBeNull();
  });

  it("an autumn runs to the July after", () => {
    expect([
      autumnOf("2026-11-23"),
      autumnOf("2027-02-01"),
      autumnOf("2027-07-31"),
      autumnOf("2027-08-01"),
    ]).toEqual([2026, 2026, 2026, 2027]);
    expect(dayOf(new Date(2026, 0, 5, 23, 59).getTime())).toBe("2026-01-05");
  });

  it("sorts identifiers by the moment they were made, and marks them version 7", () => {
    const early = uuid7(1_000);
    const late = uuid7(2_000_000_000_000);
    expect(early < late).toBe(true);
    expect(late).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
