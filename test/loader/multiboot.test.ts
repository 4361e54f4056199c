/** Multiboot kernels: the header, where the image goes, what the kernel is told. */
import { describe, expect, it } from 'vitest';
import type { LoadErrorCode } from '../../src/loader/errors.js';
import { placeGuest } from '../../src/loader/image.js';
import { findMultibootHeader, loadMultiboot } from '../../src/loader/multiboot.js';
import { buildElf } from './elf-file.js';
import { thrownBy } from './thrown.js';

const MEMORY = 16 << 20;
const MAGIC = 0x1bad_b002;
const HAS_ADDRESSES = 0x1_0000;
const LOAD = 0x10_0000;

interface Kernel {
  flags: number;
  /** Where the header is in the file. */
  offset: number;
  /** header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr. */
  addresses: [header: number, load: number, loadEnd: number, bssEnd: number, entry: number];
  fileBytes: number;
}

/** A kernel of 64 bytes at 1 MiB whose header lies 8 bytes into it. */
const validKernel = (): Kernel => ({
  flags: HAS_ADDRESSES,
  offset: 8,
  addresses: [LOAD + 8, LOAD, 0, 0, LOAD + 0x30],
  fileBytes: 64,
});

function build(kernel: Kernel): Uint8Array {
  const bytes = new Uint8Array(kernel.fileBytes).fill(0x90);
  const view = new DataView(bytes.buffer);
  const words = [MAGIC, kernel.flags, -(MAGIC + kernel.flags) >>> 0, ...kernel.addresses];
  words.forEach((word, i) => view.setUint32(kernel.offset + 4 * i, word, true));
  return bytes;
}

function headerOnly(): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  [MAGIC, 0, -MAGIC >>> 0].forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

const load = (kernel: Kernel, commandLine?: string) =>
  loadMultiboot(build(kernel), { memoryBytes: MEMORY, commandLine });

describe('the header', () => {
  it('is found on a 4-byte boundary', () => {
    expect(findMultibootHeader(build(validKernel()))?.offset).toBe(8);
  });

  it('is not found off a boundary', () => {
    const shifted = new Uint8Array(70);
    shifted.set(build(validKernel()), 1);
    expect(findMultibootHeader(shifted)).toBeUndefined();
  });

  it.each([
    [8192 - 12, true],
    [8192 - 8, false],
  ])('at %i is found: %s', (offset, isFound) => {
    const file = new Uint8Array(16384);
    file.set(headerOnly().subarray(0, 12), offset);
    expect(findMultibootHeader(file) !== undefined).toBe(isFound);
  });

  it('with a wrong checksum is none', () => {
    const bytes = build(validKernel());
    bytes.set([0], 8 + 8);
    expect(findMultibootHeader(bytes)).toBeUndefined();
  });
});

describe('a kernel with addresses', () => {
  it('goes where its header says and starts in 32-bit protected mode', () => {
    const guest = load(validKernel());
    expect(guest.entry).toMatchObject({ bits: 32, rip: LOAD + 0x30, cr0: 0x11, efer: 0, rflags: 2 });
    expect(guest.entry.segments.cs).toMatchObject({ base: 0, limit: 0xffff_ffff });
    const memory = new Uint8Array(MEMORY);
    placeGuest(guest, memory);
    expect(memory.subarray(LOAD, LOAD + 64)).toEqual(build(validKernel()));
  });

  it('may skip the start of the file and zero memory behind the image', () => {
    const kernel = validKernel();
    kernel.addresses = [LOAD, LOAD, LOAD + 0x30, LOAD + 0x100, LOAD + 0x20];
    const memory = new Uint8Array(MEMORY).fill(0xff);
    placeGuest(load(kernel), memory);
    expect([...memory.subarray(LOAD, LOAD + 0x30)]).toEqual([...build(kernel).subarray(8, 0x38)]);
    expect(memory.subarray(LOAD + 0x30, LOAD + 0x100).every((byte) => byte === 0)).toBe(true);
    expect(memory[LOAD + 0x100]).toBe(0xff);
  });
});

