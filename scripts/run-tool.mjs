/**
 * Compiles and runs one of the repository's own programs: `run-tool.mjs bench/main [arguments]`.
 *
 * Such programs share code with the tests but are run by hand, so they are compiled with the sources they use into
 * build/tools/, and get the optimised core; those that measure the package get it built. `--help` waits for neither.
 * Nothing is made again that is current, and types are left to `npm run typecheck`.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, runOrExit } from './install.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = 'build/tools';
const SOURCES = ['assembly/abi', 'src', 'bench', 'test'];
/** What measures the package itself. */
const MEASURES_PACKAGE = ['bench/main', 'bench/peers/main'];
/** What compares with Debian's packages, which are installed first where that is possible. */
const NEEDS_DEBIAN = ['bench/peers/main'];

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) throw new Error('usage: run-tool.mjs <entry> [arguments]');
ensureInstalled();
await compileTools();
if (!args.includes('--help') && !args.includes('-h')) await prepare();
runOrExit(process.execPath, [`${OUTPUT}/${entry}.js`, ...args]);

/** Each source by itself, all in half a second. */
async function compileTools() {
  const { transform } = await import('rolldown/utils');
  const compile = async (file) => {
    const { code, errors } = await transform(file, readFileSync(join(ROOT, file), 'utf8'));
    if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
    const output = join(ROOT, OUTPUT, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, code);
  };
  await Promise.all(SOURCES.flatMap(typescriptFiles).map(compile));
}

function typescriptFiles(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(folder, file));
}

/** Makes everything that the program needs. Imported late: it needs node_modules. */
async function prepare() {
  if (NEEDS_DEBIAN.includes(entry)) runOrExit(process.execPath, ['scripts/setup.mjs']);
  if (MEASURES_PACKAGE.includes(entry)) runOrExit(process.execPath, ['scripts/build.mjs']);
  const { buildCore } = await import('./build-core.mjs');
  const { buildIced } = await import('./build-iced.mjs');
  const { copyAssets } = await import('./copy-assets.mjs');
  buildCore('release');
  buildIced();
  copyAssets(`${OUTPUT}/src`);
}
