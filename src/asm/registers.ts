/** Registers by name, numbered as iced does. */
import { Register } from '../decode/iced-enums.js';

export type RegisterKind =
  | 'byte' | 'word' | 'dword' | 'qword' | 'segment' | 'control' | 'debug' | 'test' | 'x87' | 'mmx' | 'xmm' | 'ymm' | 'ip'; // prettier-ignore

/** Names in iced's order, which is that of the encoding, from the first register of a run on. */
// prettier-ignore
const RUNS: readonly (readonly [kind: RegisterKind, first: number, names: readonly string[]])[] = [
  ['byte', Register.AL, 'al cl dl bl ah ch dh bh spl bpl sil dil'.split(' ').concat(numbered('r', 8, 'b'))],
  ['word', Register.AX, 'ax cx dx bx sp bp si di'.split(' ').concat(numbered('r', 8, 'w'))],
  ['dword', Register.EAX, 'eax ecx edx ebx esp ebp esi edi'.split(' ').concat(numbered('r', 8, 'd'))],
  ['qword', Register.RAX, 'rax rcx rdx rbx rsp rbp rsi rdi'.split(' ').concat(numbered('r', 8, ''))],
  ['segment', Register.ES, 'es cs ss ds fs gs'.split(' ')],
  ['xmm', Register.XMM0, numbered('xmm', 0, '')],
  ['ymm', Register.YMM0, numbered('ymm', 0, '')],
  ['control', Register.CR0, numbered('cr', 0, '')],
  ['debug', Register.DR0, numbered('dr', 0, '')],
  ['x87', Register.ST0, numbered('st', 0, '').slice(0, 8)],
  ['mmx', Register.MM0, numbered('mm', 0, '').slice(0, 8)],
];

/** r8 to r15, or 0 to 15. */
function numbered(prefix: string, first: number, suffix: string): string[] {
  return Array.from({ length: 16 - first }, (_, i) => `${prefix}${first + i}${suffix}`);
}

const NUMBER_OF = new Map<string, number>();
const KIND_OF = new Map<number, RegisterKind>();
const NAME_OF = new Map<number, string>();
for (const [kind, first, names] of RUNS) {
  names.forEach((name, i) => {
    NUMBER_OF.set(name, first + i);
    KIND_OF.set(first + i, kind);
    NAME_OF.set(first + i, name);
  });
}
// Intel's other name.
for (let i = 8; i < 16; i++) NUMBER_OF.set(`r${i}l`, Register.AL + 4 + i);

/** The number of the register called `name`; undefined if none is. */
export function registerNumber(name: string): number | undefined {
  return NUMBER_OF.get(name.toLowerCase());
}

export function registerName(register: number): string {
  return NAME_OF.get(register) ?? '?';
}

export function registerKind(register: number): RegisterKind {
  return KIND_OF.get(register) ?? 'ip';
}

/** Bytes of a register; 0 for those whose size says nothing about other operands. */
export const REGISTER_BYTES: Readonly<Record<RegisterKind, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  qword: 8,
  segment: 0,
  control: 0,
  debug: 0,
  test: 0,
  x87: 0,
  mmx: 8,
  xmm: 16,
  ymm: 32,
  ip: 0, // prettier-ignore
};

/** The register of another general kind with the same number. Not for byte registers. */
export function resized(register: number, from: RegisterKind, to: 'word' | 'dword' | 'qword'): number {
  return register - (FIRST[from] ?? 0) + (FIRST[to] ?? 0);
}

const FIRST: Partial<Record<RegisterKind, number>> = {
  word: Register.AX,
  dword: Register.EAX,
  qword: Register.RAX,
};
