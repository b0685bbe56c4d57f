/** One site: what can be done there now, in big letters; what was done there, below. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { icon } from "../form";
import type { SiteRow, TaskRow } from "../types";
import { PERHAPS_PLANTABLE } from "../world";
import { outcomeKey, timeIn } from "./words";

export function siteScreen(app: App, uuid = ""): Screen {
  const site = app.world.sites.get(uuid);
  if (!site)
    return {
      title: app.say("site"),
      body: make("p", { class: "note" }, app.say("noSuchSite")),
      back: "#/round",
    };
  const tree = app.world.treeAt(uuid);
  const traces = app.world.tracesAt(uuid);
  const planted = traces.some((one) => one.action === "plant");
  const species = app.world.speciesName(tree?.species ?? site.target_species, app.language);
  const body = make("div", { class: "site-screen" });
  body.append(
    make("p", { class: "place-name" }, app.world.nameOf(site)),
    make(
      "p",
      { class: "site-head" },
      make("span", { class: "tag" }, app.world.label("planting_site.state", site.state)),
      ` ${species}`,
    ),
  );
  if (planted) body.append(make("p", { class: "note good" }, app.say("plantedHere")));

  const actions = make("div", { class: "actions" });
  const tasks = tree ? app.world.openTasks(tree.uuid) : [];
  const watering = tasks.find((task) => task.action === "water");
  if (!tree && !planted && PERHAPS_PLANTABLE.has(site.state))
    actions.append(action("plant", app.say("plant"), `#/site/${uuid}/plant`, true));
  if (tree) {
    if (watering || mayLogWatering(app))
      actions.append(
        action("water", app.say("water"), `#/site/${uuid}/water/${watering?.uuid ?? ""}`, Boolean(watering)),
      );
    actions.append(action("check", app.say("check"), `#/site/${uuid}/check`, false));
  }
  if (tree || mayReport(app))
    actions.append(action("alert", app.say("problem"), `#/site/${uuid}/problem`, false));
  body.append(actions);

  const others = tasks.filter((task) => task.action !== "water" && task.action !== "survival_check");
  if (others.length) {
    const list = make("ul", { class: "stops" });
    for (const task of others) list.append(taskRow(app, site, task));
    body.append(make("h2", {}, app.say("otherTasks")), list);
  }
  body.append(make("h2", {}, app.say("history")), history(app, site));
  return { title: site.matricule || `${app.say("site")} ${site.id}`, body, back: "#/round" };
}

export function mayLogWatering(app: App): boolean {
  return (app.session?.user.rights.care_task ?? []).includes("create");
}

export function mayReport(app: App): boolean {
  return (app.session?.user.rights.observation ?? []).includes("create");
}

function action(symbol: string, label: string, href: string, main: boolean): HTMLElement {
  return make("a", { class: main ? "big main" : "big", href }, icon(symbol), make("span", {}, label));
}

function taskRow(app: App, site: SiteRow, task: TaskRow): HTMLElement {
  const until = new Intl.DateTimeFormat(app.language, { day: "numeric", month: "long" }).format(
    new Date(`${task.due_until}T12:00:00`),
  );
  return make(
    "li",
    {},
    make(
      "a",
      { class: "stop", href: `#/site/${site.uuid}/task/${task.uuid}` },
      make("strong", {}, app.world.label("care_task.action", task.action)),
      make("span", {}, app.say("until", { day: until })),
    ),
  );
}

function history(app: App, site: SiteRow): HTMLElement {
  const list = make("ul", { class: "history" });
  for (const item of app.items.filter((one) => one.site === site.uuid))
    list.append(
      make(
        "li",
        {},
        make("strong", {}, app.say(`did.${item.action}`)),
        make("span", {}, `${timeIn(app, item.captured)} · ${app.say(outcomeKey(item))}`),
      ),
    );
  for (const row of app.sent.filter((one) => one.site === site.uuid))
    list.append(
      make(
        "li",
        {},
        make("strong", {}, app.say(`did.${row.action}`)),
        make("span", {}, `${timeIn(app, row.captured)} · ${app.say(`outcome.${row.status}`)}`),
      ),
    );
  const trees = [...app.world.treesOf(site.uuid)].sort((a, b) =>
    (b.planted_on ?? "").localeCompare(a.planted_on ?? ""),
  );
  for (const tree of trees) {
    const facts = [
      app.world.label("tree.state", tree.state),
      tree.planted_on ? app.say("plantedOn", { day: tree.planted_on }) : "",
      tree.size_class,
      tree.lot ? app.say("lotIs", { lot: tree.lot }) : "",
      tree.nursery,
    ].filter(Boolean);
    list.append(
      make(
        "li",
        {},
        make("strong", {}, app.world.speciesName(tree.species, app.language) || app.say("tree")),
        make("span", {}, facts.join(" · ")),
      ),
    );
    for (const task of app.world.allTasks(tree.uuid))
      list.append(
        make(
          "li",
          { class: "minor" },
          make("strong", {}, app.world.label("care_task.action", task.action)),
          make(
            "span",
            {},
            `${app.world.label("care_task.state", task.state)} · ${task.due_from} → ${task.due_until}`,
          ),
        ),
      );
  }
  if (!list.children.length) list.append(make("li", { class: "quiet" }, app.say("noHistory")));
  return list;
}
