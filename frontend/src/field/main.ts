/** /field/: starts the app on what the phone holds; the network only ever adds to it. */
import { find, make } from "../page/elements";
import { App, type FieldSettings, nameFrame, type Route, type Screen } from "./app";
import { NoStorage, OpenElsewhere, openField } from "./db";
import { checkScreen, taskScreen, waterScreen } from "./screens/care";
import { mapScreen } from "./screens/map";
import { outboxScreen } from "./screens/outbox";
import { phoneScreen } from "./screens/phone";
import { plantScreen } from "./screens/plant";
import { problemScreen, proposeScreen } from "./screens/report";
import { roundScreen } from "./screens/round";
import { siteScreen } from "./screens/site";
import { Store } from "./store";
import { watchForNewVersion } from "./versions";

const ROUTES: Readonly<Record<string, Route>> = {
  round: roundScreen,
  map: mapScreen,
  site: siteRoute,
  new: proposeScreen,
  outbox: outboxScreen,
  phone: phoneScreen,
};

function siteRoute(app: App, uuid = "", what = "", task = "", not = ""): Screen | Promise<Screen> {
  const site = app.world.sites.get(uuid);
  if (!site) return siteScreen(app, uuid);
  const tree = app.world.treeAt(uuid);
  const row = app.world.tasks.find((one) => one.uuid === task) ?? null;
  if (what === "plant") return plantScreen(app, site);
  if (what === "problem") return problemScreen(app, site);
  if (what === "water" && tree) return waterScreen(app, site, tree, row);
  if (what === "check" && tree) return checkScreen(app, site, tree);
  if (what === "task" && row) return taskScreen(app, site, row, not === "not");
  return siteScreen(app, uuid);
}

function settingsOf(): FieldSettings {
  const block = document.getElementById("field-settings");
  if (!block?.textContent) throw new Error("the page carries no field-settings");
  return JSON.parse(block.textContent) as FieldSettings;
}

function languageOf(settings: FieldSettings): string {
  let chosen = "";
  try {
    chosen = localStorage.getItem("field-language") ?? "";
  } catch {
    // Private mode: the phone's own language.
  }
  const first = chosen || navigator.language.slice(0, 2);
  return first in settings.texts ? first : "fr";
}

async function start(): Promise<void> {
  const settings = settingsOf();
  const language = languageOf(settings);
  document.documentElement.lang = language;
  const say = (key: string) => settings.texts[language]?.[key] ?? key;
  nameFrame(say);
  let app: App | null = null;
  try {
    const db = await openField(undefined, undefined, () => {
      if (app) app.closed = true;
      stopWith(say("openedElsewhere"), say("reload"));
    });
    const store = new Store(db, () => app?.soon());
    const device = await store.device(deviceName());
    app = new App(settings, store, device, ROUTES, language);
    watchForNewVersion(app);
    await app.start();
  } catch (error) {
    // Before the first capture, not after it: nothing could be kept here.
    if (error instanceof NoStorage) stopWith(say("noStorage"), "");
    else if (error instanceof OpenElsewhere) stopWith(say("olderApp"), say("reload"));
    else throw error;
  }
}

function stopWith(sentence: string, reload: string): void {
  const main = find("screen");
  const box = make("div", { class: "empty", role: "alert" }, make("p", { class: "note alarm" }, sentence));
  if (reload) {
    const button = make("button", { type: "button", class: "big main" }, reload);
    button.addEventListener("click", () => location.reload());
    box.append(button);
  }
  main?.replaceChildren(box);
  document.body.dataset.ready = "stopped";
}

/** What a lead will recognise in the list of devices. */
function deviceName(): string {
  const agent = navigator.userAgent;
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0] ?? "";
  const browser = /Firefox|Edg|Chrome|Safari/.exec(agent)?.[0] ?? "";
  return [system, browser].filter(Boolean).join(" ").slice(0, 80) || "phone";
}

void start();
