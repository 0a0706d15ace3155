import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { defineConfig } from "vite";

const OUT = "../kickwatt_hub/page";
const SMALL = 1024; // bytes; below, compressing costs more than it saves

/** Every text also as .br and .gz: the hub sends the one that a browser asks for, and compresses nothing itself. */
const compressed = {
  name: "compressed",
  closeBundle() {
    for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path);
      if (text.length < SMALL) continue;
      const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
      writeFileSync(`${path}.br`, brotliCompressSync(text, options));
      writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
    }
  },
};

export default defineConfig({
  base: "./", // the page does not know below which path it is served
  build: {
    outDir: OUT,
    emptyOutDir: true,
    assetsInlineLimit: 0, // the hub's policy allows no data: but for images
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  plugins: [compressed],
});
