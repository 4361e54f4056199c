/**
 * npm run kernels: assembles the benchmarks' kernels, bench/kernels/*.asm, to the .bin beside each.
 *
 * Usage: node scripts/build-kernels.mjs [--output directory]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const KERNELS = fileURLToPath(new URL('../bench/kernels/', import.meta.url));
const output = outputDirectory();
const sources = readdirSync(KERNELS).filter((file) => file.endsWith('.asm'));

mkdirSync(output, { recursive: true });
for (const source of sources) assemble(source, join(output, `${basename(source, '.asm')}.bin`));
console.log(`${sources.length} kernels in ${output}`);

function outputDirectory() {
  const [option, directory] = process.argv.slice(2);
  if (option === undefined) return KERNELS;
  if (option === '--output' && directory !== undefined) return resolve(directory);
  return fail('usage: node scripts/build-kernels.mjs [--output directory]', 2);
}

/** nasm says itself what is wrong with a source. */
function assemble(source, target) {
  const args = ['-f', 'bin', '-w+error', '-o', target, source];
  const { error, status } = spawnSync('nasm', args, { cwd: KERNELS, stdio: 'inherit' });
  if (error !== undefined) fail(`nasm cannot be run (${error.message}); "npm run setup" installs it`, 1);
  if (status !== 0) fail(`nasm ${args.join(' ')} ended with status ${status}`, 1);
}

function fail(message, status) {
  console.error(message);
  process.exit(status);
}
