/**
 * Builds the shipped guests: guests/*.asm with nasm, guests/c with gcc, to guests/fixtures.
 *
 * Usage: node scripts/build-guests.mjs [--output directory]
 *
 * The same sources and tools give the same bytes. index.json describes each guest in terms of its own contract
 * comment, so nothing about a guest is written down twice. `sourceHash` lets a test see, without nasm or gcc,
 * whether a fixture is older than its source.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const GUESTS = fileURLToPath(new URL('../guests/', import.meta.url));
const OUTPUT = outputDirectory();

// prettier-ignore
const GCC_FLAGS = [
  '-std=c11', '-O2', '-ffreestanding', '-nostdlib', '-static', '-no-pie', '-fno-pic', '-fno-pie',
  '-mno-sse', '-mgeneral-regs-only', '-mno-red-zone', '-fcf-protection=none', '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables', '-Wall', '-Wextra', '-Werror',
  '-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,--no-warn-rwx-segments', '-Wl,-T,c/guest.ld',
];
const C_SOURCES = ['c/c-sort.c', 'c/console.c', 'c/sha256.c'];

const scratch = mkdtempSync(join(tmpdir(), 'vmexit-guests-'));
try {
  mkdirSync(OUTPUT, { recursive: true });
  const assembly = readdirSync(GUESTS).filter((file) => file.endsWith('.asm'));
  const guests = [...assembly.map(buildAssembly), buildC(32), buildC(64)];
  guests.sort((a, b) => (a.name < b.name ? -1 : 1));
  const index = { tools: { nasm: versionOf('nasm', '-v'), gcc: versionOf('gcc', '--version') }, guests };
  writeFileSync(join(OUTPUT, 'index.json'), JSON.stringify(index, null, 1) + '\n');
  console.log(`${guests.length} guests in ${OUTPUT}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function outputDirectory() {
  const [option, directory] = process.argv.slice(2);
  if (option === undefined) return join(GUESTS, 'fixtures');
  if (option === '--output' && directory !== undefined) return resolve(directory);
  console.error('usage: node scripts/build-guests.mjs [--output directory]');
  process.exit(2);
}

/** A flat or multiboot image: what nasm writes is what is loaded. The map file gives the symbols. */
function buildAssembly(source) {
  const name = basename(source, '.asm');
  const map = join(scratch, `${name}.map`);
  const prelude = join(scratch, `${name}.inc`);
  writeFileSync(prelude, `[map symbols ${map}]\n`);
  const file = `${name}.bin`;
  run('nasm', ['-f', 'bin', '-w+error', '-I', 'include/', '-p', prelude, '-o', join(OUTPUT, file), source]);
  return { ...describe(name, file, source, [source]), symbols: readSymbols(readFileSync(map, 'utf8')) };
}

/** An ELF file, which carries its symbols itself. */
function buildC(bits) {
  const name = `c-sort-${bits}`;
  const start = `c/start-${bits}.asm`;
  const startObject = join(scratch, `start-${bits}.o`);
  run('nasm', ['-f', `elf${bits}`, '-I', 'include/', '-o', startObject, start]);
  const file = `${name}.elf`;
  run('gcc', [`-m${bits}`, ...GCC_FLAGS, '-o', join(OUTPUT, file), ...C_SOURCES, startObject]);
  const row = describe(name, file, 'c/c-sort.c', [...C_SOURCES, start, 'c/guest.ld']);
  return { ...row, summary: `${row.summary} (${bits}-bit)`, bits };
}

/** The row of index.json: the guest's contract comment, taken apart. */
function describe(name, file, source, inputs) {
  const contract = readContract(source);
  const entry = /^(flat|multiboot|elf), loaded at ([0-9a-f]+)h(?:; (16|32|64)-bit)?$/i.exec(contract.Entry);
  if (entry === null)
    throw new Error(`${source}: "Entry ${contract.Entry}" is not "<format>, loaded at <hex>h; <n>-bit"`);
  const schedule = /^by schedule, every (\d+) instructions, from (\d+) on$/.exec(contract.NMIs);
  const requestsOwnNmis = contract.NMIs.startsWith('asks for ');
  if (schedule === null && !requestsOwnNmis && !contract.NMIs.startsWith('none'))
    throw new Error(`${source}: "NMIs ${contract.NMIs}" is not a schedule, "asks for" or "none"`);
  return {
    name,
    file,
    source: `guests/${source}`,
    summary: contract.summary,
    shows: contract.Shows,
    format: entry[1],
    load: parseInt(entry[2], 16),
    bits: Number(entry[3] ?? 0),
    nmiEvery: schedule && Number(schedule[1]),
    nmiFrom: schedule && Number(schedule[2]),
    requestsOwnNmis,
    handler: contract.Handler ?? null,
    qemu: contract.QEMU === 'no' ? null : contract.QEMU,
    sourceHash: hashOf(inputs),
    bytes: statSync(join(OUTPUT, file)).size,
  };
}

/** The comment at the top of a guest: "name: summary." and then rows of "Keyword   text", which may be continued. */
function readContract(source) {
  const rows = { summary: '' };
  let key = 'summary';
  for (const line of readFileSync(join(GUESTS, source), 'utf8').split('\n')) {
    const text = /^(?:;| \*)(?!\/) ?(.*)$/.exec(line)?.[1];
    if (text === undefined && line !== '/*') break;
    const row = /^(Shows|Exits|Entry|NMIs|Handler|QEMU) {2,}(.*)$/.exec(text ?? '');
    if (row !== null) rows[(key = row[1])] = row[2];
    else if ((text ?? '') === '') key = rows.summary === '' ? 'summary' : '';
    else if (key !== '') rows[key] = `${rows[key]} ${text.trim()}`.trim();
  }
  return { ...rows, summary: rows.summary.replace(/^[\w-]+: /, '').replace(/\.$/, '') };
}

/** SHA-256 over the inputs and everything they include, by name and content. */
function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const file of [...withIncludes(inputs)].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(GUESTS, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function withIncludes(files, found = new Set()) {
  for (const file of files) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(join(GUESTS, file), 'utf8');
    const included = [...text.matchAll(/^\s*[%#]include "([^"]+)"/gm)].map((match) => match[1]);
    withIncludes(
      included.map((name) => join(name.endsWith('.inc') ? 'include' : dirname(file), name)),
      found,
    );
  }
  return found;
}

/** Labels of the image, from nasm's map: no constants, and no local labels. */
function readSymbols(map) {
  const symbols = {};
  const sections = map.split(/^---- /m).filter((part) => part.startsWith('Section '));
  for (const section of sections) {
    for (const [, address, label] of section.matchAll(/^\s*([0-9A-F]+)\s+[0-9A-F]+\s+([A-Za-z_]\w*)\s*$/gm)) {
      symbols[label] = parseInt(address, 16);
    }
  }
  return Object.fromEntries(Object.entries(symbols).sort((a, b) => a[1] - b[1]));
}

function versionOf(tool, option) {
  return run(tool, [option]).split('\n')[0];
}

/** What the tool prints. A tool that is missing or that fails ends the script with one line. */
function run(tool, args) {
  const { error, status, stdout } = spawnSync(tool, args, {
    cwd: GUESTS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error !== undefined) fail(`${tool} cannot be run (${error.message}); "npm run setup" installs it`);
  if (status !== 0) fail(`${tool} ${args.join(' ')} ended with status ${status}`);
  return stdout;
}

function fail(message) {
  console.error(message);
  rmSync(scratch, { recursive: true, force: true });
  process.exit(1);
}
