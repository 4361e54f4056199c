/** ELF executables: what loads, where it goes, and what each broken file is told. */
import { describe, expect, it } from 'vitest';
import { loadElf } from '../../src/loader/elf.js';
import type { LoadErrorCode } from '../../src/loader/errors.js';
import { placeGuest } from '../../src/loader/image.js';
import { buildElf, validElf } from './elf-file.js';
import type { ElfFile } from './elf-file.js';
import { thrownBy } from './thrown.js';

const MEMORY = 4 << 20;
const load = (file: ElfFile) => loadElf(buildElf(file), { memoryBytes: MEMORY });

describe.each([32, 64] as const)('a valid ELF%i file', (bits) => {
  it('goes to its address and starts in its own mode', () => {
    const guest = load(validElf(bits));
    expect(guest.format).toBe('elf');
    expect(guest.entry.bits).toBe(bits);
    expect(guest.entry.rip).toBe(0x10_0000);
    const memory = new Uint8Array(MEMORY);
    placeGuest(guest, memory);
    expect(memory[0x10_0000]).toBe(0xf4);
  });

  it('zeroes the memory behind a segment that is longer than its bytes', () => {
    const file = validElf(bits);
    file.segments[0].memoryBytes = 0x100n;
    const memory = new Uint8Array(MEMORY).fill(0xff);
    placeGuest(load(file), memory);
    expect(memory.subarray(0x10_0000, 0x10_0101)).toEqual(
      Uint8Array.from({ length: 0x101 }, (_, i) => (i === 0 ? 0xf4 : i < 0x100 ? 0 : 0xff)),
    );
  });

  it('loads several segments, and ignores those that are not loadable', () => {
    const file = validElf(bits);
    const PT_NOTE = 4;
    file.segments.push({ virtualAddress: 0x20_0000n, bytes: Uint8Array.of(1, 2, 3) });
    file.segments.push({ type: PT_NOTE, virtualAddress: 0xffff_f000n, bytes: Uint8Array.of(9) });
    file.segments.push({ virtualAddress: 0xffff_f000n, bytes: new Uint8Array(), memoryBytes: 0n });
    const memory = new Uint8Array(MEMORY);
    placeGuest(load(file), memory);
    expect([...memory.subarray(0x20_0000, 0x20_0004)]).toEqual([1, 2, 3, 0]);
  });

  it('names addresses by its symbols', () => {
    const NOTYPE = 0;
    const FILE = 4;
    const ABSOLUTE = 0xfff1;
    const guest = load({
      ...validElf(bits),
      symbols: [
        { name: 'label', address: 0x10_0000n, type: NOTYPE },
        { name: 'main', address: 0x10_0000n, size: 0x10 },
        { name: 'main.c', address: 0x10_0004n, type: FILE },
        { name: 'constant', address: 0x10_0008n, section: ABSOLUTE },
        { name: 'imported', address: 0n, section: 0 },
      ],
    });
    expect([...guest.symbols].map(({ name }) => name).sort()).toEqual(['label', 'main']);
    expect(guest.symbols.format(0x10_0009)).toBe('main+9h');
    expect(guest.symbols.format(0x10_0010)).toBe('100010h');
  });
});

it('moves the entry with the segment that holds it to its physical address', () => {
  const guest = load({
    bits: 32,
    entry: 0xc010_0001n,
    segments: [
      { virtualAddress: 0xc010_0000n, physicalAddress: 0x10_0000n, bytes: Uint8Array.of(0x90, 0xf4) },
    ],
  });
  expect(guest.entry.rip).toBe(0x10_0001);
});

type Break = (file: ElfFile) => void;

