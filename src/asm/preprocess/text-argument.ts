/** Arguments of directives that are text: names of files, messages. */
import { bytesOfString } from '../quoted-string.js';
import { type Token, textOf, TokenKind } from '../token.js';

const decoder = new TextDecoder();

/** What a string contains, or what tokens look like. */
export function textArgument(tokens: readonly Token[]): string {
  return tokens.length === 1 && tokens[0]?.kind === TokenKind.String ? contentOf(tokens[0]) : textOf(tokens);
}

export function contentOf({ text, column }: Token): string {
  return decoder.decode(bytesOfString(text, column));
}
