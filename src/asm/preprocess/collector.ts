/** Lines of a macro or a repetition, while they are collected: up to the end that is theirs. */
import { type Origin, Problem } from '../diagnostics.js';
import type { MultiLineMacro } from './multi-line.js';
import type { SourceLine } from './source-line.js';

export type CollectedKind = 'macro' | 'repeat';

const OPENS = { macro: /^%(i|r|ir)?macro$/i, repeat: /^%rep$/i };
const CLOSES = { macro: /^%endm(acro)?$/i, repeat: /^%endrep$/i };
const NAMES = {
  macro: ['%macro', '%endmacro'],
  repeat: ['%rep', '%endrep'],
} as const;

export class Collector {
  readonly body: SourceLine[] = [];
  /** Of the same kind, within. */
  private depth = 0;

  constructor(
    private readonly kind: CollectedKind,
    /** Of a macro. */
    readonly header: Omit<MultiLineMacro, 'body'> | undefined,
    /** How often a repetition is read. */
    readonly count: bigint,
    readonly origin: Origin,
    private readonly column: number,
  ) {}

  /** Keeps a line; false if it ends what is collected. */
  take(line: SourceLine): boolean {
    const word = line.tokens[0]?.text ?? '';
    if (OPENS[this.kind].test(word)) this.depth += 1;
    else if (CLOSES[this.kind].test(word)) this.depth -= 1;
    if (this.depth < 0) return false;
    this.body.push(line);
    return true;
  }

  /** What is wrong where the source ends before. */
  get unended(): Problem {
    const [beginning, end] = NAMES[this.kind];
    return new Problem('MACRO', `this ${beginning} has no ${end}`, this.column);
  }
}
