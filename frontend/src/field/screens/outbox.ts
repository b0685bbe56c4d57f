/** The outbox: where each capture stands, and why; what the server answered stays until somebody has read it. */
import { make } from "../../page/elements";
import type { App, Screen } from "../app";
import { dayOf } from "../clock";
import { outcomeOf } from "../store";
import { needsEyes } from "../sync/core";
import type { Balance, Item } from "../types";
import { outcomeKey, timeIn } from "./words";

const SENT_SHOWN = 50;
const ITEMS_SHOWN = 100;
let balance: Balance | null = null;
/** What the balance was read for: asked again when something has moved since. */
let readFor = "";

export function outboxScreen(app: App): Screen {
  const body = make("div", { class: "outbox" });
  const send = make("button", { type: "button", class: "big main", "data-key": "send" }, app.say("sendNow"));
  send.addEventListener("click", () => {
    // Whoever presses does not want to wait for a better position.
    const refining = app.items.filter((item) => item.stage === "saved");
    void Promise.all(
      refining.map((item) => app.store.change(item.uuid, (held) => ({ ...held, refineUntil: 0 }))),
    )
      .then(() => app.connect())
      .then(() => readBalance(app));
  });
  body.append(balanceTable(app), send);

  const see = app.items.filter((item) => needsEyes(item) || item.stage === "settled");
  const under = app.items.filter((item) => !see.includes(item));
  if (see.length) body.append(make("h2", {}, app.say("toRead")), list(app, see));
  body.append(make("h2", {}, app.say("waitingToGo", { n: under.length })));
  body.append(under.length ? list(app, under) : make("p", { class: "quiet" }, app.say("nothingWaits")));

  if (app.sent.length) {
    const rows = make("ul", { class: "history" });
    for (const row of app.sent.slice(0, SENT_SHOWN))
      rows.append(
        make(
          "li",
          {},
          make("strong", {}, `${app.say(`did.${row.action}`)} · ${row.place}`),
          make(
            "span",
            {},
            `${timeIn(app, row.captured)} · ${app.say(`outcome.${row.status}`)}${row.photos ? ` · ${app.say("photosIn", { n: row.photos })}` : ""}`,
          ),
        ),
      );
    body.append(make("h2", {}, app.say("received", { n: app.sent.length })), rows);
  }
  const stand = `${app.items.length}/${app.sent.length}/${navigator.onLine}`;
  if (app.session && stand !== readFor) {
    readFor = stand;
    void readBalance(app);
  }
  return { title: app.say("outbox"), body };
}

function list(app: App, items: readonly Item[]): HTMLElement {
  const rows = make("ul", { class: "items" });
  for (const item of items.slice(0, ITEMS_SHOWN)) rows.append(row(app, item));
  if (items.length > ITEMS_SHOWN)
    rows.append(make("li", { class: "quiet" }, app.say("andMore", { n: items.length - ITEMS_SHOWN })));
  return rows;
}

function row(app: App, item: Item): HTMLElement {
  const outcome = outcomeOf(item);
  const warn = needsEyes(item) || item.stage === "settled";
  const box = make(
    "li",
    { class: warn ? "item warn" : "item", "data-item": item.uuid, "data-stage": item.stage },
    make("strong", {}, `${app.say(`did.${item.action}`)} · ${item.place}`),
    make(
      "span",
      {},
      `${app.say("number", { n: item.event.sequence })} · ${timeIn(app, item.captured)} · ${app.say(outcomeKey(item))}`,
    ),
  );
  if (item.photos.length && item.stage !== "settled")
    box.append(make("span", { class: "quiet" }, app.say("photosOn", { n: item.photos.length })));
  const reason =
    item.verdict && (outcome === "rejected" || outcome === "conflict" || outcome === "waiting")
      ? item.verdict.message
      : item.problem;
  if (reason) box.append(make("p", { class: "reason" }, reason));
  for (const warning of item.verdict?.warnings ?? []) box.append(make("p", { class: "reason" }, warning));
  if (item.stage === "settled" && item.photos.length) void photoRefusals(app, item, box);
  if (needsEyes(item) || item.stage === "settled") {
    const seen = make(
      "button",
      { type: "button", class: "button", "data-key": `seen-${item.uuid}` },
      app.say("seen"),
    );
    seen.addEventListener("click", () => {
      void app.store
        .change(item.uuid, (held) => ({ ...held, acknowledged: true }))
        .then(() => app.update())
        .then(() => app.runner.run());
    });
    box.append(seen);
  }
  return box;
}

async function photoRefusals(app: App, item: Item, box: HTMLElement): Promise<void> {
  const refused = (await app.store.photosOf(item.uuid)).filter((photo) => photo.refused);
  for (const photo of refused)
    box
      .querySelector("strong")
      ?.after(make("p", { class: "reason" }, app.say("photoRefused", { why: photo.refused })));
}

async function readBalance(app: App): Promise<void> {
  try {
    balance = await app.api.balance();
    await app.update();
  } catch {
    // Offline: what the phone itself counts stands above.
  }
}

/** Captured = acknowledged + pending, here and on the server. */
function balanceTable(app: App): HTMLElement {
  const today = dayOf(Date.now());
  const count = (rows: readonly { captured: number }[]) =>
    rows.filter((one) => dayOf(one.captured) === today).length;
  const pending = app.items.filter((item) => item.verdict === null || outcomeOf(item) === "waiting");
  const acknowledged = [...app.items.filter((item) => !pending.includes(item)), ...app.sent];
  const cell = (n: number, label: string) =>
    make("div", {}, make("strong", {}, app.reader.number(n)), make("span", {}, label));
  const box = make(
    "section",
    { class: "balance", "aria-label": app.say("balance") },
    make(
      "div",
      { class: "balance-row" },
      cell(count(pending) + count(acknowledged), app.say("capturedToday")),
      cell(count(acknowledged), app.say("acknowledged")),
      cell(count(pending), app.say("pending")),
    ),
  );
  if (balance) {
    // Only what this phone believes to have arrived: what still waits here is not missing.
    const here = new Set(pending.map((item) => item.event.sequence));
    const lost = balance.sequences.missing.filter((n) => !here.has(n));
    const agrees = lost.length === 0;
    box.append(
      make(
        "p",
        { class: agrees ? "quiet" : "note alarm", "data-balance": agrees ? "agrees" : "differs" },
        agrees
          ? app.say("serverAgrees", {
              n: app.reader.number(balance.events.total),
              photos: app.reader.number(balance.photos.received),
            })
          : app.say("serverLacks", { numbers: lost.slice(0, 12).join(", ") }),
      ),
    );
  }
  return box;
}
