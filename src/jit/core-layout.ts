/** Where compiled code finds the core's state, and which of the core's functions it calls. */
import type { Core } from '../core/core.js';
import type { ImportedFunction } from './wasm-module.js';
import { Type } from './wasm-opcodes.js';

const { I32, I64, Empty } = Type;

/** In the order of `Import`. */
export const IMPORTS: readonly ImportedFunction[] = [
  ...[8, 16, 32, 64].map((bits) => ({ name: `compiledRead${bits}`, parameters: [I64, I32], result: I64 })),
  ...[8, 16, 32, 64].map((bits) => ({
    name: `compiledReadForWrite${bits}`,
    parameters: [I64, I32],
    result: I64,
  })),
  ...[8, 16, 32, 64].map((bits) => ({
    name: `compiledWrite${bits}`,
    parameters: [I64, I32, I64],
    result: Empty,
  })),
  { name: 'conditionHolds', parameters: [I32], result: I32 },
  { name: 'settleFlags', parameters: [], result: Empty },
  { name: 'executeUop', parameters: [I32], result: I32 },
  { name: 'carryOf', parameters: [], result: I32 },
  { name: 'multiplyHigh', parameters: [I64, I64], result: I64 },
  { name: 'compiledInterrupt', parameters: [I32, I64], result: I32 },
  { name: 'compiledReturn', parameters: [I32], result: I32 },
  { name: 'compiledString', parameters: [I32], result: I32 },
  { name: 'moveString', parameters: [I32, I64, I64, I32], result: I32 },
  { name: 'fillString', parameters: [I32, I64, I64, I32], result: I32 },
];

const NUMBER = [I64, I32];
const TWO_NUMBERS = [...NUMBER, ...NUMBER];
const NUMBER_AND_BITS = [...NUMBER, I64];

/** The imports of a region that has x87 operations, after those of every region; in the order of `X87Import`. */
export const X87_IMPORTS: readonly ImportedFunction[] = [
  ...['Add', 'Subtract', 'Multiply', 'Divide'].map((name) => ({
    name: `x87${name}`,
    parameters: TWO_NUMBERS,
    result: I64,
  })),
  { name: 'x87ArithmeticFloat32', parameters: [I32, ...NUMBER_AND_BITS], result: I64 },
  { name: 'x87ArithmeticFloat64', parameters: [I32, ...NUMBER_AND_BITS], result: I64 },
  { name: 'x87SquareRoot', parameters: NUMBER, result: I64 },
  { name: 'x87RoundToInteger', parameters: NUMBER, result: I64 },
  { name: 'x87FromFloat32', parameters: [I64], result: I64 },
  { name: 'x87FromFloat64', parameters: [I64], result: I64 },
  { name: 'x87ToFloat32', parameters: NUMBER, result: I64 },
  { name: 'x87ToFloat64', parameters: NUMBER, result: I64 },
  { name: 'x87ToInteger', parameters: [...NUMBER, I32, I32], result: I64 },
  { name: 'x87Compare', parameters: [...TWO_NUMBERS, I32], result: I32 },
  { name: 'x87CompareFlags', parameters: [...TWO_NUMBERS, I32], result: I32 },
  { name: 'x87CompareFloat32', parameters: NUMBER_AND_BITS, result: I32 },
  { name: 'x87CompareFloat64', parameters: NUMBER_AND_BITS, result: I32 },
  { name: 'x87Quotient', parameters: [I64, I64], result: I64 },
  { name: 'x87Root', parameters: NUMBER, result: I64 },
  { name: 'x87StoreExtended', parameters: [I64, I32, ...NUMBER], result: Empty },
  { name: 'publishX87', parameters: [I32, I32, I32, I32, I64, I64, I64, I64], result: Empty },
  { name: 'publishX87Register', parameters: [I32, I32, I32, ...NUMBER], result: Empty },
];

/** Indices of imported functions; the accesses are in width order. */
export enum Import {
  Read8 = 0,
  ReadForWrite8 = 4,
  Write8 = 8,
  ConditionHolds = 12,
  SettleFlags = 13,
  ExecuteUop = 14,
  CarryOf = 15,
  MultiplyHigh = 16,
  Interrupt = 17,
  InterruptReturn = 18,
  String = 19,
  MoveString = 20,
  FillString = 21,
}

