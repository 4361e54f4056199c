/** Lines that call a macro of several lines: which one its arguments fit, and the frame that reads it. */
import type { Origin, Reporter } from '../diagnostics.js';
import { isPunctuation, type Token, TokenKind } from '../token.js';
import type { FrameStack } from './frames.js';
import { bindArguments, type MultiLineMacro, type MultiLineMacros } from './multi-line.js';

export class MacroCalls {
  /** Of the last call: labels of macros have it in their names. */
  private serial = 0;

  constructor(
    private readonly macros: MultiLineMacros,
    private readonly frames: FrameStack,
  ) {}

  /**
   * Starts reading the macro that a line calls, at its beginning or behind a label. Returns what is left of the line, nothing
   * or the label; undefined if it calls none.
   */
  call(tokens: readonly Token[], origin: Origin, reporter: Reporter): readonly Token[] | undefined {
    if (this.callAt(0, undefined, tokens, origin, reporter)) return [];
    const [label, next] = tokens;
    const hasColon = isPunctuation(next, ':');
    if (label?.kind !== TokenKind.Identifier || !(hasColon || next?.kind === TokenKind.Identifier))
      return undefined;
    if (!this.callAt(hasColon ? 2 : 1, label, tokens, origin, reporter)) return undefined;
    return [label, { kind: TokenKind.Punctuation, text: ':', column: label.column, isSpaced: false }];
  }

  private callAt(
    position: number,
    label: Token | undefined,
    tokens: readonly Token[],
    origin: Origin,
    reporter: Reporter,
  ): boolean {
    const name = tokens[position];
    if (name?.kind !== TokenKind.Identifier) return false;
    const macros = this.macros
      .named(name.text)
      .filter((macro) => macro.isRecursive || !this.frames.isExpanding(macro));
    const rest = tokens.slice(position + 1);
    const { column } = name;
    for (const macro of macros) {
      const args = bindArguments(macro, rest);
      if (args === undefined) continue;
      this.serial += 1;
      const invocation = { macro, args, serial: this.serial, label };
      const { body: lines, name: macroName } = macro;
      this.frames.push({ kind: 'macro', lines, invocation, macro: macroName, parent: origin, column });
      return true;
    }
    if (macros.length > 0) reporter.warn(origin, wrongCount(macros), column);
    return false;
  }
}

function wrongCount(macros: readonly MultiLineMacro[]): string {
  const counts = macros.map(({ least, most }) => (least === most ? `${least}` : `${least} to ${most}`));
  return `the macro ${macros[0]?.name ?? ''} takes ${counts.join(' or ')} parameters`;
}
