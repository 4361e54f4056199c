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
  { name: 'settleFlags', parameters: [I32, I64, I64, I64], result: Empty },
  { name: 'executeUop', parameters: [I32], result: I32 },
  { name: 'carryOf', parameters: [I32, I64, I64, I64], result: I32 },
  { name: 'multiplyHigh', parameters: [I64, I64], result: I64 },
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
}

/** Wasm addresses of fields of the state. */
export class StateAddresses {
  readonly registers: number;
  readonly rip: number;
  readonly blockRip: number;
  readonly clock: number;
  readonly deadline: number;
  readonly pending: number;
  readonly tlbBank: number;
  readonly asid: number;
  readonly staleness: number;
  readonly flagResult: number;
  readonly flagAux: number;

  constructor(core: Core) {
    const { state, exports } = core;
    this.registers = state.address('rax');
    this.rip = state.address('rip');
    this.blockRip = state.address('blockRip');
    this.clock = state.address('clock');
    this.deadline = state.address('deadline');
    this.pending = state.address('pending');
    this.tlbBank = state.address('tlbBank');
    this.asid = state.address('asid');
    this.flagResult = state.address('flagResult');
    this.flagAux = state.address('flagAux');
    this.staleness = exports.STALENESS_ADDRESS.value as number;
  }
}

/** Offsets in an entry of the TLB (assembly/tlb.ts). */
export enum TlbField {
  ReadTag = 0,
  WriteTag = 8,
  Addend = 24,
}