// prettier-ignore
describe.each([32, 64] as const)('an ELF%i file', (bits) => {
  it.each<[what: string, code: LoadErrorCode, message: RegExp, broken: Break]>([
    ['of an unknown class',      'ELF_UNSUPPORTED', /class is 3/,            (f) => { f.elfClass = 3; }],
    ['with big-endian data',     'ELF_UNSUPPORTED', /byte order is 2/,       (f) => { f.data = 2; }],
    ['for ARM',                  'ELF_UNSUPPORTED', /machine is 40 \(ARM\)/, (f) => { f.machine = 40; }],
    ['for an unknown machine',   'ELF_UNSUPPORTED', /9999 \(unknown\)/,      (f) => { f.machine = 9999; }],
    ['that is not linked',       'ELF_UNSUPPORTED', /link it first/,         (f) => { f.type = 1; }],
    ['that is a shared object',  'ELF_UNSUPPORTED', /-no-pie/,               (f) => { f.type = 3; }],
    ['with an interpreter',      'ELF_UNSUPPORTED', /dynamically linked/,    (f) => { f.segments[0].type = 3; }],
    ['with a dynamic section',   'ELF_UNSUPPORTED', /dynamically linked/,    (f) => { f.segments[0].type = 2; }],
    ['with nothing to load',     'ELF_MALFORMED',   /no loadable segment/,   (f) => { f.segments[0].type = 4; }],
    ['without program headers',  'ELF_MALFORMED',   /no loadable segment/,   (f) => { f.programHeaderCount = 0; }],
    ['with 65,535 of them',      'ELF_UNSUPPORTED', /65,535/,                (f) => { f.programHeaderCount = 0xffff; }],
    ['with too many of them',    'TRUNCATED',       /program header table/,  (f) => { f.programHeaderCount = 1000; }],
    ['with tiny ones',           'ELF_MALFORMED',   /has 8 bytes/,           (f) => { f.programHeaderBytes = 8; }],
    ['with less memory than file', 'ELF_MALFORMED', /2h bytes in the file but 1h/, (f) => { f.segments[0].bytes = Uint8Array.of(1, 2); f.segments[0].memoryBytes = 1n; }],
    ['cut off in a segment',     'TRUNCATED',       /ELF segment 0/,         (f) => { f.segments[0].fileBytes = 0x1000n; }],
    ['with a far-away offset',   'TRUNCATED',       /ELF segment 0/,         (f) => { f.segments[0].offset = 0xffff_fff0n; }],
    ['too large for memory',     'DOES_NOT_FIT',    /does not fit/,          (f) => { f.segments[0].memoryBytes = 0x1000_0000n; }],
    ['loaded beyond memory',     'DOES_NOT_FIT',    /does not fit/,          (f) => { f.segments[0].virtualAddress = f.entry = 0x4000_0000n; }],
    ['with an entry outside',    'ENTRY_OUTSIDE',   /entry 100001h/,         (f) => { f.entry = 0x10_0001n; }],
    ['that overlaps itself',     'OVERLAP',         /segment 0 .* segment 1/, (f) => { f.segments.push({ ...f.segments[0] }); }],
    ['with a lost string table', 'ELF_MALFORMED',   /section 9/,             (f) => { f.symbols = []; f.stringSection = 9; }],
  ])('%s is refused with %s', (_what, code, message, broken) => {
    const file = validElf(bits);
    broken(file);
    const error = thrownBy(() => load(file));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is refused wherever it is cut off', () => {
    const whole = buildElf({ ...validElf(bits), symbols: [{ name: 'main', address: 0x10_0000n }] });
    for (let length = 4; length < whole.length; length++) {
      expect(thrownBy(() => loadElf(whole.subarray(0, length), { memoryBytes: MEMORY })).code).toBe('TRUNCATED');
    }
  });
});

it('refuses the x32 ABI by name', () => {
  const error = thrownBy(() => load({ ...validElf(32), machine: 62 }));
  expect(error.message).toMatch(/x32/);
});

it('refuses a 64-bit kernel that is linked for another address than it is loaded at', () => {
  const file: ElfFile = {
    bits: 64,
    entry: 0xffff_ffff_8010_0000n,
    segments: [
      { virtualAddress: 0xffff_ffff_8010_0000n, physicalAddress: 0x10_0000n, bytes: Uint8Array.of(0xf4) },
    ],
  };
  const error = thrownBy(() => load(file));
  expect(error.code).toBe('ELF_UNSUPPORTED');
  expect(error.message).toMatch(/mapped to itself/);
});

it('refuses a 64-bit address that no memory has', () => {
  const file = validElf(64);
  file.segments[0].physicalAddress = 1n << 60n;
  expect(thrownBy(() => load(file)).code).toBe('DOES_NOT_FIT');
});
