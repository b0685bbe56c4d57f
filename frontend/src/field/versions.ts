/** The service worker's coming and going: a new version is offered, never taken in the middle of a capture. */
import type { App } from "./app";

export function watchForNewVersion(app: App): void {
  if (!("serviceWorker" in navigator)) return;
  const offer = (worker: ServiceWorker) => {
    app.newVersion = () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      worker.postMessage({ type: "take-over" });
    };
    void app.update(false);
  };
  void navigator.serviceWorker
    .register("/field/worker.js", { scope: "/field/", updateViaCache: "none" })
    .then((registration) => {
      if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
      registration.addEventListener("updatefound", () => {
        const fresh = registration.installing;
        fresh?.addEventListener("statechange", () => {
          // The very first worker is no news: there was nothing before it.
          if (fresh.state === "installed" && navigator.serviceWorker.controller) offer(fresh);
        });
      });
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible" && navigator.onLine) registration.update().catch(() => {});
      });
    })
    .catch((error: unknown) => console.warn("no service worker", error));
}
