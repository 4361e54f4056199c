/** The API reference can be made, and what it mentions is in it. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TYPEDOC = join(dirname(createRequire(import.meta.url).resolve('typedoc/package.json')), 'bin/typedoc');

it('has no type that is mentioned and not documented', () => {
  const args = [TYPEDOC, '--emit', 'none', '--pretty', 'false'];
  const run = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(run.stdout + run.stderr).not.toMatch(/warning|error/i);
  expect(run.status).toBe(0);
}, 180_000);
