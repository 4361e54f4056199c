/**
 * One line of source, or a few, for every encoding that vmexit runs: made from iced's tables, always the same. Both
 * assemblers get them; what they make of each must be equal.
 */
import { Field, Iced } from '../../src/decode/iced.js';
import { ALL_FEATURES } from '../../src/decode/features.js';
import { InstructionSet, Presence } from '../../src/decode/instruction-set.js';
import type { CodeBits } from '../../src/asm/code-bits.js';
import { IcedEncoder } from '../../src/asm/iced-encoder.js';
import { CODE_COUNT, type Form, InstructionTable } from '../../src/asm/instruction-table.js';
import { OPERAND_KINDS, type OperandKindName } from '../../src/asm/operand-kinds.js';

export interface CorpusLine {
  readonly code: number;
  readonly text: string;
}

/** Each encoding is written with these: low registers and none, high ones, and each with a memory operand of its own. */
const VARIANTS = 4;

const SIZE_WORDS: Readonly<Record<number, string>> = {
  1: 'byte ',
  2: 'word ',
  4: 'dword ',
  8: 'qword ',
  10: 'tword ',
  16: 'oword ',
  32: 'yword ', // prettier-ignore
};
const LOW = {
  r8: ['cl', 'bl', 'dl', 'al'],
  r16: ['cx', 'bx', 'si', 'dx'],
  r32: ['ecx', 'ebx', 'edi', 'edx'],
  r64: ['rcx', 'rbx', 'rsi', 'rdx'],
} as const;
const HIGH = {
  r8: ['r9b', 'sil', 'r15b', 'spl'],
  r16: ['r9w', 'r12w', 'r15w', 'r8w'],
  r32: ['r9d', 'r12d', 'r15d', 'r8d'],
  r64: ['r9', 'r12', 'r15', 'r8'],
} as const;
/** By code size and variant. Nothing in them depends on where the line stands. */
const ADDRESSES: Readonly<Record<CodeBits, readonly string[]>> = {
  16: ['bx+si+5', '1234h', 'bp', 'ebx+ecx*4+300h'],
  32: ['ebx+ecx*4', '12345678h', 'ebp', 'esi-129'],
  64: ['rbx+rcx*4', 'r13', 'r12+r9*2+80h', 'esp+ebp+12345h'],
};
const VECTOR_ADDRESSES: Readonly<Record<CodeBits, string>> = { 16: 'bx', 32: 'ebx+V*4', 64: 'r9+V*8+10h' };

/** The instructions of iced's that some model of vmexit has, with their encodings. */
export class InstructionCorpus {
  private readonly forms: readonly Form[];

  constructor(module: WebAssembly.Module) {
    const iced = Iced.of(module);
    const set = new InstructionSet(iced, ALL_FEATURES);
    const table = new InstructionTable(new IcedEncoder(module));
    const seen = new Map<number, Form>();
    for (const name of table.names())
      for (const form of table.formsOf(name) ?? []) seen.set(form.facts.code, form);
    const isRun = (code: number): boolean => {
      iced.view.setUint16(iced.instruction + Field.Code, code, true);
      const presence = set.presence();
      iced.refreshViews();
      return presence === Presence.Present;
    };
    this.forms = Array.from({ length: CODE_COUNT }, (_, code) => seen.get(code)).filter(
      (form) => form !== undefined && isRun(form.facts.code),
    ) as Form[];
  }

  lines(bits: CodeBits): CorpusLine[] {
    const unique = new Map<string, CorpusLine>();
    for (const form of this.forms) {
      const { has16, has32, has64, code } = form.facts;
      if (!{ 16: has16, 32: has32, 64: has64 }[bits]) continue;
      for (let variant = 0; variant < VARIANTS; variant++) {
        const text = write(form, bits, variant);
        if (text !== undefined && !unique.has(text)) unique.set(text, { code, text });
      }
    }
    return [...unique.values()];
  }
}

function write(form: Form, bits: CodeBits, variant: number): string | undefined {
  const [name = ''] = form.facts.text.toLowerCase().split(' ');
  const operands = form.written.map((index) => {
    const kind = OPERAND_KINDS[form.facts.operands[index] ?? 0];
    return kind === undefined ? undefined : operand(kind, index, form, bits, variant);
  });
  if (operands.some((text) => text === undefined)) return undefined;
  const prefix = hasPrefix(form, bits);
  return `${prefix}${name} ${operands.join(', ')}`.trim();
}

/** What operands do not tell: RETF and the like have an encoding for each operand size, string instructions for each address size. */
function hasPrefix({ facts, written }: Form, bits: CodeBits): string {
  const { operandSize, addressSize, text } = facts;
  const isTold =
    written.length > 0 &&
    !/^(RETF?|ENTER|LEAVE|LGDT|LIDT|SGDT|SIDT|FN?STENV|FLDENV|FN?SAVE|FRSTOR)\b/.test(text);
  if (addressSize !== 0 && addressSize !== bits && /^(LOOP|J)/.test(text)) return `a${addressSize} `;
  if (isTold || operandSize === 0 || operandSize === bits) return '';
  return /^(RETF?|ENTER|LEAVE|LGDT|LIDT|FN?STENV|FLDENV|FN?SAVE|FRSTOR)\b/.test(text)
    ? `o${operandSize} `
    : '';
}

