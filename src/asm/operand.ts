/** What a source writes as operands of an instruction. */
import type { Expression } from './expression.js';

/** Bytes; 0 where the source does not say. */
export type Size = 0 | 1 | 2 | 4 | 8 | 10 | 16 | 32 | 64;

/** Keywords of sizes. */
// prettier-ignore
export const SIZES: Readonly<Record<string, Size>> = {
  byte: 1, word: 2, dword: 4, qword: 8, tword: 10, tbyte: 10, oword: 16, xmmword: 16, yword: 32, ymmword: 32, zword: 64,
};

interface Common {
  readonly size: Size;
  /** The source forbids a shorter encoding. */
  readonly isStrict: boolean;
  readonly distance: 'short' | 'near' | 'far' | undefined;
  /** `fadd to st1`. */
  readonly isTo: boolean;
  readonly column: number;
}

export interface RegisterOperand extends Common {
  readonly kind: 'register';
  /** iced's number. */
  readonly register: number;
}

export interface ImmediateOperand extends Common {
  readonly kind: 'immediate';
  readonly expression: Expression;
}

/** segment:offset */
export interface FarOperand extends Common {
  readonly kind: 'far';
  readonly segment: Expression;
  readonly offset: Expression;
}

export interface MemoryOperand extends Common {
  readonly kind: 'memory';
  readonly address: Expression;
  /** A size inside of the brackets: of the displacement, or of the address where there is no register. */
  readonly displacementSize: Size;
  readonly relative: 'rel' | 'abs' | undefined;
  /** A segment register, by iced's number; 0 if none is named. */
  readonly segment: number;
  /** `nosplit`: [eax*2] stays. */
  readonly isNoSplit: boolean;
}

export type Operand = RegisterOperand | ImmediateOperand | FarOperand | MemoryOperand;
