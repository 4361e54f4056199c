/** Which format a file is taken for, and which options do not go with it. */
import { describe, expect, it } from 'vitest';
import { detectFormat, loadGuest } from '../../src/loader/detect.js';
import type { LoadOptions } from '../../src/loader/detect.js';
import type { LoadErrorCode } from '../../src/loader/errors.js';
import { buildElf, validElf } from './elf-file.js';
import { thrownBy } from './thrown.js';

const MEMORY = 4 << 20;
const CODE = Uint8Array.of(0xfa, 0xf4, 0xeb, 0xfd);
const ELF = buildElf(validElf(64));
const MULTIBOOT = multiboot();

function multiboot(): Uint8Array {
  const words = [0x1bad_b002, 0x1_0000, -(0x1bad_b002 + 0x1_0000), 0x10_0000, 0x10_0000, 0, 0, 0x10_0000];
  return new Uint8Array(Uint32Array.from(words).buffer);
}

it.each([
  ['flat', CODE],
  ['elf', ELF],
  ['multiboot', MULTIBOOT],
] as const)('takes a %s file for what it is', (format, bytes) => {
  expect(detectFormat(bytes)).toBe(format);
  expect(loadGuest(bytes, { memoryBytes: MEMORY }).format).toBe(format);
});

it('loads anything as a flat binary when told to', () => {
  const guest = loadGuest(ELF, { memoryBytes: MEMORY, format: 'flat', bits: 32, load: 0x1000 });
  expect(guest.format).toBe('flat');
  expect(guest.entry.rip).toBe(0x1000);
});

it('gives a flat binary the symbols of its caller', () => {
  const guest = loadGuest(CODE, { memoryBytes: MEMORY, symbols: { start: 0x7c00 } });
  expect(guest.symbols.format(0x7c01)).toBe('start+1h');
});

// prettier-ignore
it.each<[what: string, code: LoadErrorCode, bytes: Uint8Array, options: Partial<LoadOptions>]>([
  ['an empty file',                     'EMPTY_FILE',         new Uint8Array(), {}],
  ['a load address for ELF',            'CONFLICTING_OPTION', ELF,       { load: 0x7c00 }],
  ['an entry for ELF',                  'CONFLICTING_OPTION', ELF,       { entry: 0x7c00 }],
  ['a command line for ELF',            'CONFLICTING_OPTION', ELF,       { commandLine: 'x' }],
  ['32 bits for ELF64',                 'CONFLICTING_OPTION', ELF,       { bits: 32 }],
  ['a load address for multiboot',      'CONFLICTING_OPTION', MULTIBOOT, { load: 0x7c00 }],
  ['64 bits for multiboot',             'CONFLICTING_OPTION', MULTIBOOT, { bits: 64 }],
  ['a command line for a flat binary',  'CONFLICTING_OPTION', CODE,      { commandLine: 'x' }],
  ['elf for what is none',              'CONFLICTING_OPTION', CODE,      { format: 'elf' }],
  ['multiboot for what is none',        'MULTIBOOT_MALFORMED', CODE,     { format: 'multiboot' }],
  ['a negative address',                'BAD_OPTION',         CODE,      { load: -1 }],
  ['a fraction of an address',          'BAD_OPTION',         CODE,      { load: 0.5 }],
  ['an address that is no number',      'BAD_OPTION',         CODE,      { entry: NaN }],
  ['more memory than there are addresses', 'BAD_OPTION',      CODE,      { memoryBytes: 2 ** 33 }],
  ['no memory',                         'DOES_NOT_FIT',       CODE,      { memoryBytes: 0 }],
  ['too little memory for long mode',   'DOES_NOT_FIT',       CODE,      { memoryBytes: 8192, bits: 64, load: 0 }],
])('refuses %s with %s', (_what, code, bytes, options) => {
  expect(thrownBy(() => loadGuest(bytes, { memoryBytes: MEMORY, ...options })).code).toBe(code);
});

describe('a file that is recognizably something else', () => {
  const ascii = (text: string) => new TextEncoder().encode(text);
  const pe = new Uint8Array(128);
  pe.set(ascii('MZ'));
  pe.set([64], 0x3c);
  pe.set(ascii('PE\0\0'), 64);

  // prettier-ignore
  it.each<[what: RegExp, bytes: Uint8Array]>([
    [/text/,        ascii('bits 64\nmov eax, 1\nhlt\n')],
    [/WebAssembly/, ascii('\0asm\x01\0\0\0')],
    [/zip/,         ascii('PK\x03\x04')],
    [/gzip/,        Uint8Array.of(0x1f, 0x8b, 8)],
    [/Windows/,     pe],
    [/macOS/,       Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe)],
  ])('is refused as %s', (what, bytes) => {
    const error = thrownBy(() => loadGuest(bytes, { memoryBytes: MEMORY }));
    expect(error.code).toBe('NOT_A_GUEST');
    expect(error.message).toMatch(what);
  });

  it('runs when the caller says how', () => {
    expect(loadGuest(ascii('PK\x03\x04'), { memoryBytes: MEMORY, bits: 16 }).format).toBe('flat');
  });

  it('is not seen in code that merely starts like one', () => {
    expect(loadGuest(ascii('MZ\x90\x90'), { memoryBytes: MEMORY }).format).toBe('flat');
  });
});

it.each([
  ['a format that does not exist', CODE, { format: 'zz' }],
  ['a code size that does not exist', CODE, { bits: 8 }],
  ['a guest that is text', 'nmi-storm', {}],
  ['a guest that is an ArrayBuffer', CODE.buffer, {}],
  ['no guest', undefined, {}],
])('refuses %s from a caller without a type checker', (_what, bytes, options) => {
  const wrong = { memoryBytes: MEMORY, ...options } as LoadOptions;
  expect(thrownBy(() => loadGuest(bytes as Uint8Array, wrong)).code).toBe('BAD_OPTION');
});
