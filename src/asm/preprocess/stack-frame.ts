/** %stacksize, %arg and %local: parameters and variables of a procedure, by their distance from its frame pointer. */
import { Problem } from '../diagnostics.js';
import { tokenize } from '../lexer.js';
import { isPunctuation, splitAtCommas, type Token, TokenKind } from '../token.js';

interface FrameModel {
  readonly pointer: string;
  /** Bytes of everything that is pushed; sizes are rounded up to it. */
  readonly slot: number;
  /** Where the first parameter is, behind the saved frame pointer and the return address. */
  readonly firstParameter: number;
}

const MODELS: Readonly<Record<string, FrameModel>> = {
  flat: { pointer: 'ebp', slot: 4, firstParameter: 8 },
  flat64: { pointer: 'rbp', slot: 8, firstParameter: 16 },
  large: { pointer: 'bp', slot: 2, firstParameter: 4 },
  small: { pointer: 'bp', slot: 2, firstParameter: 6 },
};

/** Bytes by the name of a size. */
const SIZES: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  qword: 8,
  tword: 10,
  oword: 16,
  yword: 32,
};

/** The directives that this file knows. */
export type FrameDirective = 'stacksize' | 'arg' | 'local';

/** What the directives define. */
export interface FrameMacros {
  /** Has the name stand for the tokens. */
  define(name: string, body: readonly Token[]): void;
  /** Adds to %$localsize, which the source has set. */
  grow(bytes: number, column: number): void;
}

export function isFrameDirective(name: string): name is FrameDirective {
  return name === 'stacksize' || name === 'arg' || name === 'local';
}

export class StackFrame {
  private model: FrameModel = MODELS['flat']!;
  private parameters = this.model.firstParameter;
  private locals = 0;

  /** Carries out a directive; `column` is its own. */
  direct(directive: FrameDirective, rest: readonly Token[], column: number, macros: FrameMacros): void {
    if (directive === 'stacksize') return this.choose(rest, column);
    const variables = splitAtCommas(rest);
    if (variables.length === 0)
      throw new Problem('MACRO', `%${directive} needs a name and a size, as in x:word`, column);
    for (const variable of variables) {
      const { name, bytes } = this.parse(variable, column);
      if (directive === 'arg') macros.define(name, this.place('+', this.parameters));
      if (directive === 'arg') this.parameters += bytes;
      else this.allocate(name, bytes, column, macros);
    }
  }

  private choose([token]: readonly Token[], column: number): void {
    const model = token?.text.toLowerCase() ?? '';
    if (!Object.hasOwn(MODELS, model))
      throw new Problem(
        'MACRO',
        `%stacksize takes ${Object.keys(MODELS).join(', ')}`,
        token?.column ?? column,
      );
    this.model = MODELS[model]!;
    this.parameters = this.model.firstParameter;
    this.locals = 0;
  }

  private allocate(name: string, bytes: number, column: number, macros: FrameMacros): void {
    this.locals += bytes;
    macros.define(name, this.place('-', this.locals));
    macros.grow(bytes, column);
  }

  /** (ebp+8) */
  private place(sign: '+' | '-', distance: number): readonly Token[] {
    return tokenize(`(${this.model.pointer}${sign}${distance})`);
  }

  /** `name:size` */
  private parse(
    [name, colon, size, extra]: readonly Token[],
    column: number,
  ): { name: string; bytes: number } {
    if (name?.kind !== TokenKind.Identifier || !isPunctuation(colon, ':') || extra !== undefined)
      throw new Problem('MACRO', 'expected a name and a size, as in x:word', name?.column ?? column);
    const word = size?.text.toLowerCase() ?? '';
    if (!Object.hasOwn(SIZES, word))
      throw new Problem(
        'MACRO',
        `${name.text} has no size: expected ${Object.keys(SIZES).join(', ')}`,
        size?.column ?? name.column,
      );
    const { slot } = this.model;
    return { name: name.text, bytes: Math.ceil(SIZES[word]! / slot) * slot };
  }
}
