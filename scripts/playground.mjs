/**
 * npm run playground: installs and builds what is missing, and serves the playground from its sources.
 * npm run build:playground: builds the package and then the page, as static files for any path, into build/playground.
 *
 * Arguments go to Vite: `npm run playground -- --port 4000`.
 */
import { ensureInstalled, runOrExit } from './install.mjs';

const [action, ...args] = process.argv.slice(2);
const CONFIG = ['--config', 'playground/vite.config.ts'];

ensureInstalled();
if (action === 'build') {
  runOrExit(process.execPath, ['scripts/build.mjs']);
  runOrExit(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'playground', ...CONFIG, ...args]);
} else {
  await buildBinaries();
  runOrExit(process.execPath, [
    'node_modules/vite/bin/vite.js',
    'playground',
    ...CONFIG,
    ...process.argv.slice(2),
  ]);
}

/** The two Wasm files beside the sources, where these look for them. Imported late: they need node_modules. */
async function buildBinaries() {
  const { buildCore } = await import('./build-core.mjs');
  const { buildIced } = await import('./build-iced.mjs');
  const { copyAssets } = await import('./copy-assets.mjs');
  buildCore('any');
  buildIced();
  copyAssets('src');
}
