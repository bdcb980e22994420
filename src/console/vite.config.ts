/**
 * Builds the pages that the server hands out into dist/console. Each page is an entry of its own, and all
 * addresses in it are relative, so that it works behind a proxy that puts a path in front as well.
 * Everything that belongs to GraphiQL lies under graphiql/.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: false,
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsDir: 'graphiql/assets',
    // The content security policy allows no data: URL but for images.
    assetsInlineLimit: 0,
    // Monaco is large by nature and loaded after the first paint.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      input: { graphiql: 'graphiql/index.html' },
      // 'use no memo' in GraphiQL's files: dozens of warnings without a meaning here.
      checks: { moduleLevelDirective: false },
    },
  },
  worker: { format: 'es' },
});
