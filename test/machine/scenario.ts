/**
 * A scenario: what is in the arena and in the registers when the kernel's IRET starts it, and how that is written down
 * for the kernel (STATE in kernel.asm).
 */
import { Cr0 } from '../../assembly/abi/processor-bits.js';
import { Arena, ARENA_BYTES, GDT, IDT, KDATA, LAUNCH_STACK, LDT_SELECTOR, TSS_SELECTOR } from './arena.js';

export enum Kind {
  Protected = 0,
  Long = 1,
  Real = 2,
}

/** General registers in the order of their numbers. */
export const REGISTERS = 16;
export const RSP = 4;

/** Tables as large as the arena has room for. */
const GDT_LIMIT = 0x7ff;
const IDT_LIMIT = 0xfff;
const REAL_IDT_LIMIT = 0x3ff;
const DR7_RESET = 0x400;

export class Scenario {
  readonly arena: Arena;
  gdtr = { base: GDT, limit: GDT_LIMIT };
  idtr: { base: number; limit: number };
  ldtr = LDT_SELECTOR;
  tr = TSS_SELECTOR;
  cr0: number = Cr0.Pe | Cr0.Et;
  cr2 = 0;
  cr3 = 0;
  cr4 = 0;
  efer = 0;
  readonly dr = [0, 0, 0, 0];
  dr7 = DR7_RESET;
  es = KDATA;
  fs = KDATA;
  gs = KDATA;
  ds = KDATA;
  ss = KDATA;
  rsp = BigInt(LAUNCH_STACK);
  readonly registers: bigint[] = Array.from({ length: REGISTERS }, () => 0n);
  star = 0n;
  lstar = 0n;
  cstar = 0n;
  sfmask = 0;

  /** @param name What it is about, in words that a report can print. */
  constructor(
    readonly kind: Kind,
    readonly group: string,
    public name = '',
  ) {
    this.arena = Arena.copyOf(BASES[kind]);
    this.idtr = kind === Kind.Real ? { base: 0, limit: REAL_IDT_LIMIT } : { base: IDT, limit: IDT_LIMIT };
    if (kind !== Kind.Real) return;
    this.cr0 = Cr0.Et;
    this.es = this.fs = this.gs = this.ds = this.ss = 0;
  }
}

/** What scenarios of a kind start from; the image has it once. */
const BASES: Record<Kind, Arena> = {
  [Kind.Protected]: Arena.protected(),
  [Kind.Long]: Arena.long(),
  [Kind.Real]: Arena.real(),
};

/** Ends a list of pieces. */
const END = 0xffffffff;

/** The scenarios as the kernel reads them, for the address `address`. */
export function encodeScenarios(scenarios: readonly Scenario[], address: number): Uint8Array {
  const words: number[] = [scenarios.length];
  const bodies = scenarios.map((scenario) => {
    const body = changesBetween(BASES[scenario.kind].bytes, scenario.arena.bytes);
    return [...body, ...encodeState(scenario)];
  });
  const empty = new Uint8Array(ARENA_BYTES);
  const kinds = [Kind.Protected, Kind.Long, Kind.Real];
  const bases = kinds.map((kind) => changesBetween(empty, BASES[kind].bytes));
  // The scenarios come first, one after another, then what they share.
  let next = address + 4 * (1 + bodies.reduce((sum, body) => sum + 1 + body.length, 0));
  const addresses = bases.map((base) => {
    const start = next;
    next += 4 * base.length;
    return start;
  });
  bodies.forEach((body, i) => {
    words.push(addresses[scenarios[i]!.kind]!);
    for (const word of body) words.push(word);
  });
  for (const base of bases) for (const word of base) words.push(word);
  return new Uint8Array(Uint32Array.from(words).buffer);
}

/** Pieces: address, number of doublewords, doublewords, what they were before. */
function changesBetween(before: Uint8Array, after: Uint8Array): number[] {
  const old = new Uint32Array(before.buffer);
  const now = new Uint32Array(after.buffer);
  const pieces: number[] = [];
  for (let i = 0; i < now.length; i++) {
    if (now[i] === old[i]) continue;
    const start = i;
    while (i < now.length && now[i] !== old[i]) i++;
    pieces.push(4 * start, i - start, ...now.subarray(start, i), ...old.subarray(start, i));
  }
  return [...pieces, END];
}

function encodeState(s: Scenario): number[] {
  const words = [
    s.kind,
    s.gdtr.limit << 16,
    s.gdtr.base,
    s.idtr.limit << 16,
    s.idtr.base,
    ...[s.ldtr, s.tr, s.cr0, s.cr2, s.cr3, s.cr4, s.efer, ...s.dr, s.dr7],
    ...[s.es, s.fs, s.gs, s.ds],
    // In 32-bit scenarios LSS reads the upper half and the selector after it.
    ...(s.kind === Kind.Protected ? [0, Number(s.rsp & 0xffffffffn)] : halves(s.rsp)),
    s.ss,
    ...s.registers.flatMap(halves),
    ...[s.star, s.lstar, s.cstar].flatMap(halves),
    s.sfmask,
  ];
  return words.map((word) => word >>> 0);
}

function halves(value: bigint): [number, number] {
  return [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
}
