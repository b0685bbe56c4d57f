/** The service worker: the app's shell from the phone, and captures sent when the network is back. */
/// <reference lib="webworker" />
import { addPlugins, cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from "workbox-precaching";
import { registerRoute, setCatchHandler } from "workbox-routing";
import { openField } from "./db";
import { type Device, Store } from "./store";
import { FieldApi } from "./sync/api";
import { Engine, runAlone } from "./sync/engine";

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: readonly { readonly url: string; readonly revision: string | null }[];
  /** What Django serves beside our own build: the page itself, Leaflet, the icons. */
  readonly __SHELL: readonly { readonly url: string; readonly revision: string | null }[];
};

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

const PAGE = "/field/";
// One page, whatever the fragment or the query; everything else of the site is the network's.
const ours = [...self.__WB_MANIFEST, ...(self.__SHELL ?? [])];
addPlugins([
  {
    // Kept without `Vary`: the page is the same in every language and for everybody, signed in or not, and a browser
    // that asks for it offline must find it whatever headers it sends.
    cacheWillUpdate: async ({ response }) => {
      if (response.status !== 200) return null;
      const headers = new Headers(response.headers);
      headers.delete("Vary");
      return new Response(await response.arrayBuffer(), { status: 200, headers });
    },
  },
]);
precacheAndRoute([...ours], { ignoreURLParametersMatching: [/^utm_/, /^from$/] });
cleanupOutdatedCaches();
registerRoute(
  ({ request, url }) => request.mode === "navigate" && url.pathname === PAGE,
  async () => (await matchPrecache(PAGE)) ?? fetch(PAGE),
);
setCatchHandler(async () => Response.error());

// A new version waits until the crew says so: never a reload in the middle of a capture.
self.addEventListener("message", (event) => {
  if ((event.data as { type?: string } | null)?.type === "take-over") void self.skipWaiting();
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("sync", (event) => {
  const { tag, waitUntil } = event as SyncEvent;
  if (tag === "field-sync") waitUntil.call(event, send());
});

/** A run without a page. Rejecting asks the browser to try again later. */
async function send(): Promise<void> {
  const db = await openField();
  try {
    const store = new Store(db);
    const device = await store.fact<Device>("device");
    if (!device) return;
    const pages = await self.clients.matchAll({ type: "window" });
    // Without a page nobody betters a position any more.
    if (pages.length === 0)
      for (const item of await store.items())
        if (item.stage === "saved") await store.change(item.uuid, (held) => ({ ...held, refineUntil: 0 }));
    const ran = await runAlone(() => new Engine({ store, api: new FieldApi(device) }).run(true));
    for (const page of pages) page.postMessage({ type: "sent" });
    if (ran?.halt === "offline" || (ran && !ran.halt && ran.nextAt !== null))
      throw new Error("not all is sent yet");
  } finally {
    db.close();
  }
}
