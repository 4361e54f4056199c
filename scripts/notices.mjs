/** dist/THIRD-PARTY-LICENSES.txt: the licences of what is bundled into dist/, which ask to go with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The loader's package has no file with its licence; it is part of the compiler's repository, whose package has. */
const BUNDLED = [
  { name: 'iced-x86', files: ['iced-x86/LICENSE.txt'] },
  { name: 'tinypool', files: ['tinypool/LICENSE'] },
  { name: '@assemblyscript/loader', files: ['assemblyscript/NOTICE', 'assemblyscript/LICENSE'] },
];

export function writeNotices() {
  const text = BUNDLED.map(notice).join(`\n${'-'.repeat(80)}\n\n`);
  writeFileSync(join(ROOT, 'dist/THIRD-PARTY-LICENSES.txt'), text);
}

function notice({ name, files }) {
  const { version, license } = JSON.parse(read(`${name}/package.json`));
  return [`${name} ${version}, ${license}\n`, ...files.map(read)].join('\n');
}

function read(file) {
  return readFileSync(join(ROOT, 'node_modules', file), 'utf8');
}
