/** x87, MXCSR and vector registers: loading them into vmexit, reading them from there, and naming what differs. */
import type { Core } from '../../src/core/core.js';
import { Extended } from './layout.js';
import type { Batch } from './layout.js';
import type { Bits } from './record.js';

const VECTOR_REGISTERS = 16;
const VECTOR_BYTES = 32;
const X87_REGISTERS = 8;
const X87_SLOT = 16;
const ERROR_SUMMARY = 0x80;
/** Its bits beyond the 80 are not state. */
const X87_UNUSED = 10;

/** The state that a processor has after FNINIT and LDMXCSR of the default. */
export function defaultExtendedState(): Uint8Array {
  const state = new Uint8Array(Extended.bytes);
  const view = new DataView(state.buffer);
  view.setUint16(Extended.control, 0x37f, true);
  view.setUint32(Extended.mxcsr, 0x1f80, true);
  return state;
}

/** Copies extended state between a core and structures of a batch. */
export class ExtendedStatePort {
  constructor(private readonly core: Core) {}

  /** @param from Where the extended state begins among the batch's bytes. */
  load(batch: Batch, from: number, bits: Bits): void {
    const { exports, state, vectorRegisters, x87Registers } = this.core;
    const { bytes, halves, words } = batch;
    vectorRegisters.set(bytes.subarray(from, from + VECTOR_REGISTERS * VECTOR_BYTES));
    const x87 = from + Extended.x87;
    x87Registers.set(bytes.subarray(x87, x87 + X87_REGISTERS * X87_SLOT));
    const half = (offset: number) => halves[(from + offset) >> 1] ?? 0;
    state.set('x87Control', half(Extended.control));
    exports.setX87StatusWord(half(Extended.status));
    state.set('x87Tags', half(Extended.tags));
    state.set('x87Opcode', half(Extended.opcode));
    const word = from >> 2;
    if (bits === 64) this.loadBases(batch, from);
    this.copyQuad('x87InstructionPointer', words, word + (Extended.instructionPointer >> 2));
    this.copyQuad('x87DataPointer', words, word + (Extended.dataPointer >> 2));
    state.set('mxcsr', words[word + (Extended.mxcsr >> 2)] ?? 0);
  }

  save(batch: Batch, to: number, bits: Bits): void {
    const { exports, state, vectorRegisters, x87Registers } = this.core;
    const { bytes, halves, words } = batch;
    bytes.set(vectorRegisters.subarray(0, VECTOR_REGISTERS * VECTOR_BYTES), to);
    bytes.set(x87Registers.subarray(0, X87_REGISTERS * X87_SLOT), to + Extended.x87);
    for (let i = 0; i < X87_REGISTERS; i++) {
      const end = to + Extended.x87 + i * X87_SLOT;
      bytes.fill(0, end + X87_UNUSED, end + X87_SLOT);
    }
    const half = to >> 1;
    halves[half + (Extended.control >> 1)] = state.get('x87Control');
    halves[half + (Extended.status >> 1)] = exports.x87StatusWord();
    halves[half + (Extended.tags >> 1)] = state.get('x87Tags');
    words[(to + Extended.mxcsr) >> 2] = state.get('mxcsr');
    this.savePointers(batch, to);
    if (bits === 64) this.saveBases(batch, to);
    else words.fill(0, (to + Extended.fsBase) >> 2, (to + Extended.bytes) >> 2);
  }

  /** Bases of FS and GS, for 64-bit snippets. */
  private loadBases({ words }: Batch, from: number): void {
    this.copyQuad('fsBase', words, (from + Extended.fsBase) >> 2);
    this.copyQuad('gsBase', words, (from + Extended.gsBase) >> 2);
  }

  private saveBases({ words }: Batch, to: number): void {
    const { state } = this.core;
    for (const [name, offset] of BASES) {
      const index = state.index(name);
      words[(to + offset) >> 2] = state.words[index] ?? 0;
      words[((to + offset) >> 2) + 1] = state.words[index + 1] ?? 0;
    }
  }

  /** The native state comes from XSAVE, which on this processor stores zeros unless an exception is pending. */
  private savePointers({ words, halves }: Batch, to: number): void {
    const { exports, state } = this.core;
    const isPending = (exports.x87StatusWord() & ERROR_SUMMARY) !== 0;
    halves[(to + Extended.opcode) >> 1] = isPending ? state.get('x87Opcode') : 0;
    const word = to >> 2;
    for (const [name, offset] of POINTERS) {
      const index = state.index(name);
      words[word + (offset >> 2)] = isPending ? (state.words[index] ?? 0) : 0;
      words[word + (offset >> 2) + 1] = isPending ? (state.words[index + 1] ?? 0) : 0;
    }
  }

  private copyQuad(name: string, words: Uint32Array, from: number): void {
    const { state } = this.core;
    const index = state.index(name);
    state.words[index] = words[from] ?? 0;
    state.words[index + 1] = words[from + 1] ?? 0;
  }
}

const POINTERS = [
  ['x87InstructionPointer', Extended.instructionPointer],
  ['x87DataPointer', Extended.dataPointer],
] as const;

const BASES = [
  ['fsBase', Extended.fsBase],
  ['gsBase', Extended.gsBase],
] as const;

/** Parts of the extended state, for people: name, offset, bytes. */
const PARTS: readonly (readonly [name: string, offset: number, bytes: number])[] = [
  ...Array.from({ length: VECTOR_REGISTERS }, (_, i) => [`ymm${i}`, i * VECTOR_BYTES, VECTOR_BYTES] as const),
  ...Array.from(
    { length: X87_REGISTERS },
    (_, i) => [`x87 r${i}`, Extended.x87 + i * X87_SLOT, X87_UNUSED] as const,
  ),
  ['FCW', Extended.control, 2],
  ['FSW', Extended.status, 2],
  ['tags', Extended.tags, 2],
  ['FOP', Extended.opcode, 2],
  ['FIP', Extended.instructionPointer, 8],
  ['FDP', Extended.dataPointer, 8],
  ['MXCSR', Extended.mxcsr, 4],
  ['FS base', Extended.fsBase, 8],
  ['GS base', Extended.gsBase, 8],
];

/** Most significant byte first, in groups of eight bytes. */
function hex(state: Uint8Array, offset: number, bytes: number): string {
  const digits = [...state.subarray(offset, offset + bytes)]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'));
  return digits.map((byte, i) => (i > 0 && (bytes - i) % 8 === 0 ? `_${byte}` : byte)).join('');
}

/** Names of what differs, with both values: silicon first. */
export function extendedDifferences(expected: Uint8Array, actual: Uint8Array): string[] {
  return PARTS.flatMap(([name, offset, bytes]) => {
    const [a, b] = [hex(expected, offset, bytes), hex(actual, offset, bytes)];
    return a === b ? [] : [`${name} ${a} ≠ ${b}`];
  });
}

/** All of a state, for people: what is not zero. */
export function describeExtended(state: Uint8Array): string {
  return PARTS.filter(([, offset, bytes]) =>
    state.subarray(offset, offset + bytes).some((byte) => byte !== 0),
  )
    .map(([name, offset, bytes]) => `${name}=${hex(state, offset, bytes)}`)
    .join(' ');
}
