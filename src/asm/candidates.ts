/** Which encodings of an instruction fit the operands that a source gives it, whatever the values turn out to be. */
import { Register } from '../decode/iced-enums.js';
import { Problem } from './diagnostics.js';
import type { CodeBits } from './code-bits.js';
import { Encoding } from './iced-encoder.js';
import type { Form, InstructionTable } from './instruction-table.js';
import type { Operand, RegisterOperand } from './operand.js';
import type { OperandRule } from './operand-kinds.js';
import { registerKind, type RegisterKind, registerName, resized } from './registers.js';
import { pseudoInstruction } from './pseudo-instructions.js';
import {
  alternativeOperands,
  countRegisterBits,
  number,
  preferredOperands,
  withoutOperands,
} from './shorthand.js';

/** An encoding and the operands to give it. */
export interface Candidate {
  readonly form: Form;
  /** By the form's `written`. */
  readonly operands: readonly Operand[];
  /** MOV of a 32-bit register that stands for one of 64: only for values that zero extension keeps. */
  readonly isZeroExtending: boolean;
}

export interface Request {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly bits: CodeBits;
  /** `o16`, `o32`, `o64`; 0 without. */
  readonly operandPrefix: 0 | 16 | 32 | 64;
  /** `a16`, `a32`, `a64`; 0 without. */
  readonly addressPrefix: 0 | 16 | 32 | 64;
  readonly column: number;
}

/** Instructions that use 16 bits of a register whatever its name, so that the size of a word needs no prefix. */
const WORD_SOURCE = new Set(['lldt', 'ltr', 'verr', 'verw', 'lmsw', 'lar', 'lsl', 'arpl']);
/** Instructions that write a 64-bit register as the 32-bit one, whose upper half becomes zero anyway. */
const ZERO_EXTENDED = new Set([
  'sldt',
  'vmovmskps',
  'vmovmskpd',
  'vpmovmskb',
  'vpextrw',
  'pextrb',
  'vpextrb',
]);

/** The encodings that take the operands. Throws a `Problem` that says why if there is none. */
export function findCandidates(table: InstructionTable, asked: Request): readonly Candidate[] {
  const request = spelledOut(asked);
  const { name, bits } = request;
  const forms = table.formsOf(name);
  if (forms === undefined)
    throw new Problem('UNKNOWN_INSTRUCTION', `there is no instruction ${name}`, request.column);
  const inMode = forms.filter((form) => isInMode(form, bits) && !isFalseNop(form, request));
  for (const operands of [preferredOperands(request), ...alternativeOperands(request)]) {
    const found = matching(inMode, operands, request);
    if (found.length > 0) return found;
  }
  throw explain(forms, inMode, request);
}

/** The instruction that a pseudo-instruction stands for, with the operands and sizes that its name says. */
function spelledOut(request: Request): Request {
  const pseudo = pseudoInstruction(request.name);
  const name = pseudo?.name ?? request.name;
  if (name.startsWith('f') && request.operands.length === 0)
    return { ...request, name: withoutOperands(name) };
  const count = countRegisterBits(request);
  if (count !== 0) return { ...request, operands: request.operands.slice(0, 1), addressPrefix: count };
  if (pseudo === undefined) return request;
  const { immediate, operandSize } = pseudo;
  const operands =
    immediate === undefined
      ? request.operands
      : [...request.operands, number(BigInt(immediate), request.column)];
  return { ...request, name, operands, operandPrefix: operandSize ?? request.operandPrefix };
}

function matching(forms: readonly Form[], operands: readonly Operand[], request: Request): Candidate[] {
  const fitting = forms.filter((form) => fits(form, operands, request));
  const wanted = preferSizes(fitting, request);
  const candidates = wanted.map((form) => ({ form, operands, isZeroExtending: false }));
  const narrow = request.name === 'mov' && request.bits === 64 ? zeroExtending(forms, operands, request) : [];
  return [...candidates, ...narrow];
}

