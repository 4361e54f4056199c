/**
 * The type declarations of the public API: dist/types, a file for each entry point and what several of them share in files of
 * its own, so that `Vm` is one class wherever it comes from. What no entry point reaches is left out, and so are the comments
 * on what no entry point exports: nobody is shown them.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where the compiler puts a declaration file for each source (tsconfig.build.json). */
const PARTS = join(ROOT, 'build/types');

/** @param entries Sources of the entry points, from the root, by the name of their declaration file. */
export async function emitDeclarations(entries) {
  rmSync(PARTS, { recursive: true, force: true });
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const options = ['-p', 'tsconfig.build.json'];
  const run = spawnSync(process.execPath, [tsc, ...options], { cwd: ROOT, stdio: 'inherit' });
  if (run.status !== 0) process.exit(1);
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, source]) => [name, join(PARTS, source.replace(/\.ts$/, '.d.ts'))]),
  );
  const files = Object.values(input);
  const shown = new Set([...files, ...files.flatMap(importsOf)]);
  const bundle = await rollup({
    input,
    external: /^node:/,
    plugins: [withoutComments(shown), dts(), withoutWebAssembly],
  });
  await bundle.write({
    dir: join(ROOT, 'dist/types'),
    entryFileNames: '[name].d.ts',
    chunkFileNames: ({ name }) => `${name.replace(/\.d$/, '')}-[hash].d.ts`,
  });
}

/**
 * Node's own declarations have no namespace `WebAssembly`: only a project with those of the DOM has. What is named from it becomes
 * what it is there, and `never` elsewhere, so that both can check the declarations of libraries, too.
 */
const withoutWebAssembly = {
  name: 'without-web-assembly',
  renderChunk: (code) => {
    const names = new Set(Array.from(code.matchAll(/\bWebAssembly\.([A-Z]\w+)/g), ([, name]) => name));
    const aliases = [...names].map(
      (name) =>
        `type WebAssembly${name} = typeof globalThis extends { WebAssembly: { ${name}: { prototype: infer T } } } ? T : never;\n`,
    );
    return aliases.join('') + code.replace(/\bWebAssembly\.([A-Z])/g, 'WebAssembly$1');
  },
};

function importsOf(file) {
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g);
  return Array.from(imports, ([, path]) => join(dirname(file), path.replace(/\.js$/, '.d.ts')));
}

/** Drops the comments of all files but these. */
function withoutComments(kept) {
  return {
    name: 'without-comments',
    transform: (code, id) => (kept.has(id) ? null : code.replace(/^ *\/\*\*.*?\*\/\n/gms, '')),
  };
}