describe('the information', () => {
  it('is where EBX points, and EAX says so', () => {
    const { entry } = load(validKernel());
    expect(entry.registers).toEqual({ rax: 0x2bad_b002, rbx: 0x8000 });
  });

  it('gives memory, memory map, command line and loader', () => {
    const memory = new Uint8Array(MEMORY);
    const guest = load(validKernel(), 'root=none verbose');
    placeGuest(guest, memory);
    const view = new DataView(memory.buffer);
    const word = (offset: number) => view.getUint32(0x8000 + offset, true);
    const text = (address: number) =>
      new TextDecoder().decode(memory.subarray(address, memory.indexOf(0, address)));
    expect(word(0)).toBe(0x1 | 0x4 | 0x40 | 0x200);
    expect([word(4), word(8)]).toEqual([639, 15 * 1024]);
    expect(text(word(16))).toBe('root=none verbose');
    expect(text(word(64))).toBe('vmexit');
    const rows: bigint[][] = [];
    for (let at = word(48); at < word(48) + word(44); at += view.getUint32(at, true) + 4) {
      rows.push([
        view.getBigUint64(at + 4, true),
        view.getBigUint64(at + 12, true),
        BigInt(view.getUint32(at + 20, true)),
      ]);
    }
    expect(rows).toEqual([
      [0n, 0x9_fc00n, 1n],
      [0x10_0000n, 0xf0_0000n, 1n],
    ]);
  });

  it('avoids a kernel in low memory', () => {
    const kernel = { ...validKernel(), fileBytes: 0x3000 };
    kernel.addresses = [0x7008, 0x7000, 0, 0, 0x7100];
    expect(load(kernel).entry.registers.rbx).toBe(0xa000);
  });
});

it('takes addresses from the ELF file around the header, also from a 64-bit one', () => {
  for (const bits of [32, 64] as const) {
    const elf = buildElf({
      bits,
      entry: 0x20_0010n,
      segments: [{ virtualAddress: 0x20_0000n, bytes: headerOnly() }],
    });
    const guest = loadMultiboot(elf, { memoryBytes: MEMORY });
    expect(guest.entry).toMatchObject({ bits: 32, rip: 0x20_0010 });
  }
});

// prettier-ignore
it.each<[what: string, code: LoadErrorCode, broken: (kernel: Kernel) => void]>([
  ['demands a video mode',                'MULTIBOOT_UNSUPPORTED', (k) => { k.flags |= 0x4; }],
  ['demands what nobody knows',           'MULTIBOOT_UNSUPPORTED', (k) => { k.flags |= 0x8000; }],
  ['says nothing about where it loads',   'MULTIBOOT_MALFORMED',   (k) => { k.flags = 0; }],
  ['loads above its header',              'MULTIBOOT_MALFORMED',   (k) => { k.addresses[1] = LOAD + 0x10; }],
  ['starts before the file',              'MULTIBOOT_MALFORMED',   (k) => { k.addresses[1] = LOAD - 8; }],
  ['ends before it starts',               'MULTIBOOT_MALFORMED',   (k) => { k.addresses[2] = LOAD - 1; }],
  ['zeroes inside the image',             'MULTIBOOT_MALFORMED',   (k) => { k.addresses[3] = LOAD + 1; }],
  ['ends behind the file',                'TRUNCATED',             (k) => { k.addresses[2] = LOAD + 65; }],
  ['is cut off in its header',            'TRUNCATED',             (k) => { k.offset = 48; k.fileBytes = 80; }],
  ['needs more memory than there is',     'DOES_NOT_FIT',          (k) => { k.addresses[3] = 0xffff_ffff; }],
  ['starts outside its image',            'ENTRY_OUTSIDE',         (k) => { k.addresses[4] = LOAD + 64; }],
  ['fills low memory',                    'DOES_NOT_FIT',          (k) => { k.addresses = [8, 0, 0, 0x9_fc00, 8]; }],
])('a kernel that %s is refused with %s', (_what, code, broken) => {
  const kernel = validKernel();
  broken(kernel);
  const bytes = build(kernel);
  const cut = kernel.offset === 48 ? bytes.subarray(0, 64) : bytes;
  expect(thrownBy(() => loadMultiboot(cut, { memoryBytes: MEMORY })).code).toBe(code);
});

it('refuses a command line that does not fit in its page', () => {
  expect(thrownBy(() => load(validKernel(), 'x'.repeat(4096))).code).toBe('BAD_OPTION');
});
