/** From a filled form to “saved”: written on the phone first, said after, refined in the background. */
import { make } from "../../page/elements";
import type { App } from "../app";
import type { Form } from "../form";
import type { Capture } from "../store";
import type { Item } from "../types";
import type { PlaceField } from "./place";

type Rest = Omit<Capture, "photos" | "position" | "refineUntil" | "draft">;

/** Writes the capture, or several that belong together; returns to `next` with the word “saved”. */
export async function saveAll(
  app: App,
  form: Form,
  captures: readonly Rest[],
  next: string,
  place: PlaceField | null = null,
): Promise<void> {
  await askToKeep(app);
  const { locator } = form;
  let after = "";
  let last: Item | null = null;
  for (const [at, capture] of captures.entries()) {
    const final = at === captures.length - 1;
    const item: Item = await app.store.capture({
      ...capture,
      ...(after ? { after } : {}),
      position: locator.best,
      refineUntil: locator.running ? locator.until : 0,
      photos: final ? form.photos : [],
      ...(final ? { draft: form.key } : {}),
    });
    locator.saved = true;
    if (locator.running) refineAfter(app, form, item, place);
    after = item.uuid;
    last = item;
  }
  // The lists know of it before the word is said: what was just planted is not offered again.
  await app.captured();
  if (last) toast(app, app.say("saved", { what: app.say(`did.${last.action}`), where: last.place }));
  app.go(next);
}

function refineAfter(app: App, form: Form, item: Item, place: PlaceField | null): void {
  const follows = place?.follows() && "geom" in item.event.patch;
  form.locator.onChange(() => {
    const fix = form.locator.best;
    if (fix)
      void app.store.refine(
        item.uuid,
        fix,
        follows ? { geom: { type: "Point", coordinates: [fix.lon, fix.lat] } } : {},
      );
    if (!form.locator.running)
      void app.store.change(item.uuid, (held) => ({ ...held, refineUntil: 0 })).then(() => app.runner.run());
  });
}

/** Asked once, at the first capture: that the browser may not clear what is not sent. */
async function askToKeep(app: App): Promise<void> {
  if (!navigator.storage?.persist || (await app.store.fact("persistAsked"))) return;
  await app.store.setFact("persistAsked", true);
  // Not waited for: a browser may ask the crew, and the capture must not hang on the answer.
  void navigator.storage.persist().then((kept) => app.store.setFact("persisted", kept));
}

export function toast(app: App, sentence: string): void {
  const line = document.querySelector<HTMLElement>("[data-toast]");
  if (!line) return;
  line.replaceChildren(make("strong", {}, "✓ "), sentence);
  line.hidden = false;
  line.dataset.at = String(Math.round(performance.now()));
  window.clearTimeout(Number(line.dataset.timer));
  line.dataset.timer = String(
    window.setTimeout(() => {
      line.hidden = true;
    }, 6_000),
  );
  void app;
}
