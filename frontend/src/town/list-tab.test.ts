import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Reader } from "../page/text";
import { ListTab, placeOf } from "./list-tab";

const ROWS = `<form data-list-filter><select name="layer"><option value="trees" selected>t</option></select>
<select name="state"><option value="">all</option><option value="lost">lost</option></select></form>
<ul><li data-row="trees/7" data-at="2.27,48.82"><a href="/list/trees/7/">Tilia</a></li></ul>
<a href="/list/?layer=trees&after=7" data-list-query="layer=trees&after=7">next</a>`;

describe("the list in the panel", () => {
  const events = { open: vi.fn(), point: vi.fn(), filtered: vi.fn() };
  const fetched = vi.fn();
  let box: HTMLElement;
  let list: ListTab;

  beforeEach(async () => {
    vi.clearAllMocks();
    fetched.mockImplementation(async () => new Response(ROWS));
    vi.stubGlobal("fetch", fetched);
    box = document.createElement("div");
    document.body.append(box);
    list = new ListTab(box, "/list/", new Reader("fr", { failed: "raté", retry: "encore" }), events);
    await list.load("layer=trees");
  });
  afterEach(() => vi.unstubAllGlobals());

  it("opens the thing of a row", () => {
    box.querySelector("a")?.click();
    expect(events.open).toHaveBeenCalledWith("trees/7");
  });

  it("lights the place of the row that is pointed at", () => {
    const link = box.querySelector("a");
    link?.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    expect(events.point).toHaveBeenLastCalledWith([48.82, 2.27]);
    link?.dispatchEvent(new MouseEvent("mouseout", { bubbles: true }));
    expect(events.point).toHaveBeenLastCalledWith(null);
  });

  it("filters list and map with one choice", async () => {
    const state = box.querySelector<HTMLSelectElement>("select[name=state]");
    if (state) state.value = "lost";
    state?.dispatchEvent(new Event("change", { bubbles: true }));
    await vi.waitFor(() => expect(events.filtered).toHaveBeenLastCalledWith("trees", ["lost"]));
    expect(fetched.mock.lastCall?.[0]).toBe("/list/?layer=trees&state=lost&fragment=1");
  });

  it("turns the page in place", async () => {
    box.querySelector<HTMLElement>("[data-list-query]")?.click();
    await vi.waitFor(() => expect(fetched.mock.lastCall?.[0]).toContain("after=7"));
  });

  it("says so when the server does not answer, and tries again", async () => {
    fetched.mockRejectedValueOnce(new TypeError("offline"));
    await list.load("layer=roofs");
    expect(box.textContent).toContain("raté");
    box.querySelector("button")?.click();
    await vi.waitFor(() => expect(box.textContent).toContain("Tilia"));
  });

  it("reads places, and no place from nonsense", () => {
    expect(placeOf("2.27,48.82")).toEqual([48.82, 2.27]);
    expect(placeOf("2.27")).toBeNull();
    expect(placeOf(undefined)).toBeNull();
  });
});
