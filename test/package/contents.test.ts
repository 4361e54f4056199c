/** What users download: little enough, all that is needed, and nothing that is not. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUDGET, pack, sizeReport, type Tarball } from '../../scripts/size.mjs';
import { isBuilt, ROOT } from './built.js';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | Record<string, string>>;
  bin: Record<string, string>;
  dependencies?: Record<string, string>;
};

describe.skipIf(!isBuilt)('the package (skipped without "npm run build")', () => {
  let tarball: Tarball;
  let paths: readonly string[];

  beforeAll(() => {
    tarball = pack('--dry-run');
    paths = tarball.files.map(({ path }) => path);
  });

  it(`is smaller than ${BUDGET / 1000} kB, and needs no other`, () => {
    expect(tarball.size, sizeReport(tarball)).toBeLessThan(BUDGET);
    expect(manifest.dependencies ?? {}).toEqual({});
  });

  it('has every file that package.json names', () => {
    const { exports, bin } = manifest;
    const tables = [...Object.values(exports), bin];
    const named = tables.flatMap((table) => (typeof table === 'string' ? table : Object.values(table)));
    expect(named.length).toBeGreaterThan(4);
    for (const path of named) expect(paths).toContain(path.replace('./', ''));
  });

  it('has each thing once: the binaries, the guests, the licences of what is bundled', () => {
    const count = (pattern: RegExp) => paths.filter((path) => pattern.test(path)).length;
    expect(count(/core\.wasm$/)).toBe(1);
    expect(count(/iced.*\.wasm$/)).toBe(1);
    expect(count(/nmi-storm\.bin$/)).toBe(1);
    expect(count(/^dist\/THIRD-PARTY-LICENSES\.txt$/)).toBe(1);
  });

  it('has only declarations that lead somewhere', () => {
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    expect(declarations.length).toBeGreaterThanOrEqual(5);
    for (const path of declarations) {
      for (const [, target] of readFileSync(join(ROOT, path), 'utf8').matchAll(/from '(\.[^']+)\.js'/g))
        expect(paths, `${path} → ${target}`).toContain(`${join(dirname(path), target!)}.d.ts`);
    }
  });

  it('asks for all its modules at once: what the machine imports, the entry point imports, too', () => {
    const entry = importedBy('index.js');
    const deeper = [...entry].flatMap((module) => [...importedBy(module)]);
    expect(entry.size).toBeGreaterThan(0);
    expect(deeper.filter((module) => !entry.has(module))).toEqual([]);
  });

  it('declares each class once: a machine of one entry point is one for all', () => {
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    const all = declarations.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
    const classes = Array.from(all.matchAll(/\bclass (\w+)/g), ([, name]) => name!);
    expect(classes).toContain('Vm');
    expect(new Set(classes).size).toBe(classes.length);
  });

  it('starts the command without the library, and commands without what only others need', () => {
    expect(everythingBefore('main.js')).not.toContain('../index.js');
    const commands = everythingBefore('main.js', /^commands-/);
    expect(commands).toContain('../index.js');
    for (const heavy of ['../asm.js', 'node:net', 'node:worker_threads', 'ioredis'])
      expect(commands).not.toContain(heavy);
  });

  it('keeps names of functions and classes', () => {
    const modules = paths.filter((path) => /^dist\/[^/]*\.js$/.test(path));
    const code = modules.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
    expect(code).toMatch(/\basync function createVm\(/);
    expect(code).toMatch(/\bclass Processor\s*\{/);
    expect(code).toMatch(/\bmessageOf\(/); // Nobody outside of its module knows this one.
  });
});

/** The modules in dist/ that one of them imports before it runs. */
function importedBy(module: string): Set<string> {
  const code = readFileSync(join(ROOT, 'dist', module), 'utf8');
  return new Set([...code.matchAll(/from\s*"\.\/([^"]+)"/g)].map(([, name]) => name!));
}

/** What is loaded before a module of the command runs; the names of chunks that it loads later are followed if they match. */
function everythingBefore(module: string, later?: RegExp): Set<string> {
  const loaded = new Set<string>();
  const follow = (name: string): void => {
    const code = readFileSync(join(ROOT, 'dist/cli', name), 'utf8');
    const now = Array.from(code.matchAll(/\bfrom\s*"([^"]+)"/g), ([, from]) => from!);
    const then = Array.from(code.matchAll(/\bimport\([`"]\.\/([^`"]+)[`"]\)/g), ([, from]) => from!);
    for (const next of [...now, ...then.filter((chunk) => later?.test(chunk)).map((chunk) => `./${chunk}`)]) {
      if (loaded.has(next)) continue;
      loaded.add(next);
      if (next.startsWith('./')) follow(next.slice(2));
    }
  };
  follow(module);
  return loaded;
}
