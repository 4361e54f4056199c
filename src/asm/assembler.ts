/**
 * The passes: every statement is assembled with what the pass before knew about symbols, until nothing moves any more.
 * The first pass takes short forms for what it does not know, so that sizes only grow.
 */
import { findCandidates } from './candidates.js';
import { FatalProblem, Problem, Reporter } from './diagnostics.js';
import { encodeData } from './emit-data.js';
import { InstructionEncoder } from './encode.js';
import { evaluate, evaluateConstant, type Scope } from './evaluate.js';
import type { Expression } from './expression.js';
import type { CodeBits } from './code-bits.js';
import type { IcedEncoder } from './iced-encoder.js';
import type { InstructionTable } from './instruction-table.js';
import type { Operand } from './operand.js';
import { Location } from './location.js';
import { fillGap, type Padding, usualThreshold } from './padding.js';
import type { Emitted, LineSource, ParsedLine, PassResult } from './pass.js';
import { applyAttributes } from './section-attributes.js';
import { composeImage, layOutSections, MOST_OUTPUT_BYTES } from './sections.js';
import type { Body, Statement } from './statement.js';
import { SymbolTable } from './symbols.js';

/** Sizes that go back and forth are kept from shrinking from this pass on. */
const STUBBORN_PASS = 12;
const MOST_PASSES = 100;
/** Statements in one pass, repetitions counted: beyond it the source is taken to run away. */
const MOST_STATEMENTS = 1_000_000;

export class Assembler {
  readonly symbols = new SymbolTable();
  readonly location = new Location();
  readonly scope: Scope;
  private readonly encoder: InstructionEncoder;
  private reporter = new Reporter();
  private lines: ParsedLine[] = [];
  private emitted: Emitted[] = [];
  private pass = 0;
  bits: CodeBits = 16;
  private firstBits: CodeBits | undefined;
  private isRelative = false;
  private padding: Padding | undefined;
  private loadAddress: bigint | undefined;
  private statements = 0;

  constructor(
    private readonly table: InstructionTable,
    iced: IcedEncoder,
    private readonly source: LineSource,
    private readonly initialBits: CodeBits,
    /** Where the output begins if the source has no ORG. */
    private readonly defaultOrigin: bigint | undefined,
  ) {
    this.encoder = new InstructionEncoder(iced);
    const { symbols, location } = this;
    this.scope = {
      symbol: (name, column) => symbols.lookUp(name, column),
      here: () => {
        symbols.hasTouchedAddress = true;
        return location.here();
      },
      sectionStart: () => {
        symbols.hasTouchedAddress = true;
        return location.start();
      },
    };
  }

  /** Of the last pass, for when a fatal problem ended it. */
  get reporters(): readonly Reporter[] {
    return [this.reporter];
  }

  /** Runs passes until one changes nothing; the diagnostics of the last, and those of parsing, are in the reporters. */
  run(parsing: Reporter): { readonly result: PassResult; readonly reporter: Reporter } {
    for (;;) {
      this.pass += 1;
      const hasMoved = this.runPass(parsing);
      if (this.pass > 1 && !hasMoved) break;
      if (this.pass >= MOST_PASSES)
        throw new FatalProblem('LIMIT', `sizes and addresses do not settle in ${MOST_PASSES} passes`);
    }
    const image = composeImage(this.location.sections, this.loadAddress ?? this.defaultOrigin);
    const { emitted, symbols, location, reporter } = this;
    return {
      result: {
        image,
        emitted,
        symbols,
        location,
        bits: this.firstBits ?? this.initialBits,
        hasOrigin: this.hasOrigin,
      },
      reporter,
    };
  }

  private get hasOrigin(): boolean {
    return this.loadAddress !== undefined || this.location.sections.some(({ start }) => start !== undefined);
  }

