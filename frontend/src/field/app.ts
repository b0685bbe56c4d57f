/** The app's frame: what every screen needs, where each is, and the line that says what is saved and sent. */
import { find, make } from "../page/elements";
import { Reader } from "../page/text";
import { WRONG_MS } from "./clock";
import { askForBackgroundSync, Runner } from "./runner";
import type { Device, Store } from "./store";
import { ApiError, FieldApi } from "./sync/api";
import { alarmOf, needsEyes } from "./sync/core";
import type { Halt } from "./sync/engine";
import type { Item, Sent, Session } from "./types";
import { merged, World } from "./world";

export interface FieldSettings {
  readonly town: string;
  readonly synthetic: boolean;
  readonly baseMap: { readonly url: string; readonly attribution: string } | null;
  readonly dutyNumber: string;
  readonly signIn: string;
  readonly desk: string;
  readonly texts: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Screen {
  readonly title: string;
  readonly body: HTMLElement;
  /** A form in the making: never redrawn under the crew's fingers. */
  readonly still?: boolean;
  readonly back?: string;
  readonly leave?: () => void;
  /** The map fills the page. */
  readonly wide?: boolean;
}

/** Sending many captures, the screen follows at this pace, and the pack is asked for at that. */
const FOLLOW_MS = 400;
const PACK_MS = 60_000;

export type Route = (app: App, ...parts: string[]) => Screen | Promise<Screen>;

export class App {
  world = new World(null);
  items: readonly Item[] = [];
  sent: readonly Sent[] = [];
  session: Session | null = null;
  skew: number | null = null;
  halt: Halt | null = null;
  newVersion: (() => void) | null = null;
  closed = false;
  packProblem = "";
  reader: Reader;
  readonly api: FieldApi;
  readonly runner: Runner;
  private screen: Screen | null = null;
  private drawn = 0;
  private pending = 0;
  private readonly channel = "BroadcastChannel" in window ? new BroadcastChannel("field") : null;

  constructor(
    readonly settings: FieldSettings,
    readonly store: Store,
    readonly device: Device,
    private readonly routes: Readonly<Record<string, Route>>,
    language: string,
  ) {
    this.reader = new Reader(language, settings.texts[language] ?? {});
    this.api = new FieldApi(device);
    this.runner = new Runner({ store, api: this.api, platform: navigator.userAgent.slice(0, 120) }, (ran) => {
      if (ran.moved > 0) {
        this.channel?.postMessage("changed");
        void this.refreshPackIfOld();
      }
      void this.update();
    });
    this.channel?.addEventListener("message", () => void this.update());
    navigator.serviceWorker?.addEventListener("message", () => void this.update());
    for (const name of ["online", "offline"]) window.addEventListener(name, () => void this.update());
    window.addEventListener("hashchange", () => void this.draw());
  }

  say(key: string, values: Readonly<Record<string, string | number>> = {}): string {
    return this.reader.say(key, values);
  }

  get language(): string {
    return this.reader.language;
  }

  async start(): Promise<void> {
    this.world = new World((await this.store.pack()) ?? null);
    this.session = (await this.store.fact<Session>("session")) ?? null;
    await this.update(false);
    await this.draw();
    void this.connect();
  }

  /** Session, pack, queue: whatever the network gives now. */
  async connect(): Promise<void> {
    const open = await this.runner.session();
    await this.update();
    // What the crew did goes first, what it may need comes after.
    await this.runner.run(true);
    if (open) await this.refreshPack();
  }

  /** Asked for by the capture's store: shows what has moved, not more often than an eye can follow. */
  soon(): void {
    if (this.pending) return;
    this.pending = window.setTimeout(() => {
      this.pending = 0;
      void this.update();
    }, FOLLOW_MS);
  }

  private async refreshPackIfOld(): Promise<void> {
    const at = (await this.store.fact<number>("packAt")) ?? 0;
    if (Math.abs(Date.now() - at) > PACK_MS) await this.refreshPack();
  }

