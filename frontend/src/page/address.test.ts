import { describe, expect, it } from "vitest";
import { NOWHERE, readAddress, writeAddress } from "./address";

describe("the view in the address bar", () => {
  it("comes back as it was written", () => {
    const address = {
      view: { zoom: 15.5, lat: 48.8238, lon: 2.2737 },
      layers: ["trees", "roofs"],
      heat: "anomaly",
      slug: "summer",
      opacity: 70,
      on: "trees/12",
    };
    expect(readAddress(writeAddress(address))).toEqual(address);
  });

  it("tells no layers from layers never chosen", () => {
    expect(readAddress(writeAddress({ ...NOWHERE, layers: [] })).layers).toEqual([]);
    expect(readAddress("#15/48.8/2.2").layers).toBeNull();
  });

  it("tells heat switched off from heat never chosen", () => {
    expect(readAddress("#15/48.8/2.2&heat=").heat).toBe("");
    expect(readAddress("#15/48.8/2.2").heat).toBeNull();
  });

  it.each([
    "",
    "#",
    "#yard-12",
    "#15/48.8",
    "#x/y/z",
    "#15/91/2",
    "#99/48/2",
    "#15//2",
    "#15/48/2/7",
    "#15/NaN/2",
  ])("takes %s for no view", (hash) => expect(readAddress(hash).view).toBeNull());

  it("refuses what is no thing, no opacity and no encoding", () => {
    const read = readAddress("#15/48/2&on=javascript:alert(1)&opacity=900&heat=%E0%A4%A");
    expect(read).toMatchObject({ on: null, opacity: null, heat: "" });
  });
});
