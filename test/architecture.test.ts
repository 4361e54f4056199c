/**
 * The architecture, enforced: who may import whom, no import cycles, and where the two foreign worlds (iced-x86 and
 * WebAssembly) may be named at all. The picture these rules draw is in ARCHITECTURE.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const EVERYWHERE = ['assembly/abi', 'src/errors.ts', 'src/binaries.ts'];

/** A layer sees the layers it lists, itself, and nothing else. The longest matching name is a file's layer. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'assembly/abi': [],
  assembly: ['assembly/abi'],
  'src/errors.ts': [],
  'src/binaries.ts': [],
  'src/core': EVERYWHERE,
  'src/decode': EVERYWHERE,
  // src/decode: iced-x86's binding and numbers.
  'src/asm': ['src/errors.ts', 'src/binaries.ts', 'src/core', 'src/decode'],
  'src/jit': [...EVERYWHERE, 'src/core'],
  'src/engine': [...EVERYWHERE, 'src/core', 'src/decode', 'src/jit'],
  'src/svm': [...EVERYWHERE, 'src/core', 'src/engine'],
  'src/devices': ['src/errors.ts'],
  'src/loader': ['src/errors.ts'],
  'src/hypervisor': [...EVERYWHERE, 'src/svm', 'src/devices', 'src/loader'],
  'src/assembly-guest.ts': ['src/asm', 'src/loader'],
  'src/guests.ts': ['src/errors.ts', 'src/core', 'src/loader'],
  // src/decode: the disassembler, for traces and for naming what is not implemented; the models' names.
  'src/create-vm.ts': [
    ...EVERYWHERE,
    'src/assembly-guest.ts',
    'src/core',
    'src/decode',
    'src/svm',
    'src/devices',
    'src/loader',
    'src/hypervisor',
  ],
  'src/lab': [...EVERYWHERE, 'src/create-vm.ts', 'src/svm', 'src/loader', 'src/guests.ts', 'src/hypervisor'],
  // src/decode: the names of the processor models.
  'src/index.ts': [
    ...EVERYWHERE,
    'src/assembly-guest.ts',
    'src/core',
    'src/create-vm.ts',
    'src/decode',
    'src/svm',
    'src/loader',
    'src/guests.ts',
    'src/hypervisor',
    'src/lab',
  ],
  // src/asm, src/decode, src/loader: their errors, which cross to the page.
  'src/worker': [
    ...EVERYWHERE,
    'src/create-vm.ts',
    'src/core',
    'src/asm',
    'src/decode',
    'src/loader',
    'src/hypervisor',
  ],
  // src/hypervisor: what a stop is in words.
  'src/element': ['src/errors.ts', 'src/worker', 'src/hypervisor'],
  'src/cli': ['src/errors.ts', 'src/index.ts', 'src/asm', 'src/lab'],
  // The package by its names only, which are not relative imports.
  playground: [],
};

/** Where a word of a foreign world may appear. */
const MAY_NAME: readonly (readonly [word: RegExp, meaning: string, folders: readonly string[]])[] = [
  [/from 'iced-x86'|import\('iced-x86'\)/, 'iced-x86', ['src/decode/']],
  // src/decode instantiates iced's own Wasm binary; everything else about Wasm is the core's.
  [/\bWebAssembly\./, 'WebAssembly', ['src/core/', 'src/decode/']],
  [/from 'node:/, 'Node', ['src/cli/', 'src/lab/', 'src/loader/node']],
];

/** A path from the root of the repository, in code, a comment or a page. */
const REPOSITORY_FILE =
  /(?<![\w/.-])((?:assembly|src|test|bench|scripts|docs|guests|playground)\/[\w./-]+\.(?:test\.ts|tsx?|mjs|md|json|svg|asm))\b/g;

const FORBIDDEN_NAMES = /\/(utils?|helpers?|common|types|misc)(\.ts|\/)/;

const sources = ['assembly', 'src', 'playground'].flatMap(typescriptFiles);
const allFiles = [...sources, ...['test', 'bench'].flatMap(typescriptFiles)];
const text = new Map(allFiles.map((file) => [file, readFileSync(file, 'utf8')]));

it.each(sources)('%s imports only what its layer may', (file) => {
  const layer = layerOf(file);
  if (layer === undefined) throw new Error(`${file} belongs to no layer: add a row to MAY_IMPORT`);
  for (const target of importsOf(file)) {
    expect([layer, ...(MAY_IMPORT[layer] ?? [])], `${file} → ${target}`).toContain(layerOf(target));
  }
});

it('has no import cycle, type-only imports included', () => {
  expect(findCycle(new Map(sources.map((file) => [file, importsOf(file)])))).toBeUndefined();
});

it('finds a cycle when there is one', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['a']],
  ]);
  expect(findCycle(graph)).toEqual(['a', 'b', 'd', 'a']);
});

it.each(MAY_NAME)('%s: %s is named only where it belongs', (word, _meaning, folders) => {
  const offenders = sources.filter(
    (file) =>
      file.startsWith('src/') &&
      word.test(withoutComments(textOf(file))) &&
      !folders.some((folder) => file.startsWith(folder)),
  );
  expect(offenders).toEqual([]);
});

it('names its files after what is in them', () => {
  expect(sources.filter((file) => FORBIDDEN_NAMES.test(file))).toEqual([]);
});

it('spells relative imports of the host with .js', () => {
  const offenders = allFiles
    .filter((file) => !file.startsWith('assembly/'))
    .flatMap((file) => specifiersOf(file).map((specifier) => [file, specifier] as const))
    .filter(([, specifier]) => specifier.startsWith('.') && !/\.(m?js|css)$/.test(specifier));
  expect(offenders).toEqual([]);
});

it('opens every file with what it is', () => {
  expect(allFiles.filter((file) => !/^(#!.*\n)?(\/\*\*|\/\/ )/.test(textOf(file)))).toEqual([]);
});

it('speaks of no file that is not there', () => {
  const pages = [...['.', 'docs', 'bench', 'bench/peers', 'guests'].flatMap(markdownFiles)];
  const named = [...allFiles, ...pages].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(REPOSITORY_FILE)].map((match) => [file, match[1]!] as const),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(([, path]) => !existsSync(path))).toEqual([]);
});

it('has rules for layers that are there', () => {
  const layers = new Set([...Object.keys(MAY_IMPORT), ...Object.values(MAY_IMPORT).flat()]);
  expect([...layers].filter((layer) => !existsSync(layer))).toEqual([]);
});

function markdownFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
}

function typescriptFiles(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => `${root}/${file}`)
    .filter((file) => /\.tsx?$/.test(file))
    .sort();
}

function textOf(file: string): string {
  return text.get(file) ?? '';
}

function layerOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((layer) => file === layer || file.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** What a file imports or re-exports, as written. */
function specifiersOf(file: string): string[] {
  const statements = textOf(file).matchAll(/^(?:import|export)\b[^;'"=(]*?(?:from\s+)?'([^']+)'/gm);
  const dynamic = textOf(file).matchAll(/\bimport\('([^']+)'\)/g);
  return [...statements, ...dynamic].map((match) => match[1] ?? '');
}

/** The files of this repository that a file imports. */
function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => sourceAt(join(dirname(file), specifier)));
}

function sourceAt(path: string): string {
  const stem = path.replace(/\.js$/, '');
  return text.has(`${stem}.tsx`) ? `${stem}.tsx` : `${stem}.ts`;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

/** Depth-first search; the path round the first cycle found, its first file repeated at the end. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    finished.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
