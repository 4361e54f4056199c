/** What is wrong with a source, where, and how many such things one run reports. */
import { UsageError } from '../errors.js';

/** What kind of problem it is: stable, for programs. */
export type DiagnosticCode =
  | 'SYNTAX'
  | 'UNKNOWN_INSTRUCTION'
  | 'OPERANDS'
  | 'OPERAND_SIZE'
  | 'NOT_IN_MODE'
  | 'RANGE'
  | 'UNDEFINED_SYMBOL'
  | 'DUPLICATE_SYMBOL'
  | 'NOT_CONSTANT'
  | 'EXPRESSION'
  | 'MACRO'
  | 'CONDITION'
  | 'FILE'
  | 'SECTION'
  | 'LIMIT'
  | 'UNSUPPORTED'
  | 'USER'
  | 'SUSPICIOUS';

/** A place in a source file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A macro whose expansion the problem is in: its name, and the line of its body. */
export interface Expansion {
  readonly macro: string;
  readonly file: string;
  readonly line: number;
}

export interface Diagnostic extends Place {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  readonly message: string;
  /** The macros that the place expands, outermost first. */
  readonly expansions: readonly Expansion[];
}

/** Errors after which there is no point in more. */
export const MOST_ERRORS = 100;

/** The source cannot be assembled. `diagnostics` has every error that was found, in the order of the source, and warnings. */
export class AssemblyError extends UsageError {
  override readonly code = 'ASSEMBLY';

  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(describe(diagnostics));
  }
}

/** One line for each: `file:line:column: error: message`. */
export function formatDiagnostic({ file, line, column, severity, message, expansions }: Diagnostic): string {
  const within = expansions.map((step) => `; in ${step.macro}, ${step.file}:${step.line}`).join('');
  return `${file}:${line}:${column}: ${severity}: ${message}${within}`;
}

function describe(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  return [`the source has ${count}:`, ...errors.map(formatDiagnostic)].join('\n');
}

/** Thrown to give up a line; `Reporter.guard` catches it. */
export class Problem extends Error {
  constructor(
    readonly code: DiagnosticCode,
    message: string,
    /** Column in the line; 0 for the line as a whole. */
    readonly column = 0,
  ) {
    super(message);
  }
}

/** Thrown to give up the source: a limit, or an end that never comes. */
export class FatalProblem extends Problem {}

/** Where a line stands, and the macros that it came out of. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  /** The line that invoked the macro or block that this line is the body of. */
  readonly parent: Origin | undefined;
  /** Name of that macro; undefined for the lines of a file. */
  readonly macro: string | undefined;
  /** Column of the invocation in the parent's line. */
  readonly column: number;
}

/** Collects diagnostics. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  errors = 0;
  private readonly seen = new Set<string>();

  error(origin: Origin, { code, message, column }: Problem): void {
    if (this.errors >= MOST_ERRORS) return;
    if (this.add('error', origin, code, message, column)) this.errors += 1;
    if (this.errors === MOST_ERRORS)
      this.add('error', origin, 'LIMIT', `${MOST_ERRORS} errors: more are not looked for`, column);
  }

  warn(origin: Origin, message: string, column = 0): void {
    this.add('warning', origin, 'SUSPICIOUS', message, column);
  }

  get isFull(): boolean {
    return this.errors >= MOST_ERRORS;
  }

  /** Runs `action`; its problem, if it has one, is reported at `origin`. */
  guard(origin: Origin, action: () => void): void {
    try {
      action();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.error(origin, problem);
      if (problem instanceof FatalProblem) throw problem;
    }
  }

  private add(
    severity: Diagnostic['severity'],
    origin: Origin,
    code: DiagnosticCode,
    message: string,
    column: number,
  ): boolean {
    const { expansions, place } = locate(origin, column);
    const diagnostic = { severity, code, message, ...place, expansions };
    const key = formatDiagnostic(diagnostic);
    if (this.seen.has(key)) return false;
    this.seen.add(key);
    this.diagnostics.push(diagnostic);
    return true;
  }
}

/** The outermost place: the line of a file, whose macros are listed as expansions. */
export function locate(
  origin: Origin,
  column = 0,
): { readonly place: Place; readonly expansions: readonly Expansion[] } {
  const expansions: Expansion[] = [];
  let at = origin;
  let atColumn = column;
  while (at.parent !== undefined) {
    if (at.macro !== undefined) expansions.unshift({ macro: at.macro, file: at.file, line: at.line });
    atColumn = at.column;
    at = at.parent;
  }
  return { place: { file: at.file, line: at.line, column: Math.max(1, atColumn) }, expansions };
}
