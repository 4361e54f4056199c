/** Lines without macros to statements. */
import { Problem } from './diagnostics.js';
import { expressionOf, parseExpression, TokenReader } from './expression.js';
import type { Operand } from './operand.js';
import { DATA_WORDS, parseAlign, parseData, parseIncbin, RESERVE_WORDS } from './parse-data.js';
import { parseDirective } from './parse-directive.js';
import { parseOperand, segmentIndex } from './parse-operand.js';
import { PREFIX_WORDS, Prefixes, segmentName } from './prefixes.js';
import { registerNumber } from './registers.js';
import type { Body, Label, Statement } from './statement.js';
import { isPunctuation, isWord, type Token, TokenKind } from './token.js';

const WORDS = new Set([
  ...Object.keys(DATA_WORDS),
  ...Object.keys(RESERVE_WORDS),
  ...['times', 'equ', 'incbin', 'align', 'alignb'],
]);

export class StatementParser {
  /** @param isInstruction Whether a name in small letters is one. */
  constructor(private readonly isInstruction: (name: string) => boolean) {}

  /** @param tokens At least one. */
  parse(tokens: readonly Token[]): Statement {
    const reader = new TokenReader(tokens);
    const { label, warning } = this.parseLabel(reader);
    const times = isWord(reader.current, 'times') ? this.parseTimes(reader) : undefined;
    const { column } = reader;
    const body = reader.isAtEnd ? undefined : this.parseBody(reader);
    if (times !== undefined && body === undefined) throw reader.unexpected('what to repeat');
    if (body?.kind === 'equ' && label === undefined)
      throw new Problem('SYNTAX', 'EQU needs the name of the constant before it', column);
    return { label, times, body, column, warning };
  }

  private parseTimes(reader: TokenReader): ReturnType<typeof parseExpression> {
    reader.next();
    return parseExpression(reader);
  }

  private parseLabel(
    reader: TokenReader,
  ): { label?: Label; warning?: string | undefined } & Pick<Statement, 'warning'> {
    const token = reader.current;
    const none = { warning: undefined };
    if (token?.kind !== TokenKind.Identifier) return none;
    const next = reader.tokens[1];
    const hasColon = isPunctuation(next, ':');
    if (!hasColon && (this.isKnown(token) || !this.isLabelBefore(next))) return none;
    if (hasColon && isForeignColon(token)) return none;
    reader.position = hasColon ? 2 : 1;
    const label = { name: token.text.replace(/^\$/, ''), column: token.column };
    const isAlone = next === undefined;
    return {
      label,
      warning: isAlone ? `${token.text} alone on a line is a label: a colon would say so` : undefined,
    };
  }

  /** A name without a colon is a label if a statement follows it, or nothing. */
  private isLabelBefore(next: Token | undefined): boolean {
    return next === undefined || (next.kind === TokenKind.Identifier && this.isKnown(next));
  }

  private isKnown({ text }: Token): boolean {
    const word = text.toLowerCase();
    return WORDS.has(word) || Object.hasOwn(PREFIX_WORDS, word) || this.isInstruction(word);
  }

  private parseBody(reader: TokenReader): Body {
    if (isPunctuation(reader.current, '[')) return parsePrimitive(reader);
    const token = reader.current;
    if (token?.kind !== TokenKind.Identifier) throw reader.unexpected('an instruction or a directive');
    const word = token.text.toLowerCase();
    const rest = reader.tokens.slice(reader.position + 1);
    const unit = DATA_WORDS[word];
    if (unit !== undefined) return parseData(unit, rest, reader.endColumn);
    const reserved = RESERVE_WORDS[word];
    if (reserved !== undefined)
      return { kind: 'reserve', unit: reserved, count: expressionOf(rest, reader.endColumn) };
    if (word === 'equ') return { kind: 'equ', expression: expressionOf(rest, reader.endColumn) };
    if (word === 'incbin') return parseIncbin(rest, reader.endColumn);
    if (word === 'align' || word === 'alignb') {
      reader.next();
      return parseAlign(reader, word === 'alignb', (at) => this.parseBody(at));
    }
    return parseDirective(word, token, rest, reader.endColumn) ?? this.parseInstruction(reader);
  }

  private parseInstruction(reader: TokenReader): Body {
    const prefixes = new Prefixes();
    let token = reader.next();
    while (token?.kind === TokenKind.Identifier && this.isPrefix(token, reader)) {
      if (!prefixes.take(token.text.toLowerCase()))
        throw new Problem('SYNTAX', `${token.text} is one prefix of its kind too many`, token.column);
      token = reader.next();
    }
    if (token === undefined) return { kind: 'instruction', name: '', prefixes, operands: [] };
    const name = token.text.toLowerCase();
    if (token.kind !== TokenKind.Identifier || !this.isInstruction(name))
      throw new Problem('UNKNOWN_INSTRUCTION', `there is no instruction ${token.text}`, token.column);
    const operands: Operand[] = [];
    while (!reader.isAtEnd) {
      operands.push(parseOperand(reader));
      if (!reader.isAtEnd) reader.expect(',');
      if (reader.isAtEnd && isPunctuation(reader.tokens.at(-1), ',')) throw reader.unexpected('an operand');
    }
    takeSegment(operands, prefixes);
    return { kind: 'instruction', name, prefixes, operands };
  }

  /** WAIT is an instruction as well: alone on its line. */
  private isPrefix({ text }: Token, reader: TokenReader): boolean {
    const word = text.toLowerCase();
    return Object.hasOwn(PREFIX_WORDS, word) && !(word === 'wait' && reader.isAtEnd);
  }
}

/** A segment register inside of brackets is a prefix of the instruction. */
function takeSegment(operands: readonly Operand[], prefixes: Prefixes): void {
  for (const operand of operands) {
    if (operand.kind === 'memory' && operand.segment !== 0)
      prefixes.take(segmentName(segmentIndex(operand.segment)));
  }
}

/** `es:` is no label. */
function isForeignColon({ text }: Token): boolean {
  return registerNumber(text) !== undefined;
}

/** `[bits 16]` */
function parsePrimitive(reader: TokenReader): Body {
  const [open, word] = reader.tokens.slice(reader.position);
  const last = reader.tokens.at(-1);
  if (open === undefined || word?.kind !== TokenKind.Identifier || !isPunctuation(last, ']'))
    throw reader.unexpected('an instruction or a directive');
  const rest = reader.tokens.slice(reader.position + 2, -1);
  const directive = parseDirective(word.text.toLowerCase(), word, rest, last?.column ?? 0);
  if (directive === undefined) throw new Problem('SYNTAX', `there is no directive ${word.text}`, word.column);
  return directive;
}
