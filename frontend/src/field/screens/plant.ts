/** A planting: species by a few letters, size, lot, stake, photo, position; what was said last time is there already. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { dayOf } from "../clock";
import { Form, Incomplete } from "../form";
import { SpeciesFinder } from "../species";
import type { SiteRow } from "../types";
import { uuid7 } from "../uuid";
import { PlaceField } from "./place";
import { saveAll } from "./saving";

/** Usual nursery sizes: girth at 1 m, cm. */
const SIZES = ["6/8", "8/10", "10/12", "12/14", "14/16", "16/18", "18/20", "20/25"];
const RECENT = 6;

interface Last {
  readonly recent: readonly string[];
  readonly lot: string;
  readonly nursery: string;
  readonly size: string;
  readonly stake: string;
}

export async function plantScreen(app: App, site: SiteRow): Promise<Screen> {
  const last = (await app.store.fact<Last>("lastPlanting")) ?? {
    recent: [],
    lot: "",
    nursery: "",
    size: "",
    stake: "",
  };
  const reserved = app.world.reservedAt(site.uuid);
  const ready = site.state === "ready" || site.state === "occupied";
  const mayOverride = !ready && (app.session?.user.rights.tree ?? []).includes("override");
  let place: PlaceField | null = null;
  const form: Form = new Form(app, `plant/${site.uuid}`, app.say("savePlanting"), async () => {
    const species = form.value("species");
    const at = place?.chosen;
    if (!species) throw new Incomplete(app.say("chooseSpecies"));
    const override = form.value("override");
    if (mayOverride && !override) throw new Incomplete(app.say("sayOverride"));
    if (!at) throw new Incomplete(app.say("noPlaceYet"));
    const stake = form.value("stake");
    const facts = {
      state: "planted",
      species,
      planted_on: dayOf(Date.now()),
      geom: { type: "Point", coordinates: [at.lon, at.lat] },
      size_class: form.value("size"),
      lot: form.value("lot"),
      nursery: form.value("nursery"),
      ...(stake ? { details: { ...reserved?.details, stake } } : {}),
      ...(form.value("note") ? { note: form.value("note") } : {}),
    };
    const common = {
      action: "plant",
      place: app.world.nameOf(site),
      site: site.uuid,
      kind: "tree",
      ...(override ? { override } : {}),
    } as const;
    await saveAll(
      app,
      form,
      [
        reserved
          ? {
              ...common,
              object: reserved.uuid,
              create: false,
              patch: facts,
              ...app.world.basis(reserved.uuid, reserved.rev),
            }
          : { ...common, object: uuid7(), create: true, baseRev: null, patch: { ...facts, site: site.uuid } },
      ],
      "#/round",
      place,
    );
    const remembered: Last = {
      recent: [species, ...last.recent.filter((one) => one !== species)].slice(0, RECENT),
      lot: form.value("lot"),
      nursery: form.value("nursery"),
      size: form.value("size"),
      stake,
    };
    await app.store.setFact("lastPlanting", remembered);
  });
  const expected = reserved?.species ?? site.target_species;
  const stakes = ["single", "double", "triple", "anchor", "none"].map(
    (one) => [one, app.say(`stake.${one}`)] as const,
  );
  place = new PlaceField(app, form, { lon: site.lon, lat: site.lat });
  if (!ready) form.add(make("p", { class: "note" }, app.say(mayOverride ? "notReadyLead" : "notReady")));
  if (mayOverride) form.add(form.text("override", app.say("override")));
  form.add(
    form.photoField(),
    speciesField(app, form, expected ?? last.recent[0] ?? "", [
      ...(expected ? [expected] : []),
      ...last.recent,
    ]),
    form.choices(
      "size",
      app.say("size"),
      SIZES.map((one) => [one, one] as const),
      reserved?.size_class || last.size,
    ),
    form.choices("stake", app.say("stake"), stakes, last.stake),
    form.text("lot", app.say("lot"), { value: reserved?.lot || last.lot }),
    form.text("nursery", app.say("nursery"), { value: reserved?.nursery || last.nursery }),
    place.element,
    form.text("note", app.say("note"), { rows: "2" }),
  );
  await form.restore();
  form.locator.start();
  return {
    title: app.say("plant"),
    body: make("div", {}, make("p", { class: "quiet" }, app.world.nameOf(site)), form.element),
    still: true,
    back: `#/site/${site.uuid}`,
    leave: () => {
      form.leave();
      place?.leave();
    },
  };
}

/** The chosen species in big letters; a search that needs no network. */
function speciesField(app: App, form: Form, chosen: string, favourites: readonly string[]): HTMLElement {
  const finder = new SpeciesFinder(app.world.pack?.species ?? []);
  const held = form.hidden("species", chosen);
  const name = make("p", { class: "chosen-species", role: "status" });
  const input = make("input", {
    id: "species-search",
    type: "search",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "data-species": "",
  });
  const list = make("ul", { class: "stops matches" });
  const nameOf = (uuid: string) => {
    const row = app.world.species.get(uuid);
    const common = row ? (app.language.startsWith("fr") ? row.fr : row.en) : "";
    return { common: common || row?.name || "", latin: common ? (row?.name ?? "") : "" };
  };
  const show = () => {
    const { common, latin } = nameOf(held.get());
    name.replaceChildren(
      make("strong", {}, common || app.say("noSpecies")),
      ...(latin ? [make("i", {}, ` ${latin}`)] : []),
    );
  };
  const search = () => {
    const found = finder.find(input.value, 6, [...new Set(favourites)]);
    list.replaceChildren(
      ...found.map(({ row }) => {
        const words = nameOf(row.uuid);
        const button = make(
          "button",
          { type: "button", class: "stop", "aria-pressed": String(row.uuid === held.get()) },
          make("strong", {}, words.common),
          make("span", {}, make("i", {}, words.latin)),
        );
        button.addEventListener("click", () => {
          held.set(row.uuid);
          input.value = "";
          form.touched();
          show();
          search();
        });
        return make("li", {}, button);
      }),
    );
    if (input.value && found.length === 0) list.append(make("li", { class: "quiet" }, app.say("noMatch")));
  };
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    search();
  });
  form.own("species", {
    get: held.get,
    set: (value) => {
      held.set(value);
      show();
    },
  });
  show();
  search();
  return make(
    "div",
    { class: "field" },
    make("p", { class: "label" }, app.say("species")),
    name,
    make("label", { for: "species-search" }, app.say("findSpecies")),
    input,
    list,
  );
}
