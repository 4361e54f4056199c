/** `%[...]`: macros that are expanded where nothing else is. */
import { Problem } from '../diagnostics.js';
import { isPunctuation, type Token, TokenKind } from '../token.js';

/** The tokens with each `%[...]` replaced by what `expand` makes of its contents. */
export function expandIndirect(
  tokens: readonly Token[],
  expand: (tokens: readonly Token[]) => readonly Token[],
): readonly Token[] {
  const open = tokens.findIndex(({ kind, text }) => kind === TokenKind.Preprocessor && text === '%[');
  if (open < 0) return tokens;
  let depth = 1;
  let end = open + 1;
  for (; end < tokens.length && depth > 0; end++) {
    const token = tokens[end] as Token;
    if (isPunctuation(token, '[') || token.text === '%[') depth += 1;
    if (isPunctuation(token, ']')) depth -= 1;
  }
  if (depth > 0) throw new Problem('MACRO', '%[ is not closed', tokens[open]?.column);
  const inner = expand(expandIndirect(tokens.slice(open + 1, end - 1), expand));
  const isSpaced = tokens[open]?.isSpaced ?? false;
  const placed = inner.map((token, i) => (i === 0 ? { ...token, isSpaced } : token));
  return joined(tokens.slice(0, open), placed, expandIndirect(tokens.slice(end), expand));
}

/** What `%[...]` made sticks to what is written against it. */
function joined(before: readonly Token[], made: readonly Token[], after: readonly Token[]): Token[] {
  const out = [...before];
  for (const part of [made, after]) {
    const [head, ...tail] = part;
    const left = out.at(-1);
    if (head === undefined) continue;
    const sticks = left !== undefined && !head.isSpaced && isNameLike(left) && isNameLike(head);
    if (sticks) out.splice(-1, 1, { ...left, text: left.text + head.text });
    else out.push(head);
    out.push(...tail);
  }
  return out;
}

function isNameLike({ kind }: Token): boolean {
  return kind === TokenKind.Identifier || kind === TokenKind.Number;
}
