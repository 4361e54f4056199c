/**
 * The preprocessor: lines in, lines without macros out. It works on tokens, one line at a time, so that what a line
 * defines is known to the next and conditions can ask about labels that are behind them.
 */
import { FatalProblem, type Origin, Problem, type Reporter } from '../diagnostics.js';
import { isPunctuation, type Token, TokenKind } from '../token.js';
import { conditionKind, holdsCondition, type Knowledge } from './conditions.js';
import { ContextStack } from './contexts.js';
import { DEFINITIONS, type DefinitionTools } from './definitions.js';
import { type Frame, FrameStack, originOf } from './frames.js';
import {
  bareText,
  bindArguments,
  type MultiLineMacro,
  MultiLineMacros,
  parseHeader,
  substituteParameters,
} from './multi-line.js';
import { SingleLineMacros } from './single-line.js';
import { linesOf, type PlainLine, type SourceLine } from './source-line.js';
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

/** Lines of a macro or a repetition, while they are collected. */
interface Collecting {
  readonly kind: 'macro' | 'repeat';
  readonly header: Omit<MultiLineMacro, 'body'> | undefined;
  readonly count: bigint;
  readonly body: SourceLine[];
  readonly origin: Origin;
  readonly column: number;
  depth: number;
}

const MOST_REPETITIONS = 150_000n;
const MOST_LINES = 150_000;
const MOST_FILES = 64;

const OPENS = { macro: /^%(i|r|ir)?macro$/i, repeat: /^%rep$/i };
const CLOSES = { macro: /^%endm(acro)?$/i, repeat: /^%endrep$/i };
/** Directives that mean nothing here. */
const IGNORED = new Set(['line', 'pragma', 'depend', 'note', 'aliases']);

export class Preprocessor {
  readonly single: SingleLineMacros;
  private readonly multi = new MultiLineMacros();
  private readonly frames = new FrameStack();
  private readonly contexts = new ContextStack();
  private readonly knowledge: Knowledge;
  private readonly tools: DefinitionTools;
  private collecting: Collecting | undefined;
  private origin: Origin;
  private serial = 0;
  private linesRead = 0;