  /** Returns whether a symbol or a section is not where this pass assumed it to be. */
  private runPass(parsing: Reporter): boolean {
    this.reporter = new Reporter();
    this.emitted = [];
    this.statements = 0;
    this.bits = this.initialBits;
    this.isRelative = false;
    this.padding = undefined;
    this.loadAddress = undefined;
    this.firstBits = undefined;
    this.symbols.begin(this.pass);
    this.location.begin();
    if (this.pass === 1 || this.source.dependsOnAddresses) {
      this.lines = [];
      this.source.parse(parsing, this.scope, (line) => {
        this.lines.push(line);
        this.assembleLine(line);
      });
    } else {
      for (const line of this.lines) this.assembleLine(line);
    }
    const hasMoved = layOutSections(this.location.sections, this.loadAddress ?? this.defaultOrigin);
    return hasMoved || this.symbols.hasChanged;
  }

  private assembleLine(line: ParsedLine): void {
    if (this.reporter.isFull) return;
    this.reporter.guard(line.origin, () => {
      this.assemble(line);
    });
  }

  private assemble(line: ParsedLine): void {
    const { label, times, body } = line.statement;
    if (label !== undefined) this.defineLabel(line.statement);
    if (body === undefined) return;
    const start = this.location.start();
    const offset = this.location.position;
    const section = this.location.current?.name;
    if (times === undefined) this.assembleBody(body, line);
    else this.repeat(times, body, line);
    const length =
      this.location.start().terms[0]?.of === start.terms[0]?.of ? this.location.position - offset : 0;
    if (length <= 0) return;
    const isRoom = body.kind === 'reserve' || (this.location.current?.isNoBits ?? true);
    this.emitted.push({ line, section, start, offset, length, isRoom });
  }

  private defineLabel({ label, body }: Statement): void {
    if (label === undefined) return;
    const { symbols } = this;
    if (body?.kind === 'equ') {
      symbols.hasTouchedAddress = false;
      const value = evaluate(body.expression, this.scope);
      symbols.define(label.name, value, true, !symbols.hasTouchedAddress, label.column);
      return;
    }
    symbols.enter(label.name);
    symbols.define(label.name, this.location.here(), false, false, label.column);
  }

  private repeat(times: Expression, body: Body, line: ParsedLine): void {
    const count = evaluateConstant(times, this.scope, 'the count of TIMES');
    if (count < 0n) throw new Problem('RANGE', `TIMES cannot repeat ${count} times`, times.column);
    if (count > BigInt(MOST_OUTPUT_BYTES))
      throw new Problem(
        'LIMIT',
        `TIMES repeats ${count} times, more than ${MOST_OUTPUT_BYTES}`,
        times.column,
      );
    if (body.kind === 'data' && isConstantData(body)) {
      const once = encodeData(body.items, body.unit, this.dataContext(line));
      for (let i = 0n; i < count && once.length > 0; i++) this.location.append(once);
      return;
    }
    for (let i = 0n; i < count; i++) this.assembleBody(body, line);
  }

  private assembleBody(body: Body, line: ParsedLine): void {
    this.statements += 1;
    if (this.statements > MOST_STATEMENTS)
      throw new FatalProblem('LIMIT', `more than ${MOST_STATEMENTS} statements`, line.statement.column);
    switch (body.kind) {
      case 'data':
        return this.location.append(encodeData(body.items, body.unit, this.dataContext(line)));
      case 'reserve':
        return this.reserve(body);
      case 'incbin':
        return this.location.append(this.includeBinary(body, line));
      case 'align':
        return this.align(body, line);
      case 'alignmode':
        return this.setPadding(body);
      case 'instruction':
        return this.location.append(this.encode(body, line));
      case 'bits':
        this.bits = body.bits;
        return;
      case 'origin':
        return this.setOrigin(body.expression);
      case 'section':
        applyAttributes(this.location.enter(body.name), body.attributes, this.scope);
        return;
      case 'absolute':
        return this.location.enterAbsolute(evaluate(body.expression, this.scope));
      case 'default':
        this.isRelative = body.isRelative;
        return;
      case 'equ':
      case 'nothing':
    }
  }

  private setOrigin(expression: Expression): void {
    const address = evaluateConstant(expression, this.scope, 'the origin');
    if (this.loadAddress !== undefined && this.loadAddress !== address)
      throw new Problem('SECTION', 'the origin is set twice', expression.column);
    this.loadAddress = address;
  }

