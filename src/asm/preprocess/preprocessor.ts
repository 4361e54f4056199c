/**
 * The preprocessor: lines in, lines without macros out. It works on tokens, one line at a time, so that what a line
 * defines is known to the next and conditions can ask about labels that are behind them.
 */
import { FatalProblem, type Origin, Problem, type Reporter } from '../diagnostics.js';
import { tokenize } from '../lexer.js';
import { type Token, TokenKind } from '../token.js';
import { Branches, isBranch } from './branches.js';
import { type CollectedKind, Collector } from './collector.js';
import { ContextStack } from './contexts.js';
import { DEFINITIONS, type DefinitionTools } from './definitions.js';
import { type Frame, FrameStack, originOf } from './frames.js';
import { expandIndirect } from './indirect.js';
import { MacroCalls } from './macro-calls.js';
import { bareText, MultiLineMacros, parseHeader, substituteParameters } from './multi-line.js';
import { PACKAGE_NAMES, packageSource } from './packages.js';
import { SingleLineMacros } from './single-line.js';
import { linesOf, type PlainLine, type SourceLine } from './source-line.js';
import { type FrameMacros, isFrameDirective, StackFrame } from './stack-frame.js';
import { textArgument } from './text-argument.js';

/** What the preprocessor asks of the rest of the assembler. */
export interface Surroundings {
  readonly reporter: Reporter;
  /** The text of an included file. */
  readText(name: string, origin: Origin): { readonly file: string; readonly text: string };
  /** The value of an expression that must be known. */
  constant(tokens: readonly Token[], what: string): bigint;
  /** What names that change by themselves stand for. */
  dynamic(name: string, origin: Origin): readonly Token[] | undefined;
}

const MOST_REPETITIONS = 150_000n;
const MOST_LINES = 150_000;
const MOST_FILES = 64;

/** Directives that mean nothing here. */
const IGNORED = new Set(['line', 'pragma', 'depend', 'note', 'aliases']);

export class Preprocessor {
  readonly single: SingleLineMacros;
  private readonly multi = new MultiLineMacros();
  private readonly frames = new FrameStack();
  private readonly contexts = new ContextStack();
  private readonly stackFrame = new StackFrame();
  private readonly used = new Set<string>();
  private readonly branches: Branches;
  private readonly tools: DefinitionTools;
  private readonly calls = new MacroCalls(this.multi, this.frames);
  private collecting: Collector | undefined;
  private origin: Origin;
  private linesRead = 0;

  constructor(
    file: string,
    text: string,
    private readonly surroundings: Surroundings,
  ) {
    this.origin = { file, line: 1, parent: undefined, macro: undefined, column: 0 };
    this.single = new SingleLineMacros((name) => surroundings.dynamic(name, this.origin));
    const constant = (tokens: readonly Token[], what: string): bigint => surroundings.constant(tokens, what);
    const { single, multi, contexts, used } = this;
    const knowledge = {
      single,
      multi,
      constant,
      packages: { used, usable: PACKAGE_NAMES },
      get context() {
        return contexts.current;
      },
    };
    this.branches = new Branches(knowledge, (tokens, frame) => this.prepare(tokens, frame));
    this.tools = { single, multi, constant };
    this.enterFile(file, text);
  }

  /** Reads the lines of `text` before the rest, as if the source began with them. */
  preload(file: string, text: string): void {
    this.enterFile(file, text);
  }

  /** The lines without macros, in order. */
  *lines(): Generator<PlainLine> {
    for (let frame = this.frames.top; frame !== undefined; frame = this.frames.top) {
      const line = frame.lines[frame.position];
      if (line === undefined) {
        this.endFrame(frame);
        continue;
      }
      frame.position += 1;
      this.origin = originOf(line, frame);
      this.linesRead += 1;
      const made: PlainLine[] = [];
      this.surroundings.reporter.guard(this.origin, () => {
        if (this.linesRead > MOST_LINES)
          throw new FatalProblem('LIMIT', `more than ${MOST_LINES} lines, those of macros counted`);
        this.read(line, frame, made);
      });
      yield* made;
    }
  }

