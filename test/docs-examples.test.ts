/** The examples of docs/, run as they stand there in a project that has vmexit installed. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const EXAMPLES = ['checkpoints.md', 'replay.md', 'scenarios.md'].flatMap((name) =>
  [...readFileSync(join(ROOT, 'docs', name), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
    (match, i) => [name, i + 1, match[1]!] as const,
  ),
);

describe.skipIf(!existsSync(join(ROOT, 'dist/lab.js')))('docs/ (skipped without "npm run build")', () => {
  let project: string;
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'vmexit-docs-'));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(ROOT, join(project, 'node_modules/vmexit'));
  });
  afterAll(() => {
    rmSync(project, { recursive: true });
  });

  it.each(EXAMPLES)('%s: example %i prints what it says', (name, i, code) => {
    const expected = /console\.log\(.*\); \/\/ (.*)$/m.exec(code)![1]!;
    const file = join(project, `${name}-${i}.mjs`);
    writeFileSync(file, code);
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(expected);
  });
});
