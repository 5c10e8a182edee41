import { defineConfig } from 'vite';

/** The status page: one script and one style sheet, served by the program itself. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  // Nothing inline: the page's content security policy lets nothing inline run.
  build: { outDir: '../dist/page', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: false, target: 'es2022' },
});
