/** The committed fixtures are what their sources build to. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readIndex } from '../../src/guests.js';

const FIXTURES = 'guests/fixtures';
const index = await readIndex();

/** The first line that a tool prints about its version; undefined without the tool. */
function versionOf(tool: string, option: string): string | undefined {
  const { status, stdout } = spawnSync(tool, [option], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

const tools = { nasm: versionOf('nasm', '-v'), gcc: versionOf('gcc', '--version') };
const canBuild = tools.nasm !== undefined && tools.gcc !== undefined;

describe.skipIf(!canBuild)(`built again with nasm and gcc${canBuild ? '' : ' (one is missing here)'}`, () => {
  const output = mkdtempSync(join(tmpdir(), 'vmexit-fixtures-'));
  afterAll(() => rmSync(output, { recursive: true }));

  it('the sources build', () => {
    const run = spawnSync(process.execPath, ['scripts/build-guests.mjs', '--output', output], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    expect(readdirSync(output)).toEqual(readdirSync(FIXTURES));
  });

  // Another version of a tool may choose other encodings for the same program.
  const builtBy = (file: string) =>
    file.endsWith('.elf')
      ? tools.gcc === index.tools.gcc && tools.nasm === index.tools.nasm
      : tools.nasm === index.tools.nasm;

  it.each(index.guests.filter(({ file }) => builtBy(file)))(
    '$file is the same, byte for byte',
    ({ file }) => {
      expect(readFileSync(join(output, file)).equals(readFileSync(join(FIXTURES, file)))).toBe(true);
    },
  );

  it('the index describes the same guests', () => {
    const built = JSON.parse(readFileSync(join(output, 'index.json'), 'utf8')) as typeof index;
    const described = ({ guests }: typeof index) =>
      guests.map(({ name, source, summary, sourceHash, format, load, bits, nmiEvery, nmiFrom }) => ({
        name,
        source,
        summary,
        sourceHash,
        format,
        load,
        bits,
        nmiEvery,
        nmiFrom,
      }));
    expect(described(built)).toEqual(described(index));
  });
});

/** As scripts/build-guests.mjs hashes, but over the folder instead of the includes: needs no tools. */
it('no source is newer than its fixture', () => {
  for (const guest of index.guests) {
    const inputs = guest.source.endsWith('.c') ? cInputs(guest.bits) : [guest.source];
    expect(hashOf(inputs), `${guest.name}: run "npm run guests"`).toBe(guest.sourceHash);
  }
});

function cInputs(bits: number): string[] {
  const sources = readdirSync('guests/c').filter((file) => file.endsWith('.c'));
  return [...sources, `start-${bits}.asm`, 'guest.ld'].map((file) => `guests/c/${file}`);
}

function hashOf(inputs: readonly string[]): string {
  const hash = createHash('sha256');
  const names = [...reachable(inputs)].map((file) => file.replace(/^guests\//, '')).sort();
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(readFileSync(join('guests', name)))
      .update('\0');
  return hash.digest('hex');
}

/** The inputs and the files they include, directly or not. */
function reachable(inputs: readonly string[]): Set<string> {
  const found = new Set(inputs);
  for (const file of found) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/^\s*[%#]include "([^"]+)"/gm)) {
      const besideIt = join(dirname(file), name ?? '');
      found.add(existsSync(besideIt) ? besideIt : join('guests/include', name ?? ''));
    }
  }
  return found;
}

it('every guest in the folder is shipped, and opens with its contract', () => {
  const sources = readdirSync('guests').filter((file) => file.endsWith('.asm'));
  const shipped = index.guests.map(({ source }) => source).filter((source) => source.endsWith('.asm'));
  expect(shipped).toEqual(sources.map((file) => `guests/${file}`).sort());
  for (const file of sources) {
    const text = readFileSync(join('guests', file), 'utf8');
    expect(text).toMatch(new RegExp(`^; ${file.slice(0, -4)}: .*\\.\\n;\\n; Shows {5}`));
    for (const row of ['Exits', 'Entry', 'NMIs', 'QEMU'])
      expect(text, file).toMatch(new RegExp(`^; ${row} `, 'm'));
  }
});

it('every NMI handler ends in IRET', () => {
  for (const { source, symbols } of index.guests) {
    if (symbols?.['nmi_handler'] === undefined) continue;
    const handler = readFileSync(source, 'utf8').split(/^nmi_handler:/m)[1] ?? '';
    expect(
      handler
        .split(/^\w+:$/m)
        .slice(0, 2)
        .join(''),
      source,
    ).toMatch(/\biret[dq]?\b/);
  }
});
