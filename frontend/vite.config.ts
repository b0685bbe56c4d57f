/** Builds the pages' scripts and styles into dist/, with the manifest that django-vite reads, and the field app's worker. */
import { readFileSync } from "node:fs";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { iconPng } from "./src/field/icon.ts";

/** What the field app's page loads of our own build; the worker keeps exactly that. */
const FIELD_ENTRIES = ["src/field/main.ts", "src/style/field.css"];

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

function fieldFiles(): Set<string> {
  const manifest = JSON.parse(readFileSync(`${import.meta.dirname}/dist/manifest.json`, "utf8")) as Record<
    string,
    Chunk
  >;
  const files = new Set<string>();
  const take = (name: string) => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`the build has no ${name}`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const other of chunk.imports ?? []) take(other);
  };
  for (const entry of FIELD_ENTRIES) take(entry);
  return files;
}

export default defineConfig({
  base: "./",
  plugins: process.env.VITEST
    ? []
    : [
        {
          name: "field-icons",
          generateBundle() {
            for (const [side, maskable] of [
              [192, false],
              [512, false],
              [512, true],
            ] as const) {
              const fileName = `field/icon-${side}${maskable ? "-maskable" : ""}.png`;
              this.emitFile({ type: "asset", fileName, source: iconPng(side, maskable) });
            }
          },
        },
        VitePWA({
          strategies: "injectManifest",
          srcDir: "src/field",
          filename: "worker.ts",
          // Django serves the page, its manifest and the worker: they must stand under /field/.
          injectRegister: false,
          manifest: false,
          injectManifest: {
            globPatterns: ["assets/*.{js,css}"],
            manifestTransforms: [
              async (entries) => {
                const ours = fieldFiles();
                return {
                  manifest: entries
                    .filter((entry) => ours.has(entry.url))
                    // Vite's hash is in the name; Django puts the static address before it.
                    .map((entry) => ({ ...entry, url: `__STATIC__${entry.url}`, revision: null })),
                  warnings: [],
                };
              },
            ],
          },
        }),
      ],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: [
        "src/account/main.ts",
        "src/map/main.ts",
        "src/heat/main.ts",
        "src/programme/main.ts",
        "src/programme/list.ts",
        "src/programme/list-map.ts",
        "src/programme/import.ts",
        "src/desk/main.ts",
        "src/gardens/main.ts",
        "src/garden-desk/main.ts",
        "src/style/main.css",
        ...FIELD_ENTRIES,
      ],
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], isolate: false },
});
