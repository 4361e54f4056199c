/** Lines of source files, taken apart when they are first needed. */
import type { Origin } from '../diagnostics.js';
import { tokenize } from '../lexer.js';
import type { Token } from '../token.js';

export class SourceLine {
  private known: readonly Token[] | undefined;

  constructor(
    readonly file: string,
    readonly line: number,
    private readonly text: string,
  ) {}

  /** Throws a `Problem` if the line has none. */
  get tokens(): readonly Token[] {
    return (this.known ??= tokenize(this.text));
  }
}

/** The lines of a file; a backslash at the end of a line joins the next to it. */
export function linesOf(file: string, text: string): SourceLine[] {
  const lines: SourceLine[] = [];
  let joined = '';
  let first = 1;
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (joined === '') first = i + 1;
    if (line.endsWith('\\')) {
      joined += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push(new SourceLine(file, first, joined + line));
    joined = '';
  }
  if (joined !== '') lines.push(new SourceLine(file, first, joined));
  return lines;
}

/** Tokens without macros, and where their line stands. */
export interface PlainLine {
  readonly origin: Origin;
  readonly tokens: readonly Token[];
}
