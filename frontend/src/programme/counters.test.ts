import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Counters } from "./counters";

const TOLD = {
  values: { trees_alive: 4001, trees_lost: null },
  line: { alive: [0, 66.7] },
  as_of: "2026-11-23T10:00:00+01:00",
};
let visible: DocumentVisibilityState = "visible";

function page(): HTMLElement {
  document.body.innerHTML = `<section><strong data-indicator="trees_alive">4 000</strong><b data-indicator="trees_lost">1</b>
    <span data-segment="alive"></span><time data-as-of></time></section>`;
  return document.body.firstElementChild as HTMLElement;
}

describe("the live counters", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    visible = "visible";
    Object.defineProperty(document, "visibilityState", { get: () => visible, configurable: true });
  });
  afterEach(() => {
    visible = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("shows numbers in the reader's language, the line, and as of when", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => new Response(JSON.stringify(TOLD), { headers: { ETag: '"a"' } })),
    );
    const root = page();
    new Counters(root, "/i.json", "fr", 1000);
    await vi.advanceTimersByTimeAsync(10);
    expect(root.querySelector("strong")?.textContent).toMatch(/^4[\s\u202f]001$/);
    expect(root.querySelector("b")?.textContent).toBe("–");
    expect(root.querySelector<HTMLElement>("[data-segment]")?.style.width).toBe("66.7%");
    expect(root.querySelector("time")?.getAttribute("datetime")).toBe(TOLD.as_of);
  });

  it("asks again with the tag it was given, and bears a server that is away", async () => {
    const asked: RequestInit[] = [];
    const answers = [
      () => new Response(JSON.stringify(TOLD), { headers: { ETag: '"a"' } }),
      () => {
        throw new TypeError("offline");
      },
      () => new Response(null, { status: 304, headers: { "X-As-Of": "2026-11-23T10:01:00+01:00" } }),
    ];
    vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
      asked.push(init);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return answer?.();
    });
    const root = page();
    new Counters(root, "/i.json", "en", 1000);
    await vi.advanceTimersByTimeAsync(2500);
    expect(asked.map((init) => (init.headers as Record<string, string>)["If-None-Match"])).toEqual([
      undefined,
      '"a"',
      '"a"',
    ]);
    expect(root.querySelector("strong")?.textContent).toBe("4,001");
    expect(root.querySelector("time")?.getAttribute("datetime")).toBe("2026-11-23T10:01:00+01:00");
  });

  it("asks nothing while the page is hidden, and at once when it is seen again", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      return new Response(JSON.stringify(TOLD));
    });
    // Other tests' counters live on in this document; this one has an address of its own.
    const mine = () => asked.filter((url) => url === "/mine.json").length;
    new Counters(page(), "/mine.json", "fr", 1000);
    await vi.advanceTimersByTimeAsync(10);
    visible = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(mine()).toBe(1);
    visible = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(10);
    expect(mine()).toBe(2);
  });
});
