/* RGAA 4.1, level AA: the criteria a machine can check, each with what it asks and the elements that break it. */
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const named = (element) => (element.textContent || "").trim() || element.getAttribute("aria-label");
  const criteria = {
    1.2: [
      "decorative images are hidden from assistive technologies",
      () =>
        all("svg, img").filter(
          (e) =>
            !e.closest("[aria-hidden=true], .leaflet-container") &&
            !e.getAttribute("alt") &&
            !e.getAttribute("aria-label"),
        ),
    ],
    5.7: [
      "header cells of tables say what they head",
      () => all("main th").filter((e) => !["col", "row"].includes(e.scope)),
    ],
    6.2: ["each link has a name", () => all("a[href]").filter((e) => !named(e))],
    7.1: [
      "the scripts' own controls say their name and state",
      () =>
        all("[data-sheet-handle]").filter(
          (e) => !e.hasAttribute("aria-expanded") || !e.getAttribute("aria-label"),
        ),
    ],
    8.3: ["the page says its language", () => (/^(fr|en)$/.test(document.documentElement.lang) ? [] : [document.body])],
    8.6: [
      "the title says what the page is",
      () => (document.title.trim().length >= 12 && document.title.includes(" · ") ? [] : [document.body]),
    ],
    9.1: [
      "one first heading, and no level left out",
      () => {
        const headings = all("h1, h2, h3, h4").filter((e) => e.offsetParent);
        const level = (e) => Number(e.tagName[1]);
        if (headings.filter((e) => level(e) === 1).length !== 1) return [document.body];
        return headings.filter((e, at) => level(e) > (at ? level(headings[at - 1]) : 0) + 1);
      },
    ],
    9.2: [
      "header, navigation and main content are marked",
      () => ["body > header", "nav[aria-label]", "main#content"].filter((s) => !all(s).length).map(() => document.body),
    ],
    10.7: [
      "what has the focus can be seen",
      () =>
        all("main a[href], main button, main input, main textarea, main summary").filter((e) => {
          if (!e.offsetParent || e.type === "hidden") return false;
          e.focus({ focusVisible: true });
          const { outlineStyle, outlineWidth } = getComputedStyle(e);
          return document.activeElement === e && (outlineStyle === "none" || Number.parseFloat(outlineWidth) < 2);
        }),
    ],
    11.1: [
      "each field has its label",
      () =>
        all("input:not([type=hidden]), select, textarea").filter(
          (e) => !e.labels.length && !e.getAttribute("aria-label"),
        ),
    ],
    "11.10": [
      "a wrong answer is told beside its field, and the field points to it",
      () =>
        all("[aria-invalid=true]").filter((e) => {
          const described = (e.getAttribute("aria-describedby") || "").split(" ");
          return !described.some((id) => document.getElementById(id)?.classList.contains("errors"));
        }),
    ],
    11.13: [
      "fields about oneself say what they are for",
      () =>
        ["name", "address", "door", "postcode", "phone"]
          .map((name) => document.getElementById(`id_${name}`))
          .filter((e) => e && !e.autocomplete),
    ],
    12.7: [
      "the first link leads to the content",
      () => all("a[href]").slice(0, 1).filter((e) => e.getAttribute("href") !== "#content"),
    ],
    12.8: ["the keyboard's order is the page's", () => all("[tabindex]").filter((e) => e.tabIndex > 0)],
    13.8: [
      "nothing moves by itself",
      () => document.getAnimations().filter((a) => a.playState === "running").map(() => document.body),
    ],
  };
  return Object.entries(criteria).flatMap(([number, [asks, broken]]) =>
    broken().map((element) => `${number} (${asks}): ${element.outerHTML.slice(0, 160)}`),
  );
})()
