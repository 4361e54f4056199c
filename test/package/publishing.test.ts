/** What people who publish and resolve packages check: publint, and "are the types wrong?". */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type Project } from './project.js';
import { isBuilt, ROOT } from './built.js';

const ENOUGH_MS = 120_000;
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

const IN_NODE = `
import { createVm, Processor, type RunResult, useBinaries } from 'vmexit';
import { assemble } from 'vmexit/asm';
import { Debugger, sweep } from 'vmexit/lab';
import { createVmInWorker, type WorkerVm } from 'vmexit/worker';

const { bytes }: { bytes: Uint8Array } = await assemble('jmp $');
const vm = await createVm({ guest: bytes, nmi: 'kvm-vnmi' });
const result: RunResult = vm.run({ signal: new AbortController().signal });
const elsewhere: WorkerVm = await createVmInWorker({ guest: bytes });
useBinaries({ core: new URL('core.wasm', import.meta.url) });
console.log(result.nmi.delivered, elsewhere, new Debugger(vm), Processor, sweep);
`;
const IN_PAGES = `
import type { X86GuestElement } from 'vmexit/element';
useBinaries({ core: await WebAssembly.compile(new ArrayBuffer(8)) });
export const find = (): X86GuestElement | null => document.querySelector('x86-guest');
`;

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

  it.each([
    ['in Node, without the types of the DOM', ['node16', 'node16', 'es2022'], IN_NODE],
    ['with a bundler, for a page', ['esnext', 'bundler', 'es2022,dom'], `${IN_NODE}${IN_PAGES}`],
  ])(
    'type-checks together with who uses it, %s',
    (_, [module, moduleResolution, lib], source) => {
      project.write('main.ts', source);
      const modules = ['--module', module!, '--moduleResolution', moduleResolution!, '--lib', lib!];
      const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
      const strictly = ['--strict', '--noEmit', '--target', 'es2022', '--skipLibCheck', 'false'];
      const args = [TSC, ...strictly, ...modules, ...types, 'main.ts'];
      const { stdout, status } = spawnSync(process.execPath, args, { cwd: project.folder, encoding: 'utf8' });
      expect(stdout).toBe('');
      expect(status).toBe(0);
    },
    ENOUGH_MS,
  );
});
