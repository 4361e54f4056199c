/** What people who publish and resolve packages check: publint, and "are the types wrong?". */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type Project } from './project.js';
import { isBuilt } from './built.js';

const ENOUGH_MS = 120_000;

describe.skipIf(!isBuilt)('the packed package (skipped without "npm run build")', () => {
  let project: Project;

  beforeAll(() => {
    project = createProject();
  }, ENOUGH_MS);

  afterAll(() => {
    project.remove();
  });

  it(
    'is as publint wants it',
    async () => {
      const { messages } = await publint({
        pkgDir: join(project.folder, 'node_modules/vmexit'),
        strict: true,
      });
      expect(messages).toEqual([]);
    },
    ENOUGH_MS,
  );

  it(
    'has types that are found and right for who imports it as a module',
    () => {
      const manifest = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
      const attw = join(dirname(manifest), 'dist/index.js');
      const assets = ['--exclude-entrypoints', './core.wasm', './iced.wasm', './worker-host'];
      const options = [project.tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', ...assets];
      const { stdout, status } = spawnSync(process.execPath, [attw, ...options], { encoding: 'utf8' });
      expect(status, stdout).toBe(0);
    },
    ENOUGH_MS,
  );
});
