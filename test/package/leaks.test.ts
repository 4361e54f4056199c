/** Machines that nobody holds are gone, with their memory and their compiled code. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isBuilt } from './built.js';

const MACHINES = 1000;
/** Bytes, for all of them: V8's own caches grow by less. One machine has 14 MB outside of the heap. */
const TOLERANCE = 1_000_000;

it.skipIf(!isBuilt)(
  `${MACHINES} machines leave nothing behind (skipped without "npm run build")`,
  () => {
    const script = fileURLToPath(new URL('./many-machines.mjs', import.meta.url));
    const run = spawnSync(process.execPath, ['--expose-gc', script, String(MACHINES)], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const { heap, external } = JSON.parse(run.stdout) as { heap: number; external: number };
    expect(external).toBeLessThan(TOLERANCE);
    expect(heap).toBeLessThan(TOLERANCE);
  },
  180_000,
);