/** MOV r64, imm32 without a sign is MOV r32, imm32, one byte or five shorter. */
function zeroExtending(forms: readonly Form[], operands: readonly Operand[], request: Request): Candidate[] {
  const [target, source] = operands;
  if (target?.kind !== 'register' || registerKind(target.register) !== 'qword') return [];
  if (source?.kind !== 'immediate' || source.isStrict || (source.size !== 0 && source.size !== 8)) return [];
  const narrow: RegisterOperand = { ...target, register: resized(target.register, 'qword', 'dword') };
  const shorter = [narrow, { ...source, size: 0 as const }];
  return forms
    .filter((form) => fits(form, shorter, request))
    .map((form) => ({ form, operands: shorter, isZeroExtending: true }));
}

function isInMode({ facts }: Form, bits: CodeBits): boolean {
  return bits === 16 ? facts.has16 : bits === 32 ? facts.has32 : facts.has64;
}

/** A prefix such as O32 chooses among encodings that differ in size; where none has that size it is just a byte. */
function preferSizes(forms: readonly Form[], { operandPrefix, addressPrefix }: Request): readonly Form[] {
  const ofOperand = forms.filter(({ facts }) => facts.operandSize === operandPrefix);
  const sized = operandPrefix !== 0 && ofOperand.length > 0 ? ofOperand : forms;
  const ofAddress = sized.filter(({ facts }) => facts.addressSize === addressPrefix);
  return addressPrefix !== 0 && ofAddress.length > 0 ? ofAddress : sized;
}

function fits(form: Form, operands: readonly Operand[], request: Request): boolean {
  if (form.written.length !== operands.length) return false;
  if (!isRightDistance(form, operands, request.bits) || !isRightPush(form, operands, request)) return false;
  return form.written.every((index, i) => {
    const rule = form.rules[index];
    const operand = operands[i];
    return rule !== undefined && operand !== undefined && takes(rule, operand, form, request, i);
  });
}

/** JMP and CALL through memory: near or far, and of the code's size unless another is given. */
function isRightDistance({ facts }: Form, operands: readonly Operand[], bits: CodeBits): boolean {
  const [target] = operands;
  if (target?.kind !== 'memory' || operands.length !== 1) return true;
  const isBranch = /^(CALL|JMP) /.test(facts.text);
  const isFar = isBranch && / m16:/.test(facts.text);
  if (isBranch && isFar !== (target.distance === 'far')) return false;
  if (isBranch && target.size === 0) return facts.operandSize === bits;
  return !isFar || facts.operandSize === target.size * 8;
}

/** XCHG EAX, EAX clears the upper half of RAX in 64-bit code; the encoding of the accumulator's form there is NOP. */
function isFalseNop({ facts }: Form, { bits, operands }: Request): boolean {
  return (
    bits === 64 &&
    facts.text === 'XCHG r32, EAX' &&
    operands.every((operand) => operand.kind === 'register' && operand.register === Register.EAX)
  );
}

/** PUSH of a number: as large as the code's stack slots unless a size is given. */
function isRightPush(
  { facts }: Form,
  [operand]: readonly Operand[],
  { bits, operandPrefix }: Request,
): boolean {
  if (operand?.kind !== 'immediate' || !facts.text.startsWith('PUSH ')) return true;
  const bytes = operand.size === 1 ? 0 : operand.size;
  return facts.operandSize === (bytes * 8 || operandPrefix || bits);
}

function takes(rule: OperandRule, operand: Operand, form: Form, request: Request, position: number): boolean {
  switch (operand.kind) {
    case 'register':
      return takesRegister(rule, operand, form, request, position);
    case 'memory':
      return rule.isMemory === true && takesSize(form, operand.size, operand.distance === 'far');
    case 'immediate':
      return takesNumber(rule, operand, request);
    case 'far':
      return (
        rule.far !== undefined &&
        (operand.size === 0
          ? rule.far.size === (request.bits === 16 ? 16 : 32)
          : rule.far.size === operand.size * 8)
      );
  }
}