  private reserve({ unit, count }: Body & { kind: 'reserve' }): void {
    const number = evaluateConstant(count, this.scope, 'the count');
    if (number < 0n) throw new Problem('RANGE', `${number} cannot be reserved`, count.column);
    this.location.reserve(Number(number) * unit);
  }

  private includeBinary({ file, skip, length }: Body & { kind: 'incbin' }, line: ParsedLine): Uint8Array {
    const bytes = this.source.readBinary(file, line.origin);
    const number = (expression: Expression | undefined, other: number): number => {
      if (expression === undefined) return other;
      return Number(evaluateConstant(expression, this.scope, 'the part of the file'));
    };
    const start = number(skip, 0);
    if (start < 0 || start > bytes.length)
      throw new Problem('RANGE', `${file} has ${bytes.length} bytes, not ${start} to skip`, skip?.column);
    return bytes.subarray(start, start + Math.max(0, number(length, bytes.length)));
  }

  private align({ boundary, filler }: Body & { kind: 'align' }, line: ParsedLine): void {
    const number = evaluateConstant(boundary, this.scope, 'the boundary');
    if (number < 1n || (number & (number - 1n)) !== 0n || number > BigInt(MOST_OUTPUT_BYTES))
      throw new Problem('RANGE', `${number} is no power of two to align to`, boundary.column);
    const { location } = this;
    const gap = Number((number - (BigInt(location.position) % number)) % number);
    if (filler === 'room' || location.current?.isNoBits) location.reserve(gap);
    else if (filler === 'nothing') location.append(fillGap(gap, this.bits, this.padding));
    else for (let i = 0; i < gap; i++) this.assembleBody(filler, line);
    location.current?.raiseAlignment(number);
  }

  private setPadding({ mode, threshold }: Body & { kind: 'alignmode' }): void {
    if (threshold === undefined) this.padding = { mode, threshold: usualThreshold(mode) };
    else if (threshold === 'never') this.padding = { mode, threshold: Infinity };
    else
      this.padding = {
        mode,
        threshold: Number(evaluateConstant(threshold, this.scope, 'the threshold of ALIGNMODE')),
      };
  }

  private encode(body: Body & { kind: 'instruction' }, line: ParsedLine): Uint8Array {
    this.firstBits ??= this.bits;
    if (line.fixed?.bits === this.bits) return line.fixed.bytes;
    const { column } = line.statement;
    if (line.candidates?.bits !== this.bits) {
      const { name, operands, prefixes } = body;
      const request = {
        name,
        operands,
        bits: this.bits,
        operandPrefix: prefixes.operand,
        addressPrefix: prefixes.address,
        column,
      };
      line.candidates = { bits: this.bits, list: name === '' ? [] : findCandidates(this.table, request) };
    }
    const context = {
      bits: this.bits,
      isRelative: this.isRelative,
      here: this.location.here(),
      scope: this.scope,
      atLeast: this.pass >= STUBBORN_PASS ? (line.size ?? 0) : 0,
      warn: (message: string, at: number) => {
        this.reporter.warn(line.origin, message, at);
      },
    };
    const bytes = this.encoder.encode(line.candidates.list, body.prefixes, context);
    line.size = bytes.length;
    if (body.operands.every(isFixed)) line.fixed = { bits: this.bits, bytes };
    return bytes;
  }

  private dataContext({ origin }: ParsedLine): Parameters<typeof encodeData>[2] {
    return {
      scope: this.scope,
      warn: (message, column) => {
        this.reporter.warn(origin, message, column);
      },
    };
  }
}

/** An operand that is the same in every pass and at every address. A number may be the target of a branch. */
function isFixed(operand: Operand): boolean {
  return operand.kind === 'register' || (operand.kind === 'memory' && operand.address.kind === 'value');
}

/** Data whose bytes are the same wherever they are. */
function isConstantData({ items }: Body & { kind: 'data' }): boolean {
  return items.every(
    (item) => item.kind === 'string' || (item.kind === 'number' && item.expression.kind === 'value'),
  );
}