  async refreshPack(whole = false): Promise<void> {
    const held = whole ? undefined : await this.store.pack();
    const language = this.language;
    const fits = held && (await this.store.fact<string>("packLanguage")) === language;
    try {
      const came = await this.api.pack(fits ? held : null, language);
      this.packProblem = "";
      await this.store.setFact("packAt", Date.now());
      if (came) {
        const pack = merged(fits ? held : undefined, came);
        await this.store.setPack(pack);
        await this.store.setFact("packLanguage", language);
        this.world = new World(pack);
      }
      await this.update();
    } catch (error) {
      // Offline: the pack we hold serves. Without one, the screens say what to do.
      this.packProblem = error instanceof ApiError && error.trouble !== "offline" ? error.message : "";
      await this.update();
    }
  }

  /** After a capture: told to other tabs, sent when it can be. */
  async captured(): Promise<void> {
    this.channel?.postMessage("changed");
    void askForBackgroundSync();
    await this.update(false);
    void this.runner.run();
  }

  /** Reads what the phone holds and shows it; a form stays as it is. */
  async update(redraw = true): Promise<void> {
    if (this.closed) return;
    [this.items, this.sent] = await Promise.all([this.store.items(), this.store.sent()]);
    this.items = [...this.items].sort((a, b) => b.event.sequence - a.event.sequence);
    this.session = (await this.store.fact<Session>("session")) ?? this.session;
    this.skew = (await this.store.fact<number>("skew")) ?? null;
    this.halt = (await this.store.fact<Halt | null>("halt")) ?? null;
    this.world.overlay(this.items, this.sent, (await this.store.fact<number>("packAt")) ?? 0);
    this.drawStatus();
    if (redraw && this.screen && !this.screen.still && !this.screen.wide) await this.draw(true);
  }

  get unsent(): number {
    return this.items.filter((item) => item.stage !== "settled").length;
  }

  get toSee(): number {
    // Settled and still here: a photo was refused.
    return this.items.filter((item) => needsEyes(item) || item.stage === "settled").length;
  }

  go(hash: string): void {
    if (location.hash === hash) void this.draw();
    else location.hash = hash;
  }

  async draw(again = false): Promise<void> {
    const turn = ++this.drawn;
    const parts = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
    const route = this.routes[parts[0] || "round"] ?? this.routes.round;
    if (!route) return;
    const screen = await route(this, ...parts.slice(1));
    if (turn !== this.drawn) {
      screen.leave?.();
      return;
    }
    const main = find("screen");
    if (!main) return;
    const scroll = window.scrollY;
    const focused = again ? keyOf(document.activeElement) : "";
    this.screen?.leave?.();
    this.screen = screen;
    document.title = `${screen.title} · ${this.settings.town}`;
    const title = find("title");
    if (title) title.textContent = screen.title;
    const back = find<HTMLAnchorElement>("back");
    if (back) {
      back.hidden = !screen.back;
      back.href = screen.back ?? "#/";
      back.setAttribute("aria-label", this.say("back"));
    }
    document.body.dataset.wide = String(Boolean(screen.wide));
    main.replaceChildren(screen.body);
    for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-tab]"))
      if (link.dataset.tab === (parts[0] || "round")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    if (again) {
      window.scrollTo(0, scroll);
      if (focused) document.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    } else {
      window.scrollTo(0, 0);
      if (document.body.dataset.ready === "true") title?.focus({ preventScroll: true });
    }
    this.drawStatus();
    document.body.dataset.ready = "true";
  }

