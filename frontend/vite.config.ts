/** Builds the pages' scripts and the one stylesheet into dist/, with the manifest that django-vite reads. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: [
        "src/map/main.ts",
        "src/heat/main.ts",
        "src/programme/main.ts",
        "src/programme/list.ts",
        "src/programme/list-map.ts",
        "src/programme/import.ts",
        "src/style/main.css",
      ],
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], isolate: false },
});
