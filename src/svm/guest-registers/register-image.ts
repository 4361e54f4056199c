/**
 * Pictures of all registers of a guest, to be held against each other: that takes a microsecond, and only where two differ
 * does anybody ask for names and numbers.
 */
import { Efer } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { VmcbOffset, VmcbSegment } from '../../../assembly/abi/vmcb-layout.js';
import type { Core } from '../../core/core.js';
import { type Vmcb, VMCB_FIELDS } from '../vmcb.js';
import { x87Top } from './media-registers.js';
import { KEPT, SWITCHED } from './places.js';

/** A register in which two pictures differ. A segment register's hidden part goes by `cs base`, `cs limit`, `cs attributes`. */
export interface RegisterChange {
  readonly name: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** Where a register is in an image. */
interface Place {
  readonly name: string;
  /** The first of its words. */
  readonly word: number;
  readonly shift: number;
  readonly bits: number;
}

/** Registers of the state save area: those that SWITCHED names, and more. */
const SAVED = [...SWITCHED, 'rflags', 'efer'] as const;
const SAVED_SEGMENTS = { es: VmcbOffset.Es, cs: VmcbOffset.Cs, ss: VmcbOffset.Ss, ds: VmcbOffset.Ds };
const SAVED_TABLES = { gdtr: VmcbOffset.Gdtr, idtr: VmcbOffset.Idtr };
/** CPL is one byte of its word. */
const CPL_WORD = VmcbOffset.Cpl & ~3;
const CPL_SHIFT = (VmcbOffset.Cpl & 3) * 8;

/** Of the core's state record: names, names there, bits. */
// prettier-ignore
const STATE = [
  ...KEPT.map((name) => [name, name, 64] as const),
  ['xcr0', 'xcr0',                   64],
  ['mxcsr', 'mxcsr',                 32],
  ['fcw', 'x87Control',              32],
  ['fop', 'x87Opcode',               32],
  ['fip', 'x87InstructionPointer',   64],
  ['fdp', 'x87DataPointer',          64],
  ['fcs', 'x87InstructionSelector',  32],
  ['fds', 'x87DataSelector',         32],
] as const;
const STATE_SEGMENTS = { fs: Seg.Fs, gs: Seg.Gs, ldtr: Seg.Ldtr, tr: Seg.Tr };

/** What is not simply copied: names and bits. Each has two words of the image. */
// prettier-ignore
const COMPUTED = [['pat', 64], ['cr8', 32], ['fsw', 32], ['ftw', 32]] as const;
const [PAT, CR8, FSW, FTW] = [0, 2, 4, 6] as const;

const COUNT_OF_VECTORS = 16;
const VECTOR_BITS = 256;
const VECTOR_WORDS = VECTOR_BITS / 32;
const COUNT_OF_X87 = 8;
const X87_BITS = 80;
const X87_WORDS = 3;
/** Words from one to the next in the core. */
const X87_STRIDE = 4;
/** VMCB 090h. */
const NP_ENABLE = 1;

/** The registers at one moment. */
export class RegisterImage {
  constructor(
    readonly words: Uint32Array,
    private readonly places: readonly Place[],
  ) {}

  /** Whether all registers are the same. */
  equals({ words }: RegisterImage): boolean {
    const own = this.words;
    for (let i = 0; i < own.length; i++) if (own[i] !== words[i]) return false;
    return true;
  }

  /** What changed from here to `later`. Both are of one machine, or of two of a kind. */
  changesTo(later: RegisterImage): RegisterChange[] {
    return this.places.flatMap((place) => {
      const [from, to] = [this.valueAt(place), later.valueAt(place)];
      return from === to ? [] : [{ name: place.name, from, to }];
    });
  }

  private valueAt({ word, shift, bits }: Place): bigint {
    let value = 0n;
    for (let i = Math.ceil((shift + bits) / 32) - 1; i >= 0; i--)
      value = (value << 32n) | BigInt(this.words[word + i] ?? 0);
    return BigInt.asUintN(bits, value >> BigInt(shift));
  }
}

/** Takes the pictures. Registers are where `GuestRegisters` says. */
export class RegisterCamera {
  private readonly places: Place[] = [];
  /** Where the image's first words are in a VMCB, and the next ones in the state record. */
  private readonly vmcbOffsets: number[] = [];
  private readonly stateIndices: number[] = [];
  /** The image's other words, by what they are. */
  private readonly at: Readonly<Record<'efer' | 'cpl' | 'computed' | 'vectors' | 'x87', number>>;
  private readonly wordCount: number;
  private readonly vectors: Uint32Array;
  private readonly x87: Uint32Array;
  private readonly pat: number;

