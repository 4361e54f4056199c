/** Lines to tokens. Comments and white space are dropped; that there was space is remembered. */
import { Problem } from './diagnostics.js';
import { type Token, TokenKind } from './token.js';

const SPACE = /[ \t\r\f\v\u00a0\ufeff]+/y;
const IDENTIFIER = /\$?[A-Za-z_.?@\u0080-\uffff][\w$#@~.?\u0080-\uffff]*/y;
/** Also what only looks like a number: `number.ts` judges. A sign belongs to it after the exponent of a float. */
const NUMBER =
  /(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?\d+)?|(?:\$?\d|\.\d)(?:(?<=\d\.?[\d_.]*[eE])[+-](?=\d)|[\w.])*)[\w]*/y;
const PREPROCESSOR =
  /%(?:\{[^}]*\}|%[A-Za-z_.?@][\w$#@~.?]*|\$+[A-Za-z_.?@][\w$#@~.?]*|[+-]?\d+|\?\??|![A-Za-z_][\w]*|[A-Za-z_][\w]*|\[|\+(?!\d)|0+)/y;
const OPERATOR = /<=>|<<<|>>>|<<|>>|<=|>=|<>|==|!=|&&|\|\||\^\^|\/\/|%%|\$\$|[-+*/%&|^~!<>=()[\]{},:$?#@\\]/y;

/** The tokens of one line. */
export function tokenize(line: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let isSpaced = false;
  while (position < line.length) {
    const space = matchAt(SPACE, line, position);
    if (space !== undefined) {
      position += space.length;
      isSpaced = true;
      continue;
    }
    if (line[position] === ';') break;
    const token = tokenAt(line, position, isSpaced);
    tokens.push(token);
    position += token.text.length;
    isSpaced = false;
  }
  return tokens;
}

function tokenAt(line: string, position: number, isSpaced: boolean): Token {
  const column = position + 1;
  const first = line[position] ?? '';
  if (first === "'" || first === '"' || first === '`')
    return { kind: TokenKind.String, text: quoted(line, position), column, isSpaced };
  for (const [pattern, kind] of PATTERNS) {
    const text = matchAt(pattern, line, position);
    // A question mark may begin a name; alone it is an operator.
    if (text === '?') return { kind: TokenKind.Punctuation, text, column, isSpaced };
    if (text !== undefined) return { kind, text, column, isSpaced };
  }
  throw new Problem('SYNTAX', `the character ${JSON.stringify(first)} means nothing here`, column);
}

const PATTERNS = [
  [NUMBER, TokenKind.Number],
  [IDENTIFIER, TokenKind.Identifier],
  [PREPROCESSOR, TokenKind.Preprocessor],
  [OPERATOR, TokenKind.Punctuation],
] as const;

function matchAt(pattern: RegExp, line: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(line)?.[0];
}

/** From the quote at `position` to the one that closes it. Only back quotes know escapes. */
function quoted(line: string, position: number): string {
  const quote = line[position] ?? '';
  for (let end = position + 1; end < line.length; end++) {
    if (line[end] === '\\' && quote === '`') end += 1;
    else if (line[end] === quote) return line.slice(position, end + 1);
  }
  throw new Problem('SYNTAX', `the string that begins here has no closing ${quote}`, position + 1);
}
