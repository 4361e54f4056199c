/** What a fresh clone needs before anything else can run: node_modules, once. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs `npm ci` if there is no node_modules folder. */
export function ensureInstalled() {
  if (existsSync(join(ROOT, 'node_modules/typescript'))) return;
  runOrExit('npm', ['ci', '--no-audit', '--no-fund']);
}

/** Runs a program in the repository's root with the terminal attached; a failure ends this process with its status. */
export function runOrExit(program, args) {
  const run = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (run.error) console.error(`${program}: ${run.error.message}`);
  if (run.status !== 0) process.exit(run.status ?? 1);
}
