/** This phone: what it holds, how safely, the language, the export, the sign-in. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { exportFile, handOver } from "../export";
import { timeIn } from "./words";

interface Battery {
  readonly level: number;
  readonly charging: boolean;
}

export async function phoneScreen(app: App): Promise<Screen> {
  const body = make("div", { class: "phone-screen" });
  const facts = make("dl", { class: "facts" });
  const fact = (name: string, value: string) => facts.append(make("dt", {}, name), make("dd", {}, value));

  const persisted = (await navigator.storage?.persisted?.()) ?? false;
  fact(app.say("storage"), app.say(persisted ? "storageKept" : "storageNotKept"));
  const estimate = await navigator.storage?.estimate?.();
  if (estimate?.quota) {
    const free = estimate.quota - (estimate.usage ?? 0);
    fact(app.say("room"), app.say("roomLeft", { mb: app.reader.number(Math.floor(free / 1e6)) }));
  }
  const battery = await batteryOf();
  if (battery)
    fact(app.say("battery"), `${Math.round(battery.level * 100)} %${battery.charging ? " ⚡" : ""}`);
  const { pack } = app.world;
  fact(app.say("packOf"), pack ? timeIn(app, Date.parse(pack.as_of)) : app.say("none"));
  if (pack)
    fact(
      app.say("packHolds"),
      app.say("packCounts", {
        sites: app.reader.number(pack.sites.length),
        trees: app.reader.number(pack.trees.length),
      }),
    );
  fact(
    app.say("signedInAs"),
    app.session && app.halt !== "signed_out" ? app.session.user.name : app.say("nobody"),
  );
  fact(app.say("deviceIs"), `${app.device.name} · ${app.device.uuid.slice(-6)}`);
  body.append(facts);
  if (!persisted) body.append(make("p", { class: "note" }, app.say("storageAdvice")));

  const languages = make("div", { class: "buttons-2", role: "group", "aria-label": app.say("language") });
  for (const [code, name] of [
    ["fr", "Français"],
    ["en", "English"],
  ] as const) {
    const button = make(
      "button",
      { type: "button", class: "big", lang: code, "aria-pressed": String(app.language === code) },
      name,
    );
    button.addEventListener("click", () => app.setLanguage(code));
    languages.append(button);
  }
  body.append(languages);

  const fresh = make("button", { type: "button", class: "big", "data-key": "fresh" }, app.say("refreshPack"));
  fresh.addEventListener("click", () => {
    void app.connect().then(() => app.refreshPack(true));
  });
  body.append(fresh);
  if (app.packProblem) body.append(make("p", { class: "note" }, app.packProblem));

  const said = make("p", { class: "quiet", role: "status" });
  const out = make("button", { type: "button", class: "big", "data-export": "" }, app.say("export"));
  out.addEventListener("click", () => {
    out.disabled = true;
    said.textContent = app.say("exporting");
    exportFile(app.store, app.device, app.session?.user.name ?? "")
      .then(async (file) => {
        said.textContent = app.say("exported", { events: file.events, photos: file.photos, name: file.name });
        await handOver(file);
      })
      .catch((error: unknown) => {
        said.textContent = app.say("exportFailed", { why: String(error) });
      })
      .finally(() => {
        out.disabled = false;
      });
  });
  body.append(
    make("h2", {}, app.say("emergency")),
    make("p", { class: "quiet" }, app.say("emergencyWhy")),
    out,
    said,
  );
  body.append(
    make("p", { class: "quiet" }, make("a", { href: app.settings.signIn }, app.say("signInOther"))),
    make("p", { class: "quiet" }, app.say("privacy")),
  );
  return { title: app.say("phone"), body };
}

async function batteryOf(): Promise<Battery | null> {
  const ask = (navigator as { getBattery?: () => Promise<Battery> }).getBattery;
  try {
    return ask ? await ask.call(navigator) : null;
  } catch {
    return null;
  }
}
