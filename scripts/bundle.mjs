/**
 * The host's sources as the few modules that users load: dist/index.js with the library, dist/cli/ with the command,
 * which loads the library when it needs it.
 *
 * Few, because Node spends half a millisecond on each module it resolves, and there are more than 150 sources. What a user's
 * stack trace names, functions, methods and classes, has the names of the sources; only local variables have shorter ones.
 */
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOT, 'src/cli');

/** The library's entry points by the name of the bundle. */
export const LIBRARY = {
  index: 'src/index.ts',
  asm: 'src/asm/index.ts',
  lab: 'src/lab/index.ts',
  worker: 'src/worker/index.ts',
  element: 'src/element/index.ts',
  'worker-host': 'src/worker/worker-host.ts',
};

/** The command, what its worker threads run, and the file that tinypool starts a thread with, which it looks for in entry/. */
const COMMAND = {
  main: 'src/cli/main.ts',
  'sweep-worker': 'src/cli/sweep-worker.ts',
  'entry/worker': 'node_modules/tinypool/dist/entry/worker.js',
};

/** What only a fleet needs, and who has one installs. */
const PEERS = ['bullmq', 'ioredis'];

/** The members of enums become numbers where they are used; an object of 1,600 mnemonics is slow to make. */
const OPTIMIZATION = { inlineConst: { mode: 'smart', pass: 2 } };

/** Comments are in the declarations. The bundler's notes on what has no side effects are for the user's bundler. */
const COMMENTS = { legal: false, jsdoc: false, annotation: true };

/** A quarter less to download. */
const MINIFICATION = {
  compress: { keepNames: { function: true, class: true } },
  mangle: { toplevel: false, keepNames: { function: true, class: true } },
  codegen: { removeWhitespace: true },
};

/**
 * What the machine consists of is one file, and what the assembler or a page without a machine needs of it another: a page
 * that imports `vmexit` asks for both at once. Left to itself the bundler makes six files in a chain of three requests.
 */
const CHUNKS = {
  groups: [
    {
      debugName: 'machine or base',
      name(id, modules) {
        const of = (entry) => isReached(join(ROOT, LIBRARY[entry]), id, modules);
        if (!of('index') || id === join(ROOT, LIBRARY.index)) return null;
        return of('asm') || of('worker') || of('element') ? 'base' : 'machine';
      },
    },
  ],
};

/**
 * What answers without a command is one file, and what most commands need another; what only one needs, a server, a pool of
 * threads, the assembler, a fleet, waits until it is called.
 */
const COMMAND_CHUNKS = {
  groups: [
    { ...chunkOf('start', COMMAND.main, (id) => id !== join(ROOT, COMMAND.main)), priority: 1 },
    chunkOf('commands', 'src/cli/commands.ts'),
  ],
};

/** A group of the modules that `entry` imports before it can run. */
function chunkOf(name, entry, isWanted = () => true) {
  return {
    debugName: name,
    name: (id, modules) => (isWanted(id) && isReached(join(ROOT, entry), id, modules) ? name : null),
  };
}

const reachedFrom = new Map();

/** Whether the module `entry` imports `id`, itself or through others, before it can run. */
function isReached(entry, id, modules) {
  if (!reachedFrom.has(entry)) {
    const reached = new Set([entry]);
    for (const module of reached)
      for (const next of modules.getModuleInfo(module)?.importedIds ?? []) reached.add(next);
    reachedFrom.set(entry, reached);
  }
  return reachedFrom.get(entry).has(id);
}

/** Writes dist/*.js. */
export async function bundle() {
  const common = { cwd: ROOT, optimization: OPTIMIZATION, external: [/^node:/, ...PEERS] };
  await build({
    ...common,
    input: LIBRARY,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    output: { dir: 'dist', comments: COMMENTS, minify: MINIFICATION, codeSplitting: CHUNKS },
  });
  await build({
    ...common,
    input: COMMAND,
    platform: 'node',
    plugins: [publicLibrary],
    output: { dir: 'dist/cli', comments: COMMENTS, minify: MINIFICATION, codeSplitting: COMMAND_CHUNKS },
  });
}

/**
 * What the command takes from outside its folder, it takes from the bundled entry points: there is one class of each
 * error, and one copy of everything.
 */
const publicLibrary = {
  name: 'public-library',
  resolveId(source, importer) {
    const isOurs = importer?.startsWith(CLI + sep);
    if (!isOurs || !source.startsWith('../')) return null;
    const target = relative(CLI, resolve(importer, '..', source));
    if (!target.startsWith(`..${sep}`)) return null;
    const entry = /^\.\.[/\\](asm|lab)[/\\]/.exec(target)?.[1] ?? 'index';
    return { id: `../${entry}.js`, external: true };
  },
};