function operand(
  kind: OperandKindName,
  index: number,
  form: Form,
  bits: CodeBits,
  variant: number,
): string | undefined {
  const isHigh = bits === 64 && variant % 2 === 1;
  const pick = (names: readonly string[]): string => names[(index + variant) % names.length] ?? '';
  if (kind === 'r8_reg' && bits !== 64 && variant === 1) return 'dh';
  if (kind.endsWith('_or_mem') && variant >= 2) return memory(kind, form, bits, variant);
  const general = /^(r8|r16|r32|r64)_/.exec(kind)?.[1] as keyof typeof LOW | undefined;
  if (general !== undefined) return pick((isHigh ? HIGH : LOW)[general]);
  const vector = /^(mm|xmm|ymm)_/.exec(kind)?.[1];
  if (vector !== undefined)
    return `${vector}${(isHigh && vector !== 'mm' ? 8 : 0) + ((index * 3 + variant) % 8)}`;
  return special(kind, form, bits, variant);
}

// prettier-ignore
function special(kind: OperandKindName, form: Form, bits: CodeBits, variant: number): string | undefined {
  switch (kind) {
    case 'mem': case 'mem_offs':
    case 'mem_vsib32x': case 'mem_vsib64x': case 'mem_vsib32y': case 'mem_vsib64y':
      return memory(kind, form, bits, variant);
    case 'seg_reg': return ['ds', 'es', 'ss', 'fs'][variant];
    case 'cr_reg': return ['cr0', 'cr3', 'cr4', 'cr2'][variant];
    case 'dr_reg': return ['dr0', 'dr3', 'dr7', 'dr6'][variant];
    case 'es': case 'cs': case 'ss': case 'ds': case 'fs': case 'gs':
    case 'al': case 'cl': case 'ax': case 'dx': case 'eax': case 'rax': return kind;
    case 'st0': return 'st0';
    case 'sti_opcode': return `st${variant + 1}`;
    case 'imm8': return ['5', '7Fh', '0C3h', '0'][variant];
    case 'imm8_const_1': return '1';
    case 'imm8sex16': case 'imm8sex32': case 'imm8sex64': return ['5', '-128', '127', '-1'][variant];
    case 'imm16': return ['1234h', '0FF80h', '5', '8000h'][variant];
    case 'imm32': return ['12345678h', '0FFFFFF80h', '5', '80000000h'][variant];
    case 'imm32sex64': return ['12345678h', '-12345678h', '5', '-80h'][variant];
    case 'imm64': return ['123456789ABCDEFh', '-12345678h', '80000000h', '0FFFFFFFFh'][variant];
    case 'farbr2_2': return 'word 1234h:5678h';
    case 'farbr4_2': return 'dword 1234h:56789ABCh';
    case 'br16_1': case 'br32_1': case 'br64_1': return /^(LOOP|J.?CXZ)/.test(form.facts.text) ? '$+5' : 'short $+5';
    case 'br16_2': return farBranch(form, bits, 16, 1000);
    case 'br32_4': return farBranch(form, bits, 32, 100_000);
    case 'br64_4': return `near $-${variant}`;
    default: return undefined;
  }
}

/** The size of a conditional branch cannot be written: only that of the code is had. */
function farBranch({ facts }: Form, bits: CodeBits, size: 16 | 32, distance: number): string | undefined {
  if (/^(JMP|CALL)/.test(facts.text))
    return bits === 64 ? undefined : `${size === 16 ? 'word' : 'dword'} $+${distance}`;
  return size === bits ? `near $+${distance}` : undefined;
}

function memory(kind: OperandKindName, { facts }: Form, bits: CodeBits, variant: number): string | undefined {
  const size = SIZE_WORDS[facts.memoryBytes] ?? '';
  const far = /^(CALL|JMP) m16:/.test(facts.text)
    ? `far ${{ 16: 'word ', 32: 'dword ', 64: 'qword ' }[facts.operandSize] ?? ''}`
    : undefined;
  const vector = /^mem_vsib\d\d([xy])$/.exec(kind)?.[1];
  if (vector !== undefined) {
    if (bits === 16) return undefined;
    return `${size}[${VECTOR_ADDRESSES[bits].replace('V', `${vector}mm${variant + 1}`)}]`;
  }
  if (kind === 'mem_offs') return bits === 64 ? '[qword 123456789ABCDEFh]' : '[1234h]';
  const isPlain = /^(LEA|LGDT|LIDT|SGDT|SIDT|BOUND|INVLPG|L[DEFGS]S|PREFETCHW?|PUNPCKL\w+|PSHUF\w+)\b/.test(
    facts.text,
  );
  return `${far ?? (isPlain ? '' : size)}[${ADDRESSES[bits][variant] ?? ''}]`;
}