function takesRegister(
  rule: OperandRule,
  { register }: RegisterOperand,
  { facts }: Form,
  { name }: Request,
  position: number,
): boolean {
  const kind = registerKind(register);
  if (rule.fixed !== undefined) return rule.fixed === register;
  if (rule.registers === kind) return true;
  if (ZERO_EXTENDED.has(name) && rule.registers === 'dword' && kind === 'qword') return true;
  if (facts.memoryBytes !== 2 || !isGeneral(rule.registers) || !isGeneral(kind)) return false;
  // Loading a segment register ignores the upper bits; storing one to 64 bits is storing it to 32.
  if (name === 'mov')
    return (
      facts.text.includes('Sreg') && (position === 1 || (rule.registers === 'dword' && kind === 'qword'))
    );
  const isSource = rule.isMemory === true || name === 'arpl';
  return isSource && rule.registers !== 'word' && kind !== 'qword' && WORD_SOURCE.has(name);
}

function isGeneral(kind: RegisterKind | undefined): boolean {
  return kind === 'word' || kind === 'dword' || kind === 'qword';
}

/** Sizes that a source may give a memory operand: the others' are known by the instruction alone. */
const NAMED_SIZES = new Set([1, 2, 4, 8, 10, 16, 32]);

function takesSize({ facts }: Form, size: number, isFar: boolean): boolean {
  return size === 0 || isFar || !NAMED_SIZES.has(facts.memoryBytes) || facts.memoryBytes === size;
}

function takesNumber(
  rule: OperandRule,
  operand: Operand & { kind: 'immediate' },
  { bits, operandPrefix }: Request,
): boolean {
  const { size, isStrict, distance } = operand;
  if (rule.isOne) return size === 0 && !isStrict;
  if (rule.branch !== undefined) {
    if (distance === 'far') return false;
    if (distance === 'short') return rule.branch.bytes === 1;
    if (distance === 'near' && rule.branch.bytes === 1) return false;
    return rule.branch.size === (size * 8 || operandPrefix || bits);
  }
  if (rule.immediate === undefined || distance !== undefined) return false;
  const { bytes, extendedTo } = rule.immediate;
  if (isStrict) return size === 0 ? bytes !== 1 || extendedTo === 0 : bytes === size;
  return size === 0 || bytes === size || (size !== 1 && extendedTo === size);
}

/** Why nothing fits. */
function explain(forms: readonly Form[], inMode: readonly Form[], request: Request): Problem {
  const { name, operands, bits, column } = request;
  if (inMode.length === 0)
    return new Problem('NOT_IN_MODE', `${name} does not exist in ${bits}-bit code`, column);
  const elsewhere = forms.some((form) => !inMode.includes(form) && fits(form, operands, request));
  const given = operands.map(describe).join(', ');
  if (elsewhere)
    return new Problem('NOT_IN_MODE', `${name} ${given} does not exist in ${bits}-bit code`, column);
  const came = operands.length === 0 ? 'no operands' : given;
  const known = [...new Set(inMode.map(({ facts }) => facts.text))].slice(0, MOST_EXAMPLES).join('; ');
  return new Problem('OPERANDS', `${name} does not take ${came}; it is one of: ${known}`, column);
}

/** Forms named in a message. */
const MOST_EXAMPLES = 6;

export function describe(operand: Operand): string {
  const size = operand.size === 0 ? '' : `${operand.size * 8}-bit `;
  switch (operand.kind) {
    case 'register':
      return registerName(operand.register);
    case 'memory':
      return `${size}memory`;
    case 'immediate':
      return `${operand.distance === undefined ? '' : `${operand.distance} `}${size}number`;
    case 'far':
      return 'segment:offset';
  }
}

/** The register to encode: that of the size which the form has, where the source gave another. */
export function encodedRegister(rule: OperandRule, register: number): number {
  const kind = registerKind(register);
  const wanted: RegisterKind | undefined = rule.registers;
  const isResized =
    wanted !== kind &&
    (wanted === 'word' || wanted === 'dword' || wanted === 'qword') &&
    register >= Register.AX;
  return isResized ? resized(register, kind, wanted) : register;
}

/** Whether the encoding is one of AVX. */
export function isVex({ facts }: Form): boolean {
  return facts.encoding === Encoding.Vex;
}
