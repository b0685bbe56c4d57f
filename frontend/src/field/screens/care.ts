/** Work on a tree: water by litres, other tasks done or not, and the autumn's survival check. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { autumnOf, dayOf } from "../clock";
import { Form, Incomplete } from "../form";
import type { SiteRow, TaskRow, TreeRow } from "../types";
import { uuid7 } from "../uuid";
import { saveAll } from "./saving";

const LITRES = 80;

/** A watering, asked for by `task` or done unasked. */
export async function waterScreen(
  app: App,
  site: SiteRow,
  tree: TreeRow,
  task: TaskRow | null,
): Promise<Screen> {
  const form: Form = new Form(app, `water/${tree.uuid}`, app.say("saveWater"), async () => {
    const litres = form.number("litres");
    if (litres === null || litres < 0) throw new Incomplete(app.say("sayLitres"));
    const day = dayOf(Date.now());
    const done = { state: "done", done_on: day, litres_given: litres, ...noteOf(form) };
    const common = {
      action: "water",
      place: app.world.nameOf(site),
      site: site.uuid,
      kind: "care_task",
    } as const;
    const fresh = uuid7();
    await saveAll(
      app,
      form,
      task
        ? [
            {
              ...common,
              object: task.uuid,
              create: false,
              patch: done,
              ...app.world.basis(task.uuid, task.rev),
            },
          ]
        : [
            {
              ...common,
              object: fresh,
              create: true,
              baseRev: null,
              patch: { state: "planned", action: "water", tree: tree.uuid, due_from: day, due_until: day },
            },
            { ...common, object: fresh, create: false, baseRev: 1, patch: done },
          ],
      "#/round",
    );
  });
  const usual = task?.litres ?? LITRES;
  form.add(
    form.stepper("litres", app.say("litresGiven"), usual, 10, [50, 80, 100, 150]),
    form.photoField(),
    form.text("note", app.say("note"), { rows: "2" }),
  );
  if (task)
    form.add(
      make("a", { class: "big", href: `#/site/${site.uuid}/task/${task.uuid}/not` }, app.say("notWatered")),
    );
  return shown(app, form, site, app.say("water"));
}

/** Any other task: done, or not done with a reason that the door believes. */
export async function taskScreen(app: App, site: SiteRow, task: TaskRow, not: boolean): Promise<Screen> {
  const name = app.world.label("care_task.action", task.action);
  const form: Form = new Form(
    app,
    `task/${task.uuid}/${not}`,
    app.say(not ? "saveNotDone" : "saveDone"),
    async () => {
      const reason = form.value("reason");
      if (not && !reason) throw new Incomplete(app.say("sayWhy"));
      if (reason === "rain" && form.number("rain_mm") === null) throw new Incomplete(app.say("sayRain"));
      if (reason === "drought_order" && !form.value("order_reference"))
        throw new Incomplete(app.say("sayOrder"));
      const patch = not
        ? {
            state: "not_done",
            reason,
            ...(reason === "rain" ? { rain_mm: form.number("rain_mm") } : {}),
            ...(reason === "drought_order" ? { order_reference: form.value("order_reference") } : {}),
            ...noteOf(form),
          }
        : { state: "done", done_on: dayOf(Date.now()), ...noteOf(form) };
      await saveAll(
        app,
        form,
        [
          {
            action: not ? "not_watered" : "task",
            place: app.world.nameOf(site),
            site: site.uuid,
            kind: "care_task",
            object: task.uuid,
            create: false,
            patch,
            ...app.world.basis(task.uuid, task.rev),
          },
        ],
        "#/round",
      );
    },
  );
  if (not) {
    const reasons = (app.world.pack?.choices["care_task.reason"] ?? []).filter(
      ([value]) =>
        value &&
        value !== "superseded" &&
        (task.action === "water" || !["rain", "drought_order", "no_water"].includes(value)),
    );
    const rain = form.text("rain_mm", app.say("rainMm"), { inputmode: "decimal" });
    const order = form.text("order_reference", app.say("orderReference"));
    const group = form.choices("reason", app.say("why"), reasons);
    const adapt = () => {
      rain.hidden = form.value("reason") !== "rain";
      order.hidden = form.value("reason") !== "drought_order";
    };
    group.addEventListener("change", adapt);
    form.add(group, rain, order);
    adapt();
  }
  form.add(form.photoField(), form.text("note", app.say("note"), { rows: "2" }));
  if (!not)
    form.add(
      make("a", { class: "big", href: `#/site/${site.uuid}/task/${task.uuid}/not` }, app.say("notDone")),
    );
  return shown(app, form, site, name);
}

/** Constat de reprise: alive, dead, or lost to an outside cause. */
export async function checkScreen(app: App, site: SiteRow, tree: TreeRow): Promise<Screen> {
  const form: Form = new Form(app, `check/${tree.uuid}`, app.say("saveCheck"), async () => {
    const found = form.value("found");
    if (!found) throw new Incomplete(app.say("sayFound"));
    const day = dayOf(Date.now());
    await saveAll(
      app,
      form,
      [
        {
          action: "check",
          place: app.world.nameOf(site),
          site: site.uuid,
          kind: "survival_check",
          object: uuid7(),
          create: true,
          baseRev: null,
          patch: {
            state: "recorded",
            tree: tree.uuid,
            autumn: autumnOf(day),
            checked_on: day,
            found,
            ...(found !== "alive" ? { gone: form.value("gone") === "yes", cause: form.value("cause") } : {}),
            ...noteOf(form),
          },
        },
      ],
      "#/round",
    );
  });
  const found = app.world.pack?.choices["survival_check.found"] ?? [];
  const gone = form.choices(
    "gone",
    app.say("stillThere"),
    [
      ["no", app.say("deadStands")],
      ["yes", app.say("nothingThere")],
    ],
    "no",
  );
  const cause = form.text("cause", app.say("cause"));
  const group = form.choices("found", app.say("found"), found);
  const adapt = () => {
    gone.hidden = ["", "alive"].includes(form.value("found"));
    cause.hidden = form.value("found") !== "outside";
  };
  group.addEventListener("change", adapt);
  form.add(group, gone, cause, form.photoField(), form.text("note", app.say("note"), { rows: "2" }));
  const screen = await shown(app, form, site, app.say("check"));
  adapt();
  return screen;
}

function noteOf(form: Form): { note?: string } {
  const note = form.value("note");
  return note ? { note } : {};
}

async function shown(app: App, form: Form, site: SiteRow, title: string): Promise<Screen> {
  await form.restore();
  form.locator.start();
  return {
    title,
    body: make("div", {}, make("p", { class: "quiet" }, app.world.nameOf(site)), form.element),
    still: true,
    back: `#/site/${site.uuid}`,
    leave: () => form.leave(),
  };
}