  private enterFile(file: string, text: string): void {
    if (this.frames.files >= MOST_FILES)
      throw new FatalProblem('LIMIT', `files include each other more than ${MOST_FILES} deep`);
    const lines = linesOf(file, text);
    this.frames.push({
      kind: 'file',
      lines,
      invocation: undefined,
      macro: undefined,
      parent: undefined,
      column: 0,
    });
  }

  private endFrame(frame: Frame): void {
    const { reporter } = this.surroundings;
    const open = frame.conditions.at(-1);
    if (open !== undefined) reporter.error(open.origin, new Problem('CONDITION', 'this %if has no %endif'));
    frame.conditions.length = 0;
    if (this.collecting !== undefined && frame.kind !== 'repeat') {
      reporter.error(this.collecting.origin, this.collecting.unended);
      this.collecting = undefined;
    }
    frame.remaining -= 1n;
    if (frame.kind === 'repeat' && frame.remaining > 0n) frame.position = 0;
    else this.frames.pop();
  }

  private read(line: SourceLine, frame: Frame, made: PlainLine[]): void {
    if (this.collecting !== undefined) {
      if (!this.collecting.take(line)) this.endCollecting(this.collecting, frame);
      return;
    }
    if (!this.branches.isReading(frame)) {
      this.branches.skip(line, this.origin, frame);
      return;
    }
    const tokens = this.prepare(line.tokens, frame);
    const [first] = tokens;
    if (first === undefined) return;
    if (isDirective(first)) this.direct(first, tokens.slice(1), frame);
    else this.pass(this.single.expand(tokens), frame, made);
  }

  /** Parameters, labels of a macro and of a context, and `%[...]`. */
  private prepare(raw: readonly Token[], frame: Frame): readonly Token[] {
    if (!raw.some(({ kind }) => kind === TokenKind.Preprocessor)) return raw;
    const { invocation } = frame;
    const bound = invocation === undefined ? raw : substituteParameters(raw, invocation);
    return expandIndirect(
      bound.flatMap((token) => this.nameLocal(token)),
      (tokens) => this.single.expand(tokens),
    );
  }

  /** `%$x` is a name of the context; `%{$x}` is what it stands for, and sticks to its neighbours. */
  private nameLocal(token: Token): Token[] {
    const label = token.kind === TokenKind.Preprocessor ? bareText(token.text) : '';
    if (!label.startsWith('%$')) return [token];
    const text = this.contexts.nameOf(label.slice(1), token.column);
    const name: Token = { ...token, kind: TokenKind.Identifier, text };
    if (!token.text.startsWith('%{')) return [name];
    const close: Token = { ...token, kind: TokenKind.Punctuation, text: ']', isSpaced: false };
    return [{ ...token, text: '%[' }, { ...name, isSpaced: false }, close];
  }

  /** A line for the assembler, or the call of a macro. */
  private pass(tokens: readonly Token[], frame: Frame, made: PlainLine[]): void {
    if (tokens.length === 0) return;
    const { origin } = this;
    const left = this.calls.call(tokens, origin, this.surroundings.reporter);
    if (left !== undefined) {
      if (left.length > 0) made.push({ origin, tokens: left });
      return;
    }
    const stray = tokens.find(({ kind }) => kind === TokenKind.Preprocessor);
    if (stray !== undefined)
      throw new Problem(
        'MACRO',
        `${stray.text} means nothing ${frame.invocation ? 'here' : 'outside of a macro'}`,
        stray.column,
      );
    made.push({ origin, tokens });
  }

  private direct(first: Token, rest: readonly Token[], frame: Frame): void {
    const name = bareText(first.text).slice(1).toLowerCase();
    if (IGNORED.has(name)) return;
    if (isBranch(name)) return this.branches.direct({ name, first, rest, origin: this.origin }, frame);
    if (isFrameDirective(name)) return this.stackFrame.direct(name, rest, first.column, this.frameMacros);
    const define = DEFINITIONS[name];
    if (define !== undefined) define(this.tools, rest, first);
    else this.command(name, first, rest, frame);
  }

