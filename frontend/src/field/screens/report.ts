/** What the crew saw: a problem on a site, or a place where a tree could stand. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { dayOf } from "../clock";
import { Form, Incomplete } from "../form";
import type { SiteRow } from "../types";
import { uuid7 } from "../uuid";
import { PlaceField } from "./place";
import { saveAll } from "./saving";
import { mayReport } from "./site";

const WHAT = ["damage", "disease", "vandalism", "danger", "other"];

export async function problemScreen(app: App, site: SiteRow): Promise<Screen> {
  const tree = app.world.treeAt(site.uuid);
  const form: Form = new Form(app, `problem/${site.uuid}`, app.say("saveProblem"), async () => {
    const what = form.value("what");
    if (!what) throw new Incomplete(app.say("sayWhat"));
    const note = form.value("note");
    const severity = Number(form.value("severity") || (what === "danger" ? 4 : 2));
    const danger = severity >= 3 || what === "danger";
    const common = { action: "problem", place: app.world.nameOf(site), site: site.uuid, danger } as const;
    if (mayReport(app)) {
      const patch = {
        state: "received",
        what,
        severity,
        note,
        seen_on: dayOf(Date.now()),
        site: site.uuid,
        ...(tree ? { tree: tree.uuid } : {}),
        geom: { type: "Point", coordinates: [site.lon, site.lat] },
      };
      await saveAll(
        app,
        form,
        [{ ...common, kind: "observation", object: uuid7(), create: true, baseRev: null, patch }],
        "#/round",
      );
    } else if (tree) {
      const said = [app.say(`what.${what}`), note].filter(Boolean).join(" — ");
      const patch = { under_watch: true, note: `${dayOf(Date.now())} ${said}` };
      await saveAll(
        app,
        form,
        [
          {
            ...common,
            kind: "tree",
            object: tree.uuid,
            create: false,
            patch,
            ...app.world.basis(tree.uuid, tree.rev),
          },
        ],
        "#/round",
      );
    }
  });
  const number = app.settings.dutyNumber;
  const danger = make(
    "p",
    { class: "note alarm" },
    app.say(number ? "dangerCall" : "dangerTell"),
    ...(number
      ? [" ", make("a", { href: `tel:${number.replace(/\s/g, "")}`, class: "button" }, number)]
      : []),
  );
  const group = form.choices(
    "what",
    app.say("whatIsIt"),
    WHAT.map((one) => [one, app.say(`what.${one}`)] as const),
  );
  const severity = form.choices(
    "severity",
    app.say("severity"),
    ["1", "2", "3", "4"].map((one) => [one, app.say(`severity.${one}`)] as const),
  );
  const adapt = () => {
    danger.hidden = form.value("what") !== "danger" && Number(form.value("severity")) < 3;
  };
  form.element.addEventListener("change", adapt);
  form.add(form.photoField(), group, severity, danger, form.text("note", app.say("note"), { rows: "3" }));
  await form.restore();
  adapt();
  form.locator.start();
  return {
    title: app.say("problem"),
    body: make("div", {}, make("p", { class: "quiet" }, app.world.nameOf(site)), form.element),
    still: true,
    back: `#/site/${site.uuid}`,
    leave: () => form.leave(),
  };
}

export async function proposeScreen(app: App): Promise<Screen> {
  let place: PlaceField | null = null;
  const form: Form = new Form(app, "new", app.say("saveProposal"), async () => {
    const at = place?.chosen;
    if (!at) throw new Incomplete(app.say("noPlaceYet"));
    await saveAll(
      app,
      form,
      [
        {
          action: "propose",
          place: form.value("note").slice(0, 60) || app.say("newSite"),
          site: null,
          kind: "planting_site",
          object: uuid7(),
          create: true,
          baseRev: null,
          patch: {
            state: "proposed",
            kind: form.value("kind") || "street",
            geom: { type: "Point", coordinates: [at.lon, at.lat] },
            ...(form.value("note") ? { constraints: form.value("note").slice(0, 240) } : {}),
          },
        },
      ],
      "#/map",
      place,
    );
  });
  place = new PlaceField(app, form, null);
  const kinds = app.world.pack?.choices["planting_site.kind"] ?? [];
  form.add(
    place.element,
    form.photoField(),
    form.choices("kind", app.say("siteKind"), kinds, "street"),
    form.text("note", app.say("siteNote"), { rows: "2", maxlength: "240" }),
  );
  await form.restore();
  form.locator.start();
  return {
    title: app.say("proposeSite"),
    body: form.element,
    still: true,
    back: "#/map",
    leave: () => {
      form.leave();
      place?.leave();
    },
  };
}
