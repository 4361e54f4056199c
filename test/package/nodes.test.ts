/** The packed package in every version of Node that is here: the one that runs the tests, and those of `npm run nodes`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, ROOT } from './built.js';
import { createProject, type Project } from './project.js';

const FOLDER = join(ROOT, 'build/nodes/node_modules');
const ENOUGH_MS = 60_000;

/** What Node gives of the package: a machine here, one in a thread, the assembler, a snapshot as a file. */
const PROGRAM = `
import { createVm, findShippedGuest, openSnapshot, readShippedGuest, writeSnapshot } from 'vmexit';
import { assemble } from 'vmexit/asm';
import { createVmInWorker } from 'vmexit/worker';
import 'vmexit/lab';
import 'vmexit/element';
const { bytes } = await assemble('mov al, 7\\nout 0F4h, al');
const vm = await createVm({ guest: bytes, format: 'flat' });
const there = await createVmInWorker({ guest: await readShippedGuest(await findShippedGuest('hello-64')) });
const later = await openSnapshot(await writeSnapshot(vm.snapshot()));
console.log(vm.run().stop.status, later.run().stop.status, (await there.run()).serialText.trim());
there.dispose();
`;

const others = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.startsWith('node-')) : [];
const nodes = [
  ['this Node', process.execPath] as const,
  ...others.map((name) => [name, join(FOLDER, name, 'bin/node')] as const),
];

describe.skipIf(!isBuilt)('the package (skipped without "npm run build")', { timeout: ENOUGH_MS }, () => {
  let project: Project;

  beforeAll(() => {
    project = createProject();
    project.write('main.mjs', PROGRAM);
  }, ENOUGH_MS);

  afterAll(() => {
    project.remove();
  });

  it.each(nodes)('runs in %s (others with "npm run nodes")', (_name, node) => {
    const run = (...args: string[]) => spawnSync(node, args, { cwd: project.folder, encoding: 'utf8' });
    expect(run('main.mjs')).toMatchObject({ stderr: '', stdout: '7 7 hello from 64-bit mode\n' });
    const cli = run('node_modules/vmexit/dist/cli/main.js', 'run', 'hello-64', '--quiet');
    expect(cli).toMatchObject({ status: 0, stdout: expect.stringContaining('hello') as string });
  });
});