  private command(name: string, first: Token, rest: readonly Token[], frame: Frame): void {
    const { column } = first;
    switch (name) {
      case 'macro':
      case 'imacro':
      case 'rmacro':
      case 'irmacro':
        return this.begin('macro', first, 0n, parseHeader(rest, name.startsWith('i'), /^i?r/.test(name)));
      case 'rep':
        return this.begin('repeat', first, this.repetitions(rest, column), undefined);
      case 'exitrep':
        if (!this.frames.leave('repeat')) throw new Problem('MACRO', '%exitrep is outside of %rep', column);
        return;
      case 'exitmacro':
        if (!this.frames.leave('macro'))
          throw new Problem('MACRO', '%exitmacro is outside of a macro', column);
        return;
      case 'rotate':
        return this.rotate(rest, frame, column);
      case 'include':
        return this.include(rest, column);
      case 'use':
        return this.use(rest, column);
      case 'push':
      case 'pop':
      case 'repl':
        return this.contexts.change(name, rest[0]?.text, column);
      case 'error':
        throw new Problem('USER', this.message(rest), column);
      case 'fatal':
        throw new FatalProblem('USER', this.message(rest), column);
      case 'warning':
        this.surroundings.reporter.warn(this.origin, this.message(rest), column);
        return;
      default:
        throw new Problem('SYNTAX', `there is no directive ${first.text}`, column);
    }
  }

  private message(tokens: readonly Token[]): string {
    return textArgument(tokens[0]?.kind === TokenKind.String ? tokens : this.single.expand(tokens));
  }

  private repetitions(tokens: readonly Token[], column: number): bigint {
    const count = this.surroundings.constant(this.single.expand(tokens), 'the count of %rep');
    if (count > MOST_REPETITIONS)
      throw new FatalProblem('LIMIT', `%rep repeats ${count} times, more than ${MOST_REPETITIONS}`, column);
    return count;
  }

  private rotate(tokens: readonly Token[], { invocation }: Frame, column: number): void {
    if (invocation === undefined) throw new Problem('MACRO', '%rotate is outside of a macro', column);
    const { args } = invocation;
    if (args.length === 0) return;
    const by = Number(
      this.surroundings.constant(this.single.expand(tokens), '%rotate') % BigInt(args.length),
    );
    const at = (by + args.length) % args.length;
    invocation.args = [...args.slice(at), ...args.slice(0, at)];
  }

  private include(tokens: readonly Token[], column: number): void {
    const name = textArgument(this.single.expand(tokens));
    if (name === '') throw new Problem('SYNTAX', '%include needs the name of a file', column);
    const { file, text } = this.surroundings.readText(name, this.origin);
    this.enterFile(file, text);
  }

  private use(tokens: readonly Token[], column: number): void {
    const name = textArgument(this.single.expand(tokens)).toLowerCase();
    const source = packageSource(name);
    if (source === undefined)
      throw new Problem('SYNTAX', `%use takes ${PACKAGE_NAMES.join(', ')}`, tokens[0]?.column ?? column);
    if (this.used.has(name)) return;
    this.used.add(name);
    this.enterFile(`(package ${name})`, source);
  }

  private get frameMacros(): FrameMacros {
    return {
      define: (name, body) => {
        this.single.define(name, undefined, body, false);
      },
      grow: (bytes, column) => {
        const name = this.contexts.nameOf('$localsize', column);
        if (!this.single.isDefined(name))
          throw new Problem('MACRO', '%local adds to %$localsize: %assign %$localsize 0 before it', column);
        const size = this.surroundings.constant(this.single.expand(tokenize(name)), '%$localsize');
        this.single.define(name, undefined, tokenize(String(size + BigInt(bytes))), false);
      },
    };
  }

  private begin(kind: CollectedKind, first: Token, count: bigint, header: Collector['header']): void {
    this.collecting = new Collector(kind, header, count, this.origin, first.column);
  }

  /** What was collected becomes a macro, or is read as often as it is to be repeated. */
  private endCollecting({ header, body: lines, count: remaining }: Collector, frame: Frame): void {
    this.collecting = undefined;
    if (header !== undefined) {
      this.multi.define({ ...header, body: lines });
      return;
    }
    if (remaining <= 0n) return;
    const { invocation, macro, parent, column } = frame;
    this.frames.push({ kind: 'repeat', lines, invocation, macro, parent, column, remaining });
  }
}

/** A word of the preprocessor that is a directive, not a parameter or a label. */
function isDirective({ kind, text }: Token): boolean {
  return kind === TokenKind.Preprocessor && /^%[A-Za-z]/.test(text);
}