  private drawStatus(): void {
    const line = find("status");
    if (!line) return;
    const online = navigator.onLine;
    const parts = [
      this.unsent > 0 ? this.say("toSend", { n: this.unsent }) : this.say("allSent"),
      ...(this.toSee > 0 ? [this.say("toSee", { n: this.toSee })] : []),
      ...(online ? [] : [this.say("offline")]),
    ];
    const text = parts.join(" · ");
    if (line.textContent !== text) line.textContent = text;
    const link = find("status-link");
    if (link) link.hidden = false;
    line.dataset.state = this.toSee > 0 ? "warn" : this.unsent > 0 ? "wait" : "good";
    const count = find("badge");
    if (count) {
      count.textContent = String(this.unsent + this.toSee);
      count.hidden = this.unsent + this.toSee === 0;
    }
    const banners = find("banners");
    if (banners) {
      const next = this.banners();
      const stand = next.map((banner) => banner.outerHTML).join("");
      if (banners.dataset.stand !== stand) {
        banners.dataset.stand = stand;
        banners.replaceChildren(...next);
      }
    }
  }

  private banners(): HTMLElement[] {
    const said: HTMLElement[] = [];
    const alarm = alarmOf(this.items);
    if (alarm) {
      const number = this.settings.dutyNumber;
      const call = number
        ? make("a", { class: "button", href: `tel:${number.replace(/\s/g, "")}` }, number)
        : "";
      said.push(banner("alarm", this.say(number ? `${alarm}Call` : alarm), call));
    }
    if (this.halt === "signed_out" || (!this.session && navigator.onLine && this.halt !== "device_revoked")) {
      const link = make("a", { class: "button", href: this.settings.signIn }, this.say("signIn"));
      said.push(
        banner("warn", this.say(this.unsent ? "signInToSend" : "signInFirst", { n: this.unsent }), link),
      );
    }
    if (this.halt === "device_revoked") {
      const link = make("a", { class: "button", href: "#/phone" }, this.say("export"));
      said.push(banner("alarm", this.say("revoked"), link));
    }
    if (this.halt === "forbidden") said.push(banner("warn", this.say("forbidden"), ""));
    if (this.skew !== null && Math.abs(this.skew) > WRONG_MS)
      said.push(
        banner(
          "warn",
          this.say(this.skew > 0 ? "clockAhead" : "clockBehind", { gap: this.gap(this.skew) }),
          "",
        ),
      );
    if (this.newVersion) {
      const take = this.newVersion;
      const button = make("button", { class: "button", type: "button" }, this.say("takeNewVersion"));
      button.addEventListener("click", () => take());
      said.push(banner("info", this.say("newVersion"), button));
    }
    return said;
  }

  private gap(ms: number): string {
    const minutes = Math.abs(ms) / 60_000;
    const days = minutes / 1440;
    const unit = days >= 1.5 ? "day" : minutes >= 90 ? "hour" : "minute";
    const value = unit === "day" ? days : unit === "hour" ? minutes / 60 : minutes;
    return new Intl.NumberFormat(this.language, { style: "unit", unit, unitDisplay: "long" }).format(
      Math.round(value),
    );
  }

  setLanguage(language: string): void {
    this.reader = new Reader(language, this.settings.texts[language] ?? {});
    document.documentElement.lang = language;
    try {
      localStorage.setItem("field-language", language);
    } catch {
      // Private mode: asked for again next time.
    }
    nameFrame((key) => this.say(key));
    void this.draw();
    void this.refreshPack();
  }
}

/** The frame's own words, in the crew's language. */
export function nameFrame(say: (key: string) => string): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-say]"))
    element.textContent = say(element.dataset.say ?? "");
  for (const element of document.querySelectorAll<HTMLElement>("[data-name]"))
    element.setAttribute("aria-label", say(element.dataset.name ?? ""));
}

function banner(kind: string, sentence: string, action: HTMLElement | ""): HTMLElement {
  const box = make("div", { class: `field-banner ${kind}`, role: kind === "alarm" ? "alert" : "status" });
  box.append(make("p", {}, sentence));
  if (action) box.append(action);
  // Rebuilt only when its words change; a click on the same words finds the same button.
  return box;
}

function keyOf(element: Element | null): string {
  return element instanceof HTMLElement ? (element.dataset.key ?? "") : "";
}
