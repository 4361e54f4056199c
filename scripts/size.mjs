/**
 * npm run size: what users download, file by file, against the budget. Packs what is built.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the download may weigh, in bytes. */
export const BUDGET = 600_000;

/** Packs what is built, without building it again, and says what npm says of it. @param options More of npm's. */
export function pack(...options) {
  const args = ['pack', '--json', '--ignore-scripts', ...options];
  const run = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`npm pack: ${run.stderr}`);
  return JSON.parse(run.stdout)[0];
}

/** The report: the largest part first. */
export function sizeReport({ size, files }) {
  const parts = new Map();
  for (const { path } of files) {
    const part = partOf(path);
    const bytes = gzipSync(readFileSync(join(ROOT, path))).length;
    parts.set(part, (parts.get(part) ?? 0) + bytes);
  }
  const rows = [...parts].sort((a, b) => b[1] - a[1]).map(([part, bytes]) => row(part, bytes));
  const share = `${((100 * size) / BUDGET).toFixed(0)} % of the budget of ${BUDGET / 1000} kB`;
  return [...rows, `${row('the package', size)}  ${share}`].join('\n');
}

/** Folders with many small files are one row. */
function partOf(path) {
  return /^(dist\/types|dist\/cli|guests)\//.exec(path)?.[1] ?? path;
}

function row(name, bytes) {
  return `${name.padEnd(36)}${(bytes / 1000).toFixed(1).padStart(8)} kB gzip`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const tarball = pack('--dry-run');
  console.log(sizeReport(tarball));
  if (tarball.size > BUDGET) process.exitCode = 1;
}
