/** Today's round, and what can be planted: the next place on top, one thumb away. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { dayOf } from "../clock";
import { icon } from "../form";
import { Locator, metres, type Place } from "../position";
import { plain } from "../species";
import type { RoundRow, SiteRow, StopRow } from "../types";

const SHOWN = 40;
/** Kept while the app is open: where the crew stood when it asked for what is near. */
let here: Place | null = null;
let wanted = "";

export function roundScreen(app: App): Screen {
  const body = make("div", { class: "list-screen" });
  const { pack } = app.world;
  if (!pack) {
    body.append(
      make(
        "div",
        { class: "empty" },
        make("p", {}, app.say(app.session ? "packComing" : "packNever")),
        ...(app.packProblem ? [make("p", { class: "note" }, app.packProblem)] : []),
      ),
    );
    if (app.session) body.append(again(app));
    return { title: app.say("round"), body };
  }
  const today = dayOf(Date.now() - (app.skew ?? 0));
  const rounds = pack.rounds.filter((round) => !["cancelled", "skipped"].includes(round.state));
  const mine = rounds.filter((round) => round.day === today || round.state === "started");
  body.append(
    make("p", { class: "quiet" }, [dateIn(app, today), pack.crew?.name].filter(Boolean).join(" · ")),
  );
  for (const round of mine) body.append(roundList(app, round));
  if (mine.length === 0) {
    const next = rounds.filter((round) => round.day > today).sort((a, b) => a.day.localeCompare(b.day))[0];
    body.append(
      make(
        "p",
        { class: "note" },
        next ? app.say("nextRound", { day: dateIn(app, next.day) }) : app.say("noRound"),
      ),
    );
    if (next) body.append(roundList(app, next));
  }
  body.append(plantable(app));
  return { title: app.say("round"), body };
}

function again(app: App): HTMLElement {
  const button = make("button", { type: "button", class: "big" }, app.say("retry"));
  button.addEventListener("click", () => void app.refreshPack(true));
  return button;
}

export function dateIn(app: App, day: string): string {
  const date = new Date(`${day}T12:00:00`);
  return new Intl.DateTimeFormat(app.language, { weekday: "long", day: "numeric", month: "long" }).format(
    date,
  );
}

function roundList(app: App, round: RoundRow): HTMLElement {
  const stops = [...round.stops].sort((a, b) => (a.stop ?? 0) - (b.stop ?? 0));
  const open = stops.filter((stop) => isOpen(app, stop));
  const section = make("section", { "aria-label": round.name });
  section.append(
    make("h2", {}, round.name || app.say("round")),
    make(
      "p",
      { class: "quiet" },
      app.say("roundProgress", { done: stops.length - open.length, all: stops.length }),
    ),
  );
  const list = make("ol", { class: "stops" });
  for (const stop of open) list.append(stopRow(app, stop, stop === open[0]));
  section.append(list);
  if (open.length < stops.length) {
    const done = make(
      "details",
      {},
      make("summary", {}, app.say("doneStops", { n: stops.length - open.length })),
    );
    const rows = make("ol", { class: "stops" });
    for (const stop of stops) if (!isOpen(app, stop)) rows.append(stopRow(app, stop, false));
    done.append(rows);
    section.append(done);
  }
  return section;
}

function isOpen(app: App, stop: StopRow): boolean {
  return ["planned", "assigned", "started"].includes(stop.state) && !app.world.isDone(stop.task);
}

function stopRow(app: App, stop: StopRow, next: boolean): HTMLElement {
  const site = app.world.sites.get(stop.site);
  const tree = app.world.trees.get(stop.tree);
  const row = make("li", {});
  const litres = stop.litres ? ` · ${app.say("litres", { n: app.reader.number(stop.litres) })}` : "";
  const link = make(
    "a",
    { class: next ? "stop next" : "stop", href: `#/site/${stop.site}`, "data-key": stop.task },
    make("strong", {}, `${stop.stop ?? ""} ${site ? app.world.nameOf(site) : ""}`.trim()),
    make(
      "span",
      {},
      `${app.world.label("care_task.action", stop.action)}${litres} · ${app.world.speciesName(tree?.species ?? null, app.language) || app.say("tree")}`,
    ),
  );
  if (next) link.prepend(make("em", {}, app.say("nextStop")));
  row.append(link);
  return row;
}

function plantable(app: App): HTMLElement {
  const section = make("section", { class: "plantable" });
  const all = app.world.toPlant;
  section.append(make("h2", {}, app.say("toPlant", { n: all.length })));
  const id = "find-site";
  const find = make("input", { id, type: "search", autocomplete: "off", value: wanted });
  const near = make(
    "button",
    { type: "button", class: "big" },
    icon("near"),
    make("span", {}, app.say("near")),
  );
  const list = make("ul", { class: "stops", "data-sites": "" });
  const show = () => {
    wanted = find.value;
    const asked = plain(wanted);
    const pool = asked
      ? [...app.world.sites.values()].filter((site) => plain(app.world.nameOf(site)).includes(asked))
      : all;
    const sorted = here
      ? [...pool].sort((a, b) => metres(a, here as Place) - metres(b, here as Place))
      : pool;
    list.replaceChildren(...sorted.slice(0, SHOWN).map((site) => siteRow(app, site)));
    if (sorted.length === 0) list.append(make("li", { class: "quiet" }, app.say("noSite")));
  };
  find.addEventListener("input", show);
  near.addEventListener("click", () => {
    const locator = new Locator();
    locator.onChange(() => {
      if (locator.best) here = locator.best;
      locator.stop();
      near.classList.toggle("chosen", Boolean(here));
      if (locator.problem) list.before(make("p", { class: "note", role: "alert" }, app.say(locator.problem)));
      show();
    });
    locator.start();
  });
  section.append(
    make("div", { class: "finder" }, make("label", { for: id }, app.say("findSite")), find, near),
    list,
  );
  show();
  return section;
}

function siteRow(app: App, site: SiteRow): HTMLElement {
  const far = here ? ` · ${app.say("metres", { n: Math.round(metres(site, here)) })}` : "";
  const species = app.world.speciesName(site.target_species, app.language);
  return make(
    "li",
    {},
    make(
      "a",
      { class: "stop", href: `#/site/${site.uuid}`, "data-key": site.uuid },
      make("strong", {}, app.world.nameOf(site)),
      make(
        "span",
        {},
        `${app.world.label("planting_site.state", site.state)}${species ? ` · ${species}` : ""}${far}`,
      ),
    ),
  );
}
