/** The README's promises: its table, its commands and its examples, run as they stand there. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blocksOf,
  commandsOf,
  isInstallable,
  promisedBy,
  readDocument,
  ReaderProject,
} from './helpers/documentation.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOT, 'dist/cli/main.js');
const README = readDocument('README.md');

/** In the repository, whose files README's commands name. */
function vmexit(args: readonly string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { cwd: ROOT, encoding: 'utf8' });
}

describe.skipIf(!isInstallable)('README.md (skipped without "npm run build")', () => {
  it('shows the table that npm start prints', () => {
    const start = readDocument('scripts/start.mjs');
    const args = /: \[('compare'.*?)\];/
      .exec(start)![1]!
      .split(', ')
      .map((word) => word.slice(1, -1));
    const { stdout, status } = vmexit(args);
    expect(status).toBe(0);
    expect(stdout).toContain(blocksOf(README, '')[0]);
  });

  const commands = commandsOf(README).map((command) => command.replace('npx vmexit ', ''));

  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(4);
  });

  it.each(commands)('vmexit %s succeeds', (command) => {
    const { stdout, stderr, status } = vmexit(command.split(' '));
    expect(stderr).toBe('');
    expect(stdout).not.toBe('');
    expect(status).toBe(0);
  });

  describe('examples, in a project that has vmexit installed', () => {
    let project: ReaderProject;
    beforeAll(() => {
      project = new ReaderProject();
    });
    afterAll(() => project.remove());

    it.each(blocksOf(README, 'ts').map((code, i) => [i + 1, code] as const))(
      '%i prints what it says',
      (_i, code) => {
        const { stdout, stderr } = project.example(code);
        expect(stderr).toBe('');
        expect(stdout.trim()).toBe(promisedBy(code));
        expect(stdout).not.toBe('');
      },
    );
  });

  it('links only to files that exist', () => {
    const links = [...README.matchAll(/\]\((?!https:)([^)#]+)\)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });
});
