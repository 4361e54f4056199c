/** The examples and commands of docs/, run as they stand there in a project that has vmexit installed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blocksOf,
  commandsOf,
  isInstallable,
  promisedBy,
  readDocument,
  ReaderProject,
} from './helpers/documentation.js';

const DOCUMENTS = [
  'checkpoints.md',
  'debugging.md',
  'replay.md',
  'scenarios.md',
  'sweep.md',
  'traces.md',
].map((name) => [name, readDocument(join('docs', name))] as const);
const EXAMPLES = DOCUMENTS.flatMap(([name, text]) =>
  blocksOf(text, 'ts').map((code, i) => [name, i + 1, code] as const),
);
const COMMANDS = DOCUMENTS.flatMap(([name, text]) =>
  commandsOf(text).map((command) => [name, command] as const),
);

describe.skipIf(!isInstallable)('docs/ (skipped without "npm run build")', () => {
  let project: ReaderProject;
  beforeAll(() => {
    project = new ReaderProject();
  });
  afterAll(() => project.remove());

  it.each(EXAMPLES)('%s: example %i prints what it says', (_name, _i, code) => {
    const { stdout, stderr } = project.example(code);
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(promisedBy(code));
    expect(stdout).not.toBe('');
  });

  it('has examples and commands', () => {
    expect(new Set(EXAMPLES.map(([name]) => name)).size).toBe(DOCUMENTS.length);
    expect(COMMANDS.length).toBeGreaterThan(4);
  });

  // Those of one document follow each other. The last of sweep.md, shards, are processes of their own in test/cli/shards.test.ts.
  it.each(COMMANDS.filter(([, command]) => !/--shard|merge/.test(command)))('%s: %s', (_name, command) => {
    const { status, stdout, stderr } = project.shell(command);
    expect(stderr).toBe('');
    expect(stdout.length + (/ -o /.test(command) ? 1 : 0)).toBeGreaterThan(0);
    // A sweep that finds something says so by its status.
    expect(command.includes('sweep') ? [0, 1] : [0]).toContain(status);
  });

  it('has an invariant that works', () => {
    const [code = ''] = blocksOf(readDocument('docs/sweep.md'), 'js');
    const [, file = '', command = ''] = /^\/\/ (\S+\.mjs): (vmexit .*)$/m.exec(code) ?? [];
    writeFileSync(join(project.folder, file), code);
    const { status, stdout, stderr } = project.shell(command);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/xen-vnmi .* noWindow \d+/);
  });
});
