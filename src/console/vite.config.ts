/**
 * Builds the pages that the server hands out into dist/console: the console and GraphiQL, each an entry of its
 * own, so that neither loads what only the other needs. Addresses in them are relative, so that they work
 * behind a proxy that puts a path in front as well; the console's are relative to the <base> that the server
 * writes into it. What compresses is also written compressed, once, so that no request pays for it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Smaller files cost more in headers than they save, bytes. */
const WORTH_COMPRESSING = 1024;
/** From here on brotli's best takes seconds a file for the last percent: Monaco's files, bytes. */
const LARGE = 500_000;

function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }) {
      const folder = join(dir!, 'assets');
      for (const name of readdirSync(folder).filter((file) => /\.(js|css|svg)$/.test(file))) {
        const file = join(folder, name);
        const content = readFileSync(file);
        if (content.length < WORTH_COMPRESSING) continue;
        const quality = content.length < LARGE ? 11 : 6;
        const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
        writeFileSync(`${file}.gz`, gzipSync(content));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: false,
  plugins: [react(), compressed()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    // The content security policy allows no data: URL but for images.
    assetsInlineLimit: 0,
    // Monaco is large by nature and loaded by GraphiQL alone.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      input: { console: 'index.html', graphiql: 'graphiql/index.html' },
      // 'use no memo' in GraphiQL's files: dozens of warnings without a meaning here.
      checks: { moduleLevelDirective: false },
    },
  },
  worker: { format: 'es' },
});
