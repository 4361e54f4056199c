/** vmexit as the subject of the comparison: runs records and leaves results in the layout of the native ones. */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { Engine } from '../../src/engine/engine.js';
import {
  Batch,
  CODE_ADDRESS,
  CODE_BYTES,
  CODE_START,
  INT3,
  MAX_CHANGES,
  OPTION_EXTENDED,
  PATCH_BYTES,
  Rec,
  REGISTERS,
  Res,
  WINDOW_BYTES,
  windowOf,
} from './layout.js';
import { ExtendedStatePort } from './extended-state.js';
import { decodeResult, encodeRecords } from './record.js';
import { CODE, MEMORY_BYTES, SubjectMachine, WINDOW } from './subject-machine.js';
import type { Variant } from './subject-machine.js';
import type { Bits, Outcome, Snippet } from './record.js';

const EXCEPTION_EXITS = 0x40; // exit code of vector 0 (APM vol 2 App. C)
const EXCEPTIONS = 32;
/** In a result's `stop`: an exit that is no exception's. Others are a `Stop` plus 1. */
const STRANGE_EXIT = 0x1000;
const IRET = 0xcf;
const WORD = 4;
/** Bytes of the window that are looked at together for changes. */
const CHUNK = 1024;
const SEGMENTS = 6;

/** What runs a snippet in vmexit. A text is a stop that no processor shows: an unimplemented instruction, a hang. */
export interface Subject {
  run(snippet: Snippet, selectors: readonly number[]): Outcome | string;
}

export class VmexitSubject implements Subject {
  private readonly machine: SubjectMachine;
  private readonly extendedState: ExtendedStatePort;
  private readonly window: Uint32Array;
  private readonly windowBytes: Buffer;
  private readonly pristine = new Uint32Array(WINDOW_BYTES / WORD);
  private readonly pristineBytes = Buffer.from(this.pristine.buffer);
  private readonly code: Uint8Array;
  private codeBytes = 0;
  /** Indices of rAX and of the selectors among the state's words. */
  private readonly firstRegister: number;
  private readonly selectors: number;

  private constructor(
    private readonly engine: Engine,
    private readonly variant: Variant,
  ) {
    const { memory, state } = engine.core;
    this.window = new Uint32Array(memory.buffer, memory.byteOffset + WINDOW, WINDOW_BYTES / WORD);
    this.windowBytes = Buffer.from(memory.buffer, memory.byteOffset + WINDOW, WINDOW_BYTES);
    this.code = memory.subarray(CODE + CODE_START - CODE_ADDRESS, CODE + CODE_BYTES);
    this.firstRegister = state.index('rax');
    this.selectors = state.index('selectors');
    memory.fill(INT3, CODE, CODE + CODE_BYTES);
    this.machine = new SubjectMachine(engine, variant);
    this.extendedState = new ExtendedStatePort(engine.core);
  }

  static async create(variant: Variant = {}): Promise<VmexitSubject> {
    const tier = variant.isCompiled ? { hotThreshold: 1 } : { jit: false };
    return new VmexitSubject(await Engine.create({ memoryBytes: MEMORY_BYTES, ...tier }), variant);
  }

  /** How the snippet ends, or a stop that no processor shows: an unimplemented instruction, a hang. */
  run(snippet: Snippet, selectors: readonly number[]): Outcome | string {
    const results = Batch.of(Res.bytes, 1);
    results.halves.set(selectors, Res.selectors >> 1);
    this.runRecord(encodeRecords([snippet]), 0, snippet.bits, results, 0);
    return stopOf(results, 0) ?? decodeResult(results, 0, snippet.extended !== undefined);
  }

  /** Runs record `i` and fills in result `to`, whose `selectors` say what the snippet starts with. */
  runRecord(records: Batch, i: number, bits: Bits, results: Batch, to: number): void {
    const at = records.at(i);
    this.loadCode(records, at);
    this.loadWindow(records, at);
    this.machine.load(
      bits,
      this.isLongMode(bits, records, at),
      results.halves,
      (results.at(to) + Res.selectors) >> 1,
    );
    this.loadRegisters(bits, records, at);
    const isExtended = ((records.words[(at + Rec.options) >> 2] ?? 0) & OPTION_EXTENDED) !== 0;
    if (isExtended) this.extendedState.load(records, at + Rec.extended, bits);
    const stop = this.variant.isStepping ? this.step() : this.engine.run();
    this.report(results, results.at(to), stop);
    if (isExtended) this.extendedState.save(results, results.at(to) + Res.extended, bits);
  }

  /** Runs one instruction, or one iteration, at a time. */
  private step(): Stop {
    const { state } = this.engine.core;
    const end = state.num('deadline');
    for (;;) {
      const now = state.num('clock');
      state.setNum('deadline', now + 1);
      const stop = this.engine.run();
      if (stop !== Stop.Budget || now >= end) return stop;
    }
  }

  /** The same code stays, and with it the blocks decoded from it. */
  private loadCode(records: Batch, at: number): void {
    const bytes = records.words[(at + Rec.codeBytes) >> 2] ?? 0;
    const from = at + Rec.code;
    let isSame = bytes === this.codeBytes;
    for (let i = 0; isSame && i < bytes; i++) isSame = records.bytes[from + i] === this.code[i];
    if (isSame) return;
    this.code.set(records.bytes.subarray(from, from + bytes));
    if (this.codeBytes > bytes) this.code.fill(INT3, bytes, this.codeBytes);
    this.codeBytes = bytes;
    this.engine.core.invalidate(CODE, CODE_BYTES);
  }

