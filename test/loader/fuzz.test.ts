/** Any bytes either load, within memory, or are refused with a LoadError: no other exception, and no hang. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadGuest } from '../../src/loader/detect.js';
import { LoadError } from '../../src/loader/errors.js';
import { placeGuest } from '../../src/loader/image.js';
import { buildElf, validElf } from './elf-file.js';

const MEMORY = 1 << 21;
const RUNS = {
  seed: 20_260_101,
  numRuns: 2000,
  interruptAfterTimeLimit: 30_000,
  markInterruptAsFailure: true,
};

/** Loads, and checks what must hold for whatever loads. */
function loadOrRefuse(bytes: Uint8Array, options: { format?: 'flat' | 'elf' | 'multiboot' } = {}): void {
  try {
    const guest = loadGuest(bytes, { memoryBytes: MEMORY, ...options });
    placeGuest(guest, new Uint8Array(MEMORY));
    expect(guest.entry.segments.cs.base + guest.entry.rip).toBeLessThan(MEMORY);
    guest.symbols.lookup(guest.entry.rip);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
  }
}

/** A valid file with a few bytes overwritten: most of it still makes sense to the parser. */
function mutations(file: Uint8Array): fc.Arbitrary<Uint8Array> {
  const interesting = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  const change = fc.tuple(fc.nat(file.length - 1), interesting);
  const changes = fc.array(change, { minLength: 1, maxLength: 12 });
  return fc.tuple(changes, fc.integer({ min: 0, max: file.length })).map(([rows, cut]) => {
    const bytes = Uint8Array.from(file);
    for (const [offset, value] of rows) bytes[offset] = value;
    return cut % 4 === 0 ? bytes.subarray(0, cut) : bytes;
  });
}

const elf = (bits: 32 | 64) =>
  buildElf({ ...validElf(bits), symbols: [{ name: 'main', address: 0x10_0000n, size: 1 }] });

it('any bytes, in any format', () => {
  const format = fc.constantFrom(undefined, 'flat', 'elf', 'multiboot');
  const files = fc.tuple(fc.uint8Array({ maxLength: 512 }), format);
  fc.assert(
    fc.property(files, ([bytes, chosen]) =>
      loadOrRefuse(bytes, chosen === undefined ? {} : { format: chosen }),
    ),
    RUNS,
  );
});

it.each([32, 64] as const)('a changed ELF%i file', (bits) => {
  fc.assert(
    fc.property(mutations(elf(bits)), (bytes) => loadOrRefuse(bytes)),
    RUNS,
  );
});

it('a multiboot header with any addresses', () => {
  const near = fc.integer({ min: -64, max: 64 }).map((delta) => 0x10_0000 + delta);
  const word = fc.oneof(near, fc.integer({ min: 0, max: 0xffff_ffff }), fc.constant(0));
  const flags = fc.constantFrom(0x1_0000, 0x1_0003, 0x1_0004, 0);
  const header = fc.tuple(flags, fc.array(word, { minLength: 5, maxLength: 5 }));
  fc.assert(
    fc.property(header, fc.nat(256), ([flag, addresses], tail) => {
      const words = Uint32Array.from([0x1bad_b002, flag, -(0x1bad_b002 + flag), ...addresses]);
      const bytes = new Uint8Array(words.byteLength + tail);
      bytes.set(new Uint8Array(words.buffer));
      loadOrRefuse(bytes);
    }),
    RUNS,
  );
});

it('a string table without an end does not make names quadratic', () => {
  const symbols = Array.from({ length: 20_000 }, () => ({ name: 'x', address: 0x10_0000n }));
  const bytes = buildElf({ ...validElf(64), symbols, strings: new Uint8Array(1 << 20).fill(0x78) });
  const start = performance.now();
  loadOrRefuse(bytes);
  expect(performance.now() - start).toBeLessThan(2000);
});
