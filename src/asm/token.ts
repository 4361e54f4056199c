/** What the lexer makes of a line. */

export enum TokenKind {
  Identifier,
  Number,
  /** In single, double or back quotes, which `text` includes. */
  String,
  /** An operator or a separator. */
  Punctuation,
  /** A word of the preprocessor: `%define`, `%%local`, `%1`, `%{...}`, `%[`. */
  Preprocessor,
}

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** In the line, from 1. */
  readonly column: number;
  /** White space comes before it. */
  readonly isSpaced: boolean;
}

export function isPunctuation(token: Token | undefined, text: string): boolean {
  return token !== undefined && token.kind === TokenKind.Punctuation && token.text === text;
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token !== undefined && token.kind === TokenKind.Identifier && token.text.toLowerCase() === word;
}

/** Tokens as text that lexes to them again. */
export function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text, isSpaced }, i) => (isSpaced && i > 0 ? ` ${text}` : text)).join('');
}

/** Splits at the commas that are in no parentheses, brackets or braces. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  if (tokens.length === 0) return [];
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === TokenKind.Punctuation) {
      if ('([{'.includes(token.text)) depth += 1;
      if (')]}'.includes(token.text)) depth -= 1;
      if (token.text === ',' && depth === 0) {
        parts.push([]);
        continue;
      }
    }
    parts.at(-1)?.push(token);
  }
  return parts;
}
