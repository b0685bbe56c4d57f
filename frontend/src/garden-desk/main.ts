/** The garden managers' desk: a garden's plots on a map, and one plot drawn on it. */
import { readJson } from "../desk/read-json";
import { find } from "../page/elements";
import { Reader } from "../page/text";
import { OutlineEditor } from "./editor";
import { type BaseMap, drawGarden, type GardenSettings, tone } from "./garden-map";
import { FEWEST, readOutline } from "./outline";

const settings = readJson<GardenSettings>("garden-desk-map");
const reader = new Reader(document.documentElement.lang, settings.texts);

function start(element: HTMLElement): void {
  const box = find("drawing");
  if (box) box.hidden = false; // before the map measures itself
  const map = drawGarden(element, settings, readJson<BaseMap | null>("base-map"), (key, values) =>
    reader.say(key, values),
  );
  const field = document.querySelector<HTMLTextAreaElement>("[data-outline]");
  if (settings.drawing && field) edit(map, element, field);
  element.dataset.ready = "true";
}

function edit(map: L.Map, element: HTMLElement, field: HTMLTextAreaElement): void {
  const said = find("said");
  const buttons = {
    finish: find<HTMLButtonElement>("finish"),
    undo: find<HTMLButtonElement>("undo"),
    centre: find<HTMLButtonElement>("centre"),
    again: find<HTMLButtonElement>("again"),
  };
  const tell = (editor: OutlineEditor): void => {
    const { drawing, count } = editor;
    const area = reader.number(editor.areaM2, 1);
    const key = drawing ? (count === 0 ? "start" : count < FEWEST ? "more" : "finish") : "edit";
    if (said) said.textContent = reader.say(key, { n: count, area });
    for (const [name, button] of Object.entries(buttons)) {
      if (!button) continue;
      if (name === "finish") button.hidden = !drawing || count < FEWEST;
      else if (name === "undo") button.hidden = !drawing || count === 0;
      else if (name === "centre") button.hidden = !drawing;
      else button.hidden = count === 0;
    }
    element.classList.toggle("is-drawing", drawing);
    element.dataset.corners = String(count);
  };
  const start = readOutline(field.value);
  const editor = new OutlineEditor(
    map,
    start ?? [],
    {
      corner: (n, of) => reader.say("corner", { n, of }),
      between: (n, next) => reader.say("between", { n, next }),
    },
    { color: tone("--focus"), weight: 3, fillColor: tone("--focus"), fillOpacity: 0.25 },
    (changed) => {
      field.value = changed.text;
      tell(changed);
    },
  );
  tell(editor);
  if (start === null && said) said.textContent = reader.say("unreadable");
  buttons.finish?.addEventListener("click", () => editor.finish());
  buttons.undo?.addEventListener("click", () => editor.undo());
  buttons.again?.addEventListener("click", () => editor.again());
  buttons.centre?.addEventListener("click", () => {
    const { lng, lat } = map.getCenter();
    editor.add([lng, lat]);
  });
}

const element = find("garden-map");
if (element) start(element);