/** Indices in `X87_IMPORTS`. */
export enum X87Import {
  Add,
  Subtract,
  Multiply,
  Divide,
  ArithmeticFloat32,
  ArithmeticFloat64,
  SquareRoot,
  RoundToInteger,
  FromFloat32,
  FromFloat64,
  ToFloat32,
  ToFloat64,
  ToInteger,
  Compare,
  CompareFlags,
  CompareFloat32,
  CompareFloat64,
  Quotient,
  Root,
  StoreExtended,
  Publish,
  PublishRegister,
}

/** Wasm addresses of fields of the state. */
export class StateAddresses {
  readonly registers: number;
  readonly rip: number;
  readonly blockRip: number;
  readonly nextRip: number;
  readonly clock: number;
  readonly deadline: number;
  readonly pending: number;
  readonly tlbBank: number;
  readonly asid: number;
  readonly staleness: number;
  readonly exitBlock: number;
  readonly entryRip: number;
  readonly extents: number;
  readonly miss: number;
  readonly flagResult: number;
  readonly flagAux: number;
  readonly flagCells: number;
  readonly mxcsr: number;
  readonly vectorFile: number;
  readonly selectors: number;
  readonly x87: X87Addresses;

  constructor(core: Core) {
    const { state, exports } = core;
    this.registers = state.address('rax');
    this.rip = state.address('rip');
    this.blockRip = state.address('blockRip');
    this.nextRip = state.address('nextRip');
    this.clock = state.address('clock');
    this.deadline = state.address('deadline');
    this.pending = state.address('pending');
    this.tlbBank = state.address('tlbBank');
    this.asid = state.address('asid');
    this.flagResult = state.address('flagResult');
    this.flagAux = state.address('flagAux');
    this.flagCells = exports.FLAG_CELLS_ADDRESS.value as number;
    this.mxcsr = state.address('mxcsr');
    this.vectorFile = exports.VECTOR_FILE_ADDRESS.value as number;
    this.extents = exports.EXTENTS_ADDRESS.value as number;
    this.miss = exports.MISSES_ADDRESS.value as number;
    this.entryRip = exports.ENTRY_RIP_ADDRESS.value as number;
    this.exitBlock = exports.EXIT_BLOCK_ADDRESS.value as number;
    this.staleness = exports.STALENESS_ADDRESS.value as number;
    this.selectors = state.address('selectors');
    this.x87 = new X87Addresses(core);
  }
}

/** Wasm addresses of the x87 unit. */
export class X87Addresses {
  readonly registers: number;
  readonly resultTop: number;
  readonly control: number;
  readonly status: number;
  readonly top: number;
  readonly tags: number;
  readonly opcode: number;
  readonly instructionPointer: number;
  readonly dataPointer: number;
  readonly instructionSelector: number;
  readonly dataSelector: number;

  constructor({ state, exports }: Core) {
    this.registers = exports.X87_REGISTERS_ADDRESS.value as number;
    this.resultTop = exports.X87_RESULT_TOP_ADDRESS.value as number;
    this.control = state.address('x87Control');
    this.status = state.address('x87Status');
    this.top = state.address('x87Top');
    this.tags = state.address('x87Tags');
    this.opcode = state.address('x87Opcode');
    this.instructionPointer = state.address('x87InstructionPointer');
    this.dataPointer = state.address('x87DataPointer');
    this.instructionSelector = state.address('x87InstructionSelector');
    this.dataSelector = state.address('x87DataSelector');
  }
}

/** Bytes of what is known of a run of pages (assembly/extents.ts). */
export const EXTENT_BYTES = 32;

/** Offsets in it. */
export enum ExtentField {
  First = 0,
  Starts = 8,
  Addend = 16,
  SpanStarts = 24,
}

/** Bytes of an access that has left its run of pages (assembly/region.ts). */
export const MISS_BYTES = 16;

/** Offsets in it. */
export enum MissField {
  Linear = 0,
  Uop = 8,
}

/** Offsets in an entry of the TLB (assembly/tlb.ts). */
export enum TlbField {
  ReadTag = 0,
  WriteTag = 8,
  Addend = 24,
}
