/** Instructions by name: the encodings that iced has for each, looked up when a source first uses it. */
import { pseudoInstruction } from './pseudo-instructions.js';
import { ALIASES, mnemonicsOf } from './mnemonics.js';
import { type CodeFacts, Encoding, type IcedEncoder } from './iced-encoder.js';
import { OPERAND_RULES, type OperandRule } from './operand-kinds.js';

/** One encoding of an instruction. */
export interface Form {
  readonly facts: CodeFacts;
  /** Of all operands that iced counts. */
  readonly rules: readonly OperandRule[];
  /** The indices of the operands that a source writes. */
  readonly written: readonly number[];
}

/** As many codes as iced 1.21 has; test/asm/operand-kinds.test.ts knows the last. */
export const CODE_COUNT = 4936;

export class InstructionTable {
  /** Codes by the name in iced's strings. */
  private readonly codes = new Map<string, number[]>();
  private readonly forms = new Map<string, readonly Form[] | undefined>();

  constructor(private readonly encoder: IcedEncoder) {
    const names = new Map<number, string>();
    for (let code = 1; code < CODE_COUNT; code++) {
      const mnemonic = encoder.mnemonicOf(code);
      if (mnemonic === undefined) continue;
      const name = names.get(mnemonic) ?? encoder.nameOf(code);
      names.set(mnemonic, name);
      const list = this.codes.get(name);
      if (list === undefined) this.codes.set(name, [code]);
      else list.push(code);
    }
  }

  /** Whether `name`, in small letters, is an instruction. */
  has(name: string): boolean {
    const base = pseudoInstruction(name)?.name ?? name;
    return mnemonicsOf(base).some((mnemonic) => this.codes.has(mnemonic));
  }

  /** The encodings of the instruction called `name`; undefined if none is. */
  formsOf(name: string): readonly Form[] | undefined {
    if (this.forms.has(name)) return this.forms.get(name);
    const codes = mnemonicsOf(name).flatMap((mnemonic) => this.codes.get(mnemonic) ?? []);
    const forms = codes.length === 0 ? undefined : codes.flatMap((code) => this.formOf(code));
    this.forms.set(name, forms);
    return forms;
  }

  /** Every name that is an instruction, aliases included. */
  names(): string[] {
    return [...new Set([...this.codes.keys(), ...Object.keys(ALIASES)])]
      .filter((name) => this.has(name))
      .sort();
  }

  private formOf(code: number): Form[] {
    const facts = this.encoder.facts(code);
    const rules = facts.operands.map((kind) => OPERAND_RULES[kind]);
    if (!rules.every((rule) => rule !== undefined)) return [];
    if (facts.encoding === Encoding.D3now && facts.operands.length !== 2) return [];
    // The operands of string instructions are all implied, the accumulator and DX included.
    const isString = rules.some(({ implied }) => implied !== undefined && implied !== 'masked destination');
    const written = isString ? [] : rules.flatMap(({ implied }, i) => (implied === undefined ? [i] : []));
    return [{ facts, rules, written }];
  }
}
