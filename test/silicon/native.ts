/** This machine's processor as an oracle: builds harness.c for a word size and runs snippets in it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeResult, encodeRecords, RESULT_BYTES } from './record.js';
import type { Bits, Outcome, Snippet } from './record.js';

const SOURCE = 'test/silicon/harness.c';
const FOLDER = 'build/silicon';
const BATCH = 2000;

export class NativeProcessor {
  private constructor(
    private readonly harness: string,
    private readonly bits: Bits,
  ) {}

  /** Undefined if this machine cannot run such code: not an x86-64, no compiler, no 32-bit libraries. */
  static create(bits: Bits): NativeProcessor | undefined {
    if (process.arch !== 'x64' || process.platform !== 'linux') return undefined;
    // 16-bit code runs in segments of a 32-bit process.
    const width = bits === 64 ? 64 : 32;
    const harness = join(FOLDER, `harness-${width}`);
    if (!isCurrent(harness)) {
      mkdirSync(FOLDER, { recursive: true });
      const options = ['-O1', '-mno-red-zone', `-m${width}`, SOURCE, '-o', harness];
      const run = spawnSync('gcc', options, { encoding: 'utf8' });
      if (run.status !== 0) return undefined;
    }
    return new NativeProcessor(harness, bits);
  }

  /** One outcome per snippet, in order; undefined for a snippet that ended the harness itself (a wild store). */
  run(snippets: readonly Snippet[]): (Outcome | undefined)[] {
    const outcomes: (Outcome | undefined)[] = [];
    while (outcomes.length < snippets.length) {
      const batch = snippets.slice(outcomes.length, outcomes.length + BATCH);
      const finished = this.runBatch(batch);
      outcomes.push(...finished);
      if (finished.length < batch.length) outcomes.push(undefined);
    }
    return outcomes;
  }

  private runBatch(snippets: readonly Snippet[]): Outcome[] {
    const run = spawnSync(this.harness, this.bits === 16 ? ['16'] : [], {
      input: encodeRecords(snippets),
      maxBuffer: BATCH * RESULT_BYTES * 2,
    });
    if (run.status !== null && run.status > 1)
      throw new Error(`the harness failed: ${run.stderr.toString()}`);
    const count = Math.floor(run.stdout.length / RESULT_BYTES);
    return Array.from({ length: count }, (_, i) =>
      decodeResult(new DataView(run.stdout.buffer, run.stdout.byteOffset + i * RESULT_BYTES, RESULT_BYTES)),
    );
  }
}

function isCurrent(harness: string): boolean {
  return existsSync(harness) && statSync(harness).mtimeMs > statSync(SOURCE).mtimeMs;
}
