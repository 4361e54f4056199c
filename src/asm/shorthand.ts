/** Shorter ways to write operands that NASM knows: what they stand for. */
import { Register } from '../decode/iced-enums.js';
import { scalar } from './value.js';
import type { ImmediateOperand, Operand, RegisterOperand } from './operand.js';

interface Shorthand {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly column: number;
}

/** Arithmetic on the x87 stack, whose second register is ST0 unless the instruction says otherwise. */
const X87_ARITHMETIC = new Set(['fadd', 'fmul', 'fsub', 'fsubr', 'fdiv', 'fdivr']);
const X87_POPPING = new Set(['faddp', 'fmulp', 'fsubp', 'fsubrp', 'fdivp', 'fdivrp']);
/** ST0 and one register; ST1 unless one is named. */
const X87_PAIR = /^(fcom|fcomp|fcomi|fcomip|fucom|fucomp|fucomi|fucomip|fxch|fcmov\w+)$/;
/** Registers that the instruction names anyway. */
const IMPLIED_REGISTERS =
  /^(monitorx?|mwaitx?|clzero|invlpga|blendvp[sd]|pblendvb|sha256rnds2|extrq|xlatb?)$/;

/**
 * The operands in the order in which iced numbers them. Of two registers, XCHG encodes the second as the one that may be
 * memory, and the accumulator has a form of its own.
 */
export function preferredOperands({ name, operands }: Shorthand): readonly Operand[] {
  const [first, second] = operands;
  const isPair = name === 'xchg' && first?.kind === 'register' && second?.kind === 'register';
  return isPair && !ACCUMULATORS.has(second.register) ? [second, first] : operands;
}

const ACCUMULATORS = new Set<number>([Register.AX, Register.EAX, Register.RAX]);

/** Arithmetic on the x87 stack without operands pops. */
export function withoutOperands(name: string): string {
  return X87_ARITHMETIC.has(name) ? `${name}p` : name;
}

/** LOOP and its kin name the register that they count in: an address size by another name. */
export function countRegisterBits({ name, operands }: Shorthand): 0 | 16 | 32 | 64 {
  const [, count] = operands;
  if (!name.startsWith('loop') || count?.kind !== 'register') return 0;
  return COUNT_BITS.get(count.register) ?? 0;
}

const COUNT_BITS = new Map<number, 16 | 32 | 64>([
  [Register.AX + 1, 16],
  [Register.EAX + 1, 32],
  [Register.RAX + 1, 64],
]);

/** Other ways to read the operands, to be tried in turn. */
export function alternativeOperands(given: Shorthand): readonly (readonly Operand[])[] {
  const { name, operands, column } = given;
  const [first, second] = operands;
  if (name.startsWith('f')) return x87(given);
  if ((name === 'aam' || name === 'aad') && operands.length === 0) return [[number(10n, column)]];
  if (first === undefined) return [];
  if (name === 'imul' && operands.length === 2 && second?.kind === 'immediate')
    return [[first, first, second]];
  if ((name === 'xchg' || name === 'test') && second !== undefined) return [[second, first]];
  if (IMPLIED_REGISTERS.test(name)) return implied(given);
  // Two operands where AVX has three: the first is the destination and a source.
  if (name.startsWith('v') && operands.length >= 2) return [[first, ...operands]];
  return [];
}

function x87({ name, operands, column }: Shorthand): readonly (readonly Operand[])[] {
  const st0 = register(Register.ST0, column);
  const st1 = register(Register.ST0 + 1, column);
  const [first] = operands;
  if (X87_ARITHMETIC.has(name)) {
    if (first?.kind === 'register' && operands.length === 1)
      return [first.isTo ? [first, st0] : [st0, first]];
    return [];
  }
  if (X87_POPPING.has(name)) {
    if (first === undefined) return [[st1, st0]];
    return operands.length === 1 ? [[first, st0]] : [];
  }
  if (X87_PAIR.test(name)) {
    if (first === undefined) return [[st0, st1]];
    if (operands.length === 1) return [[st0, first]];
    return name === 'fxch' ? [[...operands].reverse()] : [];
  }
  return first === undefined ? [[st1]] : [];
}

/** Registers that iced does not count as operands, or counts though the source leaves them out. */
function implied({ name, operands }: Shorthand): readonly (readonly Operand[])[] {
  const isRegister = operands.every((operand) => operand.kind === 'register');
  if (!/^(blendv|pblendvb|sha256)/.test(name)) return isRegister ? [[]] : [];
  const last = operands[2];
  return last?.kind === 'register' && last.register === Register.XMM0 ? [operands.slice(0, 2)] : [];
}

function register(number: number, column: number): RegisterOperand {
  return {
    kind: 'register',
    register: number,
    size: 0,
    isStrict: false,
    distance: undefined,
    isTo: false,
    column,
  };
}

export function number(value: bigint, column: number): ImmediateOperand {
  const expression = { kind: 'value', value: scalar(value), column } as const;
  return {
    kind: 'immediate',
    expression,
    size: 0,
    isStrict: false,
    distance: undefined,
    isTo: false,
    column,
  };
}
