/** The crew's sectors on a map: a tap on a place opens it. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { FieldMap } from "../map";

let view: { readonly centre: L.LatLng; readonly zoom: number } | null = null;

export function mapScreen(app: App): Screen {
  const element = make("div", { class: "field-map", role: "region", "aria-label": app.say("map") });
  const card = make("div", { class: "map-card", hidden: "" });
  const propose = make("a", { class: "big", href: "#/new" }, app.say("proposeSite"));
  const body = make(
    "div",
    { class: "map-screen" },
    element,
    card,
    make("div", { class: "map-foot" }, propose),
  );
  let field: FieldMap | null = null;
  // Leaflet measures its element, so it starts once the element stands on the page.
  queueMicrotask(() => {
    requestAnimationFrame(() => {
      if (!element.isConnected) return;
      field = new FieldMap(app, element);
      field.showSites((site) => {
        const species = app.world.speciesName(
          app.world.treeAt(site.uuid)?.species ?? site.target_species,
          app.language,
        );
        card.hidden = false;
        card.replaceChildren(
          make(
            "a",
            { class: "stop next", href: `#/site/${site.uuid}` },
            make("strong", {}, app.world.nameOf(site)),
            make(
              "span",
              {},
              [app.world.label("planting_site.state", site.state), species].filter(Boolean).join(" · "),
            ),
          ),
        );
      });
      if (view) field.map.setView(view.centre, view.zoom, { animate: false });
      element.dataset.drawn = "true";
    });
  });
  return {
    title: app.say("map"),
    body,
    wide: true,
    leave: () => {
      if (field) view = { centre: field.map.getCenter(), zoom: field.map.getZoom() };
      field?.remove();
    },
  };
}