  private loadWindow(records: Batch, at: number): void {
    this.pristine.set(windowOf(records.words[(at + Rec.windowSeed) >> 2] ?? 0));
    const count = records.words[(at + Rec.patchCount) >> 2] ?? 0;
    for (let i = 0, patch = (at + Rec.patches) >> 2; i < count; i++, patch += PATCH_BYTES >> 2) {
      const index = 2 * (records.words[patch] ?? 0);
      this.pristine[index] = records.words[patch + 2] ?? 0;
      this.pristine[index + 1] = records.words[patch + 3] ?? 0;
    }
    this.window.set(this.pristine);
  }

  /**
   * 64-bit code, and half of the rest, which this processor runs in compatibility mode: legacy mode must show the same,
   * but for IRET with NT set.
   */
  private isLongMode(bits: Bits, records: Batch, at: number): boolean {
    if (bits === 64 || ((records.words[(at + Rec.windowSeed) >> 2] ?? 0) & 1) !== 0) return true;
    return this.code.subarray(0, this.codeBytes).includes(IRET);
  }

  private loadRegisters(bits: Bits, records: Batch, at: number): void {
    const { state, exports } = this.engine.core;
    const from = (at + Rec.registers) >> 2;
    const count = bits === 64 ? 2 * REGISTERS : REGISTERS; // the prepared state has zeros in r8 to r15
    for (let i = 0; i < count; i++) state.words[this.firstRegister + i] = records.words[from + i] ?? 0;
    exports.setRflags(BigInt(records.words[(at + Rec.flags) >> 2] ?? 0));
    exports.updateMode();
  }

  private report(results: Batch, at: number, stop: Stop): void {
    const { state, exports } = this.engine.core;
    const { words } = results;
    const word = at >> 2;
    const code = state.num('exitCode');
    // INT1 has an intercept of its own and is not subject to that of #DB (APM vol 2 §15.12.2).
    const isIcebp = code === Number(ExitCode.Icebp);
    const vector = isIcebp ? Vector.Db : code - EXCEPTION_EXITS;
    const isException = vector >= 0 && vector < EXCEPTIONS;
    // Natively a trap shows the next instruction; an intercept of INTO or INT1 shows the instruction itself.
    const isTrap = stop === Stop.Exit && (vector === Number(Vector.Of) || isIcebp);
    copyWords(words, word + (Res.registers >> 2), state.words, this.firstRegister, 2 * REGISTERS);
    copyWords(words, word + (Res.rip >> 2), state.words, state.index(isTrap ? 'nextRip' : 'rip'), 2);
    const isPageFault = vector === Number(Vector.Pf);
    if (isPageFault)
      copyWords(words, word + (Res.faultAddress >> 2), state.words, state.index('exitInfo2'), 2);
    else words.fill(0, word + (Res.faultAddress >> 2), word + (Res.faultAddress >> 2) + 2);
    words[word + (Res.flags >> 2)] = Number(exports.rflags());
    words[word + (Res.vector >> 2)] = isException ? vector : code;
    words[word + (Res.errorCode >> 2)] = state.get('exitInfo1');
    words[word + (Res.stop >> 2)] = stop !== Stop.Exit ? stop + 1 : isException ? 0 : STRANGE_EXIT;
    copyWords(words, word + (Res.lastSelectors >> 2), state.words, this.selectors, SEGMENTS / 2);
    words[word + (Res.isDone >> 2)] = 1;
    this.listChanges(words, word);
  }

  private listChanges(words: Uint32Array, word: number): void {
    let count = 0;
    for (let from = 0; from < WINDOW_BYTES; from += CHUNK) {
      const end = from + CHUNK;
      const isSame = this.windowBytes.compare(this.pristineBytes, from, end, from, end) === 0;
      if (!isSame) count = this.listChunk(from, words, word, count);
    }
    words[word + (Res.changedCount >> 2)] = count;
  }

  /** Appends the changed words of a chunk, and says how many there are now. */
  private listChunk(from: number, words: Uint32Array, word: number, listed: number): number {
    const { window, pristine } = this;
    let count = listed;
    for (let i = from / WORD; i < (from + CHUNK) / WORD; i += 2) {
      if (window[i] === pristine[i] && window[i + 1] === pristine[i + 1]) continue;
      if (count < MAX_CHANGES) {
        const to = word + ((Res.changed + count * PATCH_BYTES) >> 2);
        words[to] = i >> 1;
        words[to + 2] = window[i] ?? 0;
        words[to + 3] = window[i + 1] ?? 0;
      }
      count++;
    }
    return count;
  }
}

function copyWords(
  to: Uint32Array,
  toIndex: number,
  from: Uint32Array,
  fromIndex: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[toIndex + i] = from[fromIndex + i] ?? 0;
}

/** Says how else than by an exception a result ended, if it did. */
export function stopOf(results: Batch, i: number): string | undefined {
  const wordAt = (offset: number) => results.words[(results.at(i) + offset) >> 2] ?? 0;
  const stop = wordAt(Res.stop);
  if (stop === 0) return undefined;
  if (stop === STRANGE_EXIT) return `exit code ${wordAt(Res.vector).toString(16)}`;
  const rip = results.quads[(results.at(i) + Res.rip) >> 3] ?? 0n;
  return `Stop.${Stop[stop - 1] ?? ''} at ${rip.toString(16)}`;
}

/** Whether vmexit does not implement what the result ended at. */
export function isUnimplemented(results: Batch, i: number): boolean {
  return results.words[(results.at(i) + Res.stop) >> 2] === Stop.Unimplemented + 1;
}
