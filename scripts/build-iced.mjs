/**
 * Makes build/iced.wasm: iced-x86's binary less what vmexit does not call and the data of that.
 *
 * The package exports 762 functions. Instantiating it makes a JavaScript function of each, and the code below them is
 * a fifth of what a user downloads; `ICED_EXPORTS` is what our binding uses. The functions that stay do what the package's do:
 * but for the formatters' constructor nothing is optimised again.
 */
import binaryen from 'assemblyscript/binaryen';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropUnusedData } from './iced-data.mjs';
import { ICED_EXPORTS } from './iced-exports.mjs';
import { keepNasm } from './iced-nasm.mjs';

const SCRIPTS = fileURLToPath(new URL('.', import.meta.url));
/** The scripts that the binary depends on. */
const MAKERS = ['build-iced.mjs', 'iced-exports.mjs', 'iced-nasm.mjs', 'iced-data.mjs'];
const BUILD = fileURLToPath(new URL('../build', import.meta.url));
export const ICED_WASM = join(BUILD, 'iced.wasm');
const STAMP = join(BUILD, 'iced.stamp.json');

/** Makes build/iced.wasm current. */
export function buildIced() {
  const whole = readFileSync(locateIced());
  const makers = MAKERS.map((name) => readFileSync(join(SCRIPTS, name)));
  const source = createHash('sha256')
    .update(Buffer.concat([whole, ...makers]))
    .digest('hex');
  if (existsSync(ICED_WASM) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === source) return;
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(ICED_WASM, keepExports(whole, ICED_EXPORTS));
  writeFileSync(STAMP, source);
}

function locateIced() {
  const manifest = createRequire(import.meta.url).resolve('iced-x86/package.json');
  return join(dirname(manifest), 'iced_x86_bg.wasm');
}

/** The module without its other exports and whatever only they reach. */
function keepExports(binary, names) {
  const module = binaryen.readBinary(binary);
  const all = Array.from({ length: module.getNumExports() }, (_, i) => {
    return binaryen.getExportInfo(module.getExportByIndex(i)).name;
  });
  const missing = names.filter((name) => !all.includes(name));
  if (missing.length > 0) throw new Error(`iced-x86 does not export ${missing.join(', ')}`);
  for (const name of all) if (!names.includes(name)) module.removeExport(name);
  module.runPasses(['remove-unused-module-elements']);
  keepNasm(module);
  dropUnusedData(binary, module);
  const trimmed = module.emitBinary();
  module.dispose();
  return trimmed;
}
