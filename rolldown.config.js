import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
// Every command needs these two; they come in dozens of small files, and finding those took longer than all else.
const bundled = new Set(['yargs', 'cli-table3']);
const external = Object.keys(dependencies).filter((name) => !bundled.has(name));

export default defineConfig([
  {
    input: ['src/cli/bin.ts', 'src/cli/write-schemas.ts'],
    platform: 'node',
    external: external.map((name) => new RegExp(`^${name}(/|$)`)),
    output: { dir: 'dist/cli', format: 'esm', chunkFileNames: 'chunk-[name].js' },
  },
  {
    input: 'src/report/html/browser/main.ts',
    output: { file: 'dist/page/script.js', format: 'iife', minify: true },
  },
]);