  constructor(private readonly core: Core) {
    this.addSaved();
    const cpl = this.vmcbOffsets.push(CPL_WORD) - 1;
    this.place('cpl', cpl, 8, CPL_SHIFT);
    const efer = this.places.find(({ name }) => name === 'efer')?.word ?? 0;
    this.addState();
    const computed = this.vmcbOffsets.length + this.stateIndices.length;
    COMPUTED.forEach(([name, bits], i) => this.place(name, computed + 2 * i, bits));
    const vectors = computed + 2 * COMPUTED.length;
    for (let i = 0; i < COUNT_OF_VECTORS; i++) this.place(`ymm${i}`, vectors + i * VECTOR_WORDS, VECTOR_BITS);
    const x87 = vectors + COUNT_OF_VECTORS * VECTOR_WORDS;
    for (let i = 0; i < COUNT_OF_X87; i++) this.place(`st${i}`, x87 + i * X87_WORDS, X87_BITS);
    this.at = { efer, cpl, computed, vectors, x87 };
    this.wordCount = x87 + COUNT_OF_X87 * X87_WORDS;
    this.vectors = wordsOf(core.vectorRegisters);
    this.x87 = wordsOf(core.x87Registers);
    this.pat = core.state.index('pat');
  }

  /**
   * @param save The state save area as it is now.
   * @param vmcb The guest's.
   * @param cr8 Its task priority.
   * @param into Where to put it; a picture that nobody looks at any more.
   */
  take(save: Vmcb, vmcb: Vmcb, cr8: number, into?: RegisterImage): RegisterImage {
    const image = into ?? new RegisterImage(new Uint32Array(this.wordCount), this.places);
    this.copy(image.words, save, vmcb, cr8);
    return image;
  }

  private copy(words: Uint32Array, save: Vmcb, vmcb: Vmcb, cr8: number): void {
    const { vmcbOffsets, stateIndices, at, core } = this;
    const state = core.state.words;
    let next = 0;
    for (const offset of vmcbOffsets) words[next++] = save.word(offset);
    for (const index of stateIndices) words[next++] = state[index]!;
    words[at.efer]! &= ~Efer.Svme;
    words[at.cpl]! &= 0xff << CPL_SHIFT;
    const hasOwnPat = (vmcb.word(VmcbOffset.NestedControl) & NP_ENABLE) !== 0;
    words[at.computed + PAT] = hasOwnPat ? save.word(VmcbOffset.GuestPat) : state[this.pat]!;
    words[at.computed + PAT + 1] = hasOwnPat ? save.word(VmcbOffset.GuestPat + 4) : state[this.pat + 1]!;
    words[at.computed + CR8] = cr8;
    words[at.computed + FSW] = core.exports.x87StatusWord();
    words[at.computed + FTW] = core.exports.x87TagWord();
    words.set(this.vectors, at.vectors);
    this.takeX87(words, words[at.computed + FSW]!);
  }

  /** From the top of the stack on. */
  private takeX87(words: Uint32Array, statusWord: number): void {
    for (let i = 0; i < COUNT_OF_X87; i++) {
      const from = ((x87Top(statusWord) + i) % COUNT_OF_X87) * X87_STRIDE;
      const to = this.at.x87 + i * X87_WORDS;
      words[to] = this.x87[from]!;
      words[to + 1] = this.x87[from + 1]!;
      words[to + 2] = this.x87[from + 2]! & 0xffff;
    }
  }

  private addSaved(): void {
    const add = (name: string, offset: number, bits: number): void => {
      this.place(name, this.vmcbOffsets.length, bits);
      for (let i = 0; i < bits; i += 32) this.vmcbOffsets.push(offset + i / 8);
    };
    for (const name of SAVED) add(name, VMCB_FIELDS[name][0], 64);
    for (const [name, offset] of Object.entries(SAVED_SEGMENTS)) {
      this.place(`${name} attributes`, this.vmcbOffsets.length, 16, 16);
      add(name, offset + VmcbSegment.Selector, 16);
      add(`${name} limit`, offset + VmcbSegment.Limit, 32);
      add(`${name} base`, offset + VmcbSegment.Base, 64);
    }
    for (const [name, offset] of Object.entries(SAVED_TABLES)) {
      add(`${name} limit`, offset + VmcbSegment.Limit, 32);
      add(`${name} base`, offset + VmcbSegment.Base, 64);
    }
  }

  private addState(): void {
    const { state } = this.core;
    const add = (name: string, index: number, bits: number, shift = 0): void => {
      this.place(name, this.vmcbOffsets.length + this.stateIndices.length, bits, shift);
      for (let i = 0; i < bits; i += 32) this.stateIndices.push(index + i / 32);
    };
    for (const [name, field, bits] of STATE) add(name, state.index(field), bits);
    for (const [name, seg] of Object.entries(STATE_SEGMENTS)) {
      // Two selectors, and the attributes of two, are in one word.
      const [half, shift] = [seg >> 1, (seg & 1) * 16];
      add(name, state.index('selectors') + half, 16, shift);
      add(`${name} attributes`, state.index('attributes') + half, 16, shift);
      add(`${name} limit`, state.index('limits') + seg, 32);
      add(`${name} base`, state.index(`${name}Base`), 64);
    }
  }

  private place(name: string, word: number, bits: number, shift = 0): void {
    this.places.push({ name, word, bits, shift });
  }
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
