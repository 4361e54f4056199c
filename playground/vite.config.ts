/**
 * How the playground is built. It imports vmexit by the names that anybody imports it by: they mean the sources while the
 * page is developed, and the package as it ships, dist/, when the page is built.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Alias, defineConfig } from 'vite';
import { offline } from './offline-plugin.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

const { version, exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Manifest;

/** Each entry point of package.json: where it is built to, or the source that it is built from. */
function entryPoints(isBuild: boolean): Alias[] {
  return Object.entries(exports).flatMap(([entry, target]) => {
    if (typeof target === 'string') return [];
    const name = target.default.replace(/^.*\/|\.js$/g, '');
    const source = name === 'index' ? 'src/index.ts' : `src/${name}/index.ts`;
    const file = isBuild ? target.default.replace('./', '') : source;
    return [{ find: new RegExp(`^vmexit${entry.slice(1)}$`), replacement: ROOT + file }];
  });
}

export default defineConfig(({ command }) => ({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative addresses: the files work from whatever path they are put under.
  base: './',
  define: { 'import.meta.env.VMEXIT_VERSION': JSON.stringify(version) },
  resolve: { alias: entryPoints(command === 'build') },
  plugins: [offline()],
  worker: { format: 'es' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../build/playground',
    emptyOutDir: true,
    target: 'es2022',
    // A wasm file that is inlined as a data: URL would need a looser content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  server: { fs: { allow: [ROOT, realpathSync(`${ROOT}node_modules`)] } },
}));
