/** Which lines of a file or macro are read: %if, %elif, %else and %endif, and what stands between them. */
import { type Origin, Problem } from '../diagnostics.js';
import type { Token } from '../token.js';
import { conditionKind, holdsCondition, type Knowledge } from './conditions.js';
import type { Frame } from './frames.js';
import type { SourceLine } from './source-line.js';

/** A line's directive, and where it stands. */
export interface BranchLine {
  /** In small letters, without the percent sign. */
  readonly name: string;
  readonly first: Token;
  readonly rest: readonly Token[];
  readonly origin: Origin;
}

/** Whether a directive opens, divides or closes a condition. */
export function isBranch(name: string): boolean {
  return name === 'else' || name === 'endif' || conditionKind(name) !== undefined;
}

export class Branches {
  /** @param prepare Puts a macro's parameters into a line. */
  constructor(
    private readonly knowledge: Knowledge,
    private readonly prepare: (tokens: readonly Token[], frame: Frame) => readonly Token[],
  ) {}

  isReading({ conditions }: Frame): boolean {
    return conditions.at(-1)?.isReading ?? true;
  }

  /** A line that a condition leaves out: only other conditions in such lines count. */
  skip(line: SourceLine, origin: Origin, frame: Frame): void {
    const first = firstToken(line);
    if (first === undefined || !first.text.startsWith('%')) return;
    const name = first.text.slice(1).toLowerCase();
    if (conditionKind(name)?.isElse === false) open(frame, origin, true);
    else if (isBranch(name)) this.direct({ name, first, rest: line.tokens.slice(1), origin }, frame);
  }

  direct({ name, first, rest, origin }: BranchLine, frame: Frame): void {
    const condition = conditionKind(name);
    if (condition?.isElse === false) {
      // A condition that cannot be decided is false, and must still be closed.
      const opened = open(frame, origin, false);
      opened.isReading = opened.hasBeenTrue = holdsCondition(condition.kind, rest, this.knowledge);
      return;
    }
    const { column } = first;
    const current = frame.conditions.at(-1);
    if (current === undefined) throw new Problem('CONDITION', `${first.text} has no %if`, column);
    if (name === 'endif') {
      frame.conditions.pop();
      return;
    }
    if (current.hasElse) throw new Problem('CONDITION', `${first.text} comes after %else`, column);
    current.hasElse = name === 'else';
    current.isReading = false;
    if (current.isDead || current.hasBeenTrue) return;
    const isTrue =
      condition === undefined || holdsCondition(condition.kind, this.prepare(rest, frame), this.knowledge);
    current.isReading = current.hasBeenTrue = isTrue;
  }
}

function open({ conditions }: Frame, origin: Origin, isDead: boolean): Frame['conditions'][number] {
  const opened = { isReading: false, hasBeenTrue: false, hasElse: false, isDead, origin };
  conditions.push(opened);
  return opened;
}

/** Lines that are left out need not make sense. */
function firstToken(line: SourceLine): Token | undefined {
  try {
    return line.tokens[0];
  } catch (problem) {
    if (problem instanceof Problem) return undefined;
    throw problem;
  }
}