  constructor(
    file: string,
    text: string,
    private readonly surroundings: Surroundings,
  ) {
    this.origin = { file, line: 1, parent: undefined, macro: undefined, column: 0 };
    this.single = new SingleLineMacros((name) => surroundings.dynamic(name, this.origin));
    const constant = (tokens: readonly Token[], what: string): bigint => surroundings.constant(tokens, what);
    const { single, multi, contexts } = this;
    this.knowledge = {
      single,
      multi,
      constant,
      get context() {
        return contexts.current;
      },
    };
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
      const { kind, origin, column } = this.collecting;
      const end = kind === 'macro' ? '%endmacro' : '%endrep';
      reporter.error(
        origin,
        new Problem('MACRO', `this ${kind === 'macro' ? '%macro' : '%rep'} has no ${end}`, column),
      );
      this.collecting = undefined;
    }
    frame.remaining -= 1n;
    if (frame.kind === 'repeat' && frame.remaining > 0n) frame.position = 0;
    else this.frames.pop();
  }

  private read(line: SourceLine, frame: Frame, made: PlainLine[]): void {
    if (this.collecting !== undefined) {
      this.collect(this.collecting, line, frame);
      return;
    }
    const isReading = frame.conditions.at(-1)?.isReading ?? true;
    if (!isReading) {
      this.skip(line, frame);
      return;
    }
    const tokens = this.prepare(line.tokens, frame);
    const [first] = tokens;
    if (first === undefined) return;
    if (isDirective(first)) this.direct(first, tokens.slice(1), frame);
    else this.pass(this.single.expand(tokens), frame, made);
  }

  /** Lines that a condition leaves out: only other conditions in them count. */
  private skip(line: SourceLine, frame: Frame): void {
    let first: Token | undefined;
    try {
      [first] = line.tokens;
    } catch (problem) {
      if (problem instanceof Problem) return;
      throw problem;
    }
    if (first === undefined || !isDirective(first)) return;
    const name = first.text.slice(1).toLowerCase();
    const condition = conditionKind(name);
    if (condition !== undefined && !condition.isElse) this.open(frame, false, true);
    else if (condition !== undefined || name === 'else' || name === 'endif')
      this.condition(name, first, line.tokens.slice(1), frame);
  }

  /** Parameters, labels of a macro and of a context, and `%[...]`. */
  private prepare(raw: readonly Token[], frame: Frame): readonly Token[] {
    if (!raw.some(({ kind }) => kind === TokenKind.Preprocessor)) return raw;
    const { invocation } = frame;
    const bound = invocation === undefined ? raw : substituteParameters(raw, invocation);
    return this.expandIndirect(bound.flatMap((token) => this.nameLocal(token)));
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

  private expandIndirect(tokens: readonly Token[]): readonly Token[] {
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
    const inner = this.single.expand(this.expandIndirect(tokens.slice(open + 1, end - 1)));
    const isSpaced = tokens[open]?.isSpaced ?? false;
    const placed = inner.map((token, i) => (i === 0 ? { ...token, isSpaced } : token));
    return joined(tokens.slice(0, open), placed, this.expandIndirect(tokens.slice(end)));
  }

  /** A line for the assembler, or the call of a macro. */
  private pass(tokens: readonly Token[], frame: Frame, made: PlainLine[]): void {
    if (tokens.length === 0) return;
    if (this.callAt(tokens, 0, undefined)) return;
    const [label, next] = tokens;
    const hasLabel =
      label?.kind === TokenKind.Identifier &&
      (isPunctuation(next, ':') || next?.kind === TokenKind.Identifier);
    const at = isPunctuation(next, ':') ? 2 : 1;
    if (hasLabel && this.isMacro(tokens[at])) {
      const { origin } = this;
      if (this.callAt(tokens, at, label)) {
        const colon: Token = {
          kind: TokenKind.Punctuation,
          text: ':',
          column: label.column,
          isSpaced: false,
        };
        made.push({ origin, tokens: [label, colon] });
        return;
      }
    }
    const stray = tokens.find(({ kind }) => kind === TokenKind.Preprocessor);
    if (stray !== undefined)
      throw new Problem(
        'MACRO',
        `${stray.text} means nothing ${frame.invocation ? 'here' : 'outside of a macro'}`,
        stray.column,
      );
    made.push({ origin: this.origin, tokens });
  }

  private isMacro(token: Token | undefined): token is Token {
    return token?.kind === TokenKind.Identifier && this.multi.named(token.text).length > 0;
  }

  /** Starts reading the macro that the line calls at `position`; false if it calls none. */
  private callAt(tokens: readonly Token[], position: number, label: Token | undefined): boolean {
    const name = tokens[position];
    if (!this.isMacro(name)) return false;
    const macros = this.multi
      .named(name.text)
      .filter((macro) => macro.isRecursive || !this.frames.isExpanding(macro));
    const rest = tokens.slice(position + 1);
    for (const macro of macros) {
      const args = bindArguments(macro, rest);
      if (args === undefined) continue;
      this.serial += 1;
      const invocation = { macro, args, serial: this.serial, label };
      this.frames.push({
        kind: 'macro',
        lines: macro.body,
        invocation,
        macro: macro.name,
        parent: this.origin,
        column: name.column, // prettier-ignore
      });
      return true;
    }
    if (macros.length > 0) this.surroundings.reporter.warn(this.origin, wrongCount(macros), name.column);
    return false;
  }

  private direct(first: Token, rest: readonly Token[], frame: Frame): void {
    const name = bareText(first.text).slice(1).toLowerCase();
    if (IGNORED.has(name)) return;
    if (name === 'else' || name === 'endif' || conditionKind(name) !== undefined) {
      this.condition(name, first, rest, frame);
      return;
    }
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

  private begin(kind: Collecting['kind'], first: Token, count: bigint, header: Collecting['header']): void {
    this.collecting = { kind, header, count, body: [], origin: this.origin, column: first.column, depth: 0 };
  }

  /** Keeps a line of a macro or repetition, or ends it. */
  private collect(collecting: Collecting, line: SourceLine, frame: Frame): void {
    const { kind, body } = collecting;
    const word = line.tokens[0]?.text ?? '';
    if (OPENS[kind].test(word)) collecting.depth += 1;
    else if (CLOSES[kind].test(word)) collecting.depth -= 1;
    if (collecting.depth >= 0) {
      body.push(line);
      return;
    }
    this.collecting = undefined;
    if (collecting.header !== undefined) {
      this.multi.define({ ...collecting.header, body });
      return;
    }
    if (collecting.count <= 0n) return;
    const { invocation, macro, parent, column } = frame;
    const remaining = collecting.count;
    this.frames.push({ kind: 'repeat', lines: body, invocation, macro, parent, column, remaining });
  }

  private open(frame: Frame, isTrue: boolean, isDead: boolean): void {
    const { origin } = this;
    frame.conditions.push({ isReading: isTrue, hasBeenTrue: isTrue, hasElse: false, isDead, origin });
  }

  private condition(name: string, first: Token, rest: readonly Token[], frame: Frame): void {
    const { column } = first;
    const condition = conditionKind(name);
    if (condition !== undefined && !condition.isElse) {
      // A condition that cannot be decided is false, and must still be closed.
      this.open(frame, false, false);
      const opened = frame.conditions.at(-1);
      const isTrue = holdsCondition(condition.kind, rest, this.knowledge);
      if (opened !== undefined) opened.isReading = opened.hasBeenTrue = isTrue;
      return;
    }
    const open = frame.conditions.at(-1);
    if (open === undefined) throw new Problem('CONDITION', `${first.text} has no %if`, column);
    if (name === 'endif') {
      frame.conditions.pop();
      return;
    }
    if (open.hasElse) throw new Problem('CONDITION', `${first.text} comes after %else`, column);
    open.hasElse = name === 'else';
    open.isReading = false;
    if (open.isDead || open.hasBeenTrue) return;
    const isTrue =
      condition === undefined || holdsCondition(condition.kind, this.prepare(rest, frame), this.knowledge);
    open.isReading = open.hasBeenTrue = isTrue;
  }
}

/** A word of the preprocessor that is a directive, not a parameter or a label. */
function isDirective({ kind, text }: Token): boolean {
  return kind === TokenKind.Preprocessor && /^%[A-Za-z]/.test(text);
}

function wrongCount(macros: readonly MultiLineMacro[]): string {
  const counts = macros.map(({ least, most }) => (least === most ? `${least}` : `${least} to ${most}`));
  return `the macro ${macros[0]?.name ?? ''} takes ${counts.join(' or ')} parameters`;
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
