/** What is being read: files, and in them the bodies of macros and repetitions. */
import { FatalProblem, type Origin } from '../diagnostics.js';
import type { Invocation } from './multi-line.js';
import type { SourceLine } from './source-line.js';

/** One %if that is open. */
export interface OpenCondition {
  /** Its lines are read now. */
  isReading: boolean;
  /** One of its branches was. */
  hasBeenTrue: boolean;
  hasElse: boolean;
  /** It stands in lines that are not read. */
  readonly isDead: boolean;
  readonly origin: Origin;
}

export interface Frame {
  readonly kind: 'file' | 'macro' | 'repeat';
  readonly lines: readonly SourceLine[];
  position: number;
  /** Of the innermost macro; repetitions in it see its parameters. */
  readonly invocation: Invocation | undefined;
  /** The macro's name for messages, and the line that called it. */
  readonly macro: string | undefined;
  readonly parent: Origin | undefined;
  readonly column: number;
  /** How often a repetition is still to be read. */
  remaining: bigint;
  readonly conditions: OpenCondition[];
}

const MOST_FRAMES = 512;

export class FrameStack {
  private readonly frames: Frame[] = [];

  get top(): Frame | undefined {
    return this.frames.at(-1);
  }

  push(frame: Omit<Frame, 'position' | 'conditions' | 'remaining'> & { readonly remaining?: bigint }): void {
    if (this.frames.length >= MOST_FRAMES)
      throw new FatalProblem(
        'LIMIT',
        `macros and files are nested more than ${MOST_FRAMES} deep`,
        frame.column,
      );
    this.frames.push({ ...frame, remaining: frame.remaining ?? 0n, position: 0, conditions: [] });
  }

  pop(): Frame | undefined {
    return this.frames.pop();
  }

  /** Leaves the innermost frame of a kind, and all in it; false if there is none. */
  leave(kind: Frame['kind']): boolean {
    const at = this.frames.findLastIndex((frame) => frame.kind === kind);
    if (at < 0) return false;
    this.frames.length = at;
    return true;
  }

  /** Whether an expansion of the macro is being read. */
  isExpanding(macro: Invocation['macro']): boolean {
    return this.frames.some((frame) => frame.kind === 'macro' && frame.invocation?.macro === macro);
  }

  get files(): number {
    return this.frames.filter(({ kind }) => kind === 'file').length;
  }
}

/** Where a line of a frame stands. */
export function originOf({ file, line }: SourceLine, { parent, macro, column }: Frame): Origin {
  return { file, line, parent, macro, column };
}
