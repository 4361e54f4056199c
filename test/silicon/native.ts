/** This machine's processor as an oracle: builds the harness for a word size and runs snippets in it. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { Batch, Res } from './layout.js';
import { decodeResult, encodeRecords } from './record.js';
import type { Bits, Outcome, Snippet } from './record.js';

const SOURCES = ['harness.c', 'extended-state.c', 'segments.c'].map((name) => `test/silicon/${name}`);
const OWN_ERROR = /^test\/silicon\/[\w-]+\.[ch]:\d+:\d+: error/m;
const INPUTS = [...SOURCES, 'test/silicon/harness.h'];
const FOLDER = 'build/silicon';
/** Where batches are exchanged: in memory, if there is such a place. */
const EXCHANGE = existsSync('/dev/shm') ? '/dev/shm' : FOLDER;
/** What the harness says when it could not do its work; a signal ends it otherwise. */
const HARNESS_FAILED = 1;

export class NativeProcessor {
  private readonly records: string;
  private readonly results: string;

  private constructor(
    private readonly harness: string,
    private readonly bits: Bits,
  ) {
    const own = join(EXCHANGE, `vmexit-${bits}-${process.pid}-${threadId}`);
    this.records = `${own}.records`;
    this.results = `${own}.results`;
  }

  /** Undefined if this machine cannot run such code: not an x86-64 with AVX, no compiler, no 32-bit libraries. */
  static create(bits: Bits): NativeProcessor | undefined {
    if (process.arch !== 'x64' || process.platform !== 'linux') return undefined;
    // 16-bit code runs in segments of a 32-bit process.
    const width = bits === 64 ? 64 : 32;
    const harness = join(FOLDER, `harness-${width}`);
    if (!isCurrent(harness) && !build(harness, width)) return undefined;
    return new NativeProcessor(harness, bits);
  }

  /**
   * One outcome per snippet, in order; undefined for a snippet that ended the harness itself (a wild store). They run on the
   * first processor, whose number is what vmexit's LSL says: a batch that runs wherever there is room may be told another.
   */
  run(snippets: readonly Snippet[]): (Outcome | undefined)[] {
    const results = this.runBatch(encodeRecords(snippets), true);
    return snippets.map((snippet, i) =>
      isDone(results, i) ? decodeResult(results, i, snippet.extended !== undefined) : undefined,
    );
  }

  /** One result per record, in order; that of a snippet which ended the harness itself is not done. */
  runBatch(records: Batch, isPinned = false): Batch {
    const count = records.count;
    writeFileSync(this.records, records.bytes);
    const file = openSync(this.results, 'w');
    ftruncateSync(file, count * Res.bytes);
    closeSync(file);
    try {
      let results = this.runFrom(0, isPinned);
      for (let next = 0; next < count;) {
        while (next < count && isDone(results, next)) next++;
        if (++next < count) results = this.runFrom(next, isPinned);
      }
      return results;
    } finally {
      rmSync(this.records);
      rmSync(this.results);
    }
  }

  private runFrom(first: number, isPinned: boolean): Batch {
    const options = [String(first), String(this.bits), isPinned ? 'pinned' : 'free'];
    const run = spawnSync(this.harness, [this.records, this.results, ...options]);
    if (run.status !== null && run.status > HARNESS_FAILED)
      throw new Error(`the harness failed: ${run.stderr.toString()}`);
    const results = Batch.of(Res.bytes, statSync(this.results).size / Res.bytes);
    const file = openSync(this.results, 'r');
    readSync(file, results.bytes);
    closeSync(file);
    return results;
  }
}

export function isDone(results: Batch, i: number): boolean {
  return results.words[(results.at(i) + Res.isDone) >> 2] !== 0;
}

/** Under a name of its own first: another process may be building it too. */
function build(harness: string, width: 32 | 64): boolean {
  mkdirSync(FOLDER, { recursive: true });
  const own = `${harness}-${process.pid}-${threadId}`;
  const options = ['-O1', '-mno-red-zone', '-fno-stack-protector', `-m${width}`, ...SOURCES, '-o', own];
  const { status, stderr } = spawnSync('gcc', options, { encoding: 'utf8' });
  // What gcc lacks shows in the system's headers; an error in ours must not pass for that.
  if (status !== 0 && OWN_ERROR.test(stderr)) throw new Error(stderr);
  if (status !== 0) return false;
  renameSync(own, harness);
  return true;
}

function isCurrent(harness: string): boolean {
  if (!existsSync(harness)) return false;
  const built = statSync(harness).mtimeMs;
  return INPUTS.every((file) => statSync(file).mtimeMs < built);
}
