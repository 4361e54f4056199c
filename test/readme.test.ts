/** The README's promises: its table, its commands and its examples, run as they stand there. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  mkdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOT, 'dist/cli/main.js');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The fenced blocks of one language. */
function blocks(language: string): string[] {
  return [...README.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!);
}

function vmexit(args: readonly string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { cwd: ROOT, encoding: 'utf8' });
}

describe.skipIf(!existsSync(CLI))('README.md (skipped without "npm run build")', () => {
  it('shows the table that npm start prints', () => {
    const start = readFileSync(join(ROOT, 'scripts/start.mjs'), 'utf8');
    const args = /: \[('compare'.*?)\];/
      .exec(start)![1]!
      .split(', ')
      .map((word) => word.slice(1, -1));
    const { stdout, status } = vmexit(args);
    expect(status).toBe(0);
    expect(stdout).toContain(blocks('')[0]);
  });

  const commands = blocks('sh')
    .join('')
    .split('\n')
    .map((line) => /^npx vmexit (.*?) *(#.*)?$/.exec(line)?.[1])
    .filter((command) => command !== undefined);

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
    let project: string;
    beforeAll(() => {
      project = mkdtempSync(join(tmpdir(), 'vmexit-readme-'));
      mkdirSync(join(project, 'node_modules'));
      symlinkSync(ROOT, join(project, 'node_modules/vmexit'));
    });
    afterAll(() => {
      rmSync(project, { recursive: true });
    });

    it.each(blocks('ts').map((code, i) => [i + 1, code] as const))('%i prints what it says', (i, code) => {
      const expected = /console\.log\(.*\); \/\/ (.*)$/m.exec(code)![1]!;
      const file = join(project, `example-${i}.mjs`);
      writeFileSync(file, code);
      const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(stdout.trim()).toBe(expected);
    });
  });

  it('links only to files that exist', () => {
    const links = [...README.matchAll(/\]\((?!https:)([^)#]+)\)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });
});
