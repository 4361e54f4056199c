/** Which encodings were compared: executed by both processors to the end, or to the same fault. */
import { FlowControl, Instruction } from 'iced-x86';
import type { Code } from 'iced-x86';
import { Res } from './layout.js';
import type { Batch } from './layout.js';
import { startOf } from './record.js';
import type { Snippet } from './record.js';

const VECTOR_DB = 1;
const branches = new Map<Code, boolean>();

/** Whether what follows the instruction in memory may not be what runs next. */
function isBranch(code: Code): boolean {
  let known = branches.get(code);
  if (known === undefined) {
    const instruction = new Instruction();
    instruction.code = code;
    known = instruction.flowControl !== FlowControl.Next;
    instruction.free();
    branches.set(code, known);
  }
  return known;
}

export class Coverage {
  /** How often each encoding completed, and how often it faulted. */
  readonly completed = new Map<Code, number>();
  readonly faulted = new Map<Code, number>();

  /** Counts the instructions of a snippet that ended as `results` says, as far as it is certain that they ran. */
  add(snippet: Snippet, codes: readonly Code[], results: Batch, i: number): void {
    const vector = results.words[(results.at(i) + Res.vector) >> 2];
    const end = (results.words[(results.at(i) + Res.rip) >> 2] ?? 0) - startOf(snippet.bits);
    let start = 0;
    for (const [n, code] of codes.entries()) {
      if (start >= end) {
        // The snippet ended at this instruction, unless a trap after the one before ended it.
        if (start === end && vector !== VECTOR_DB) increment(this.faulted, code);
        return;
      }
      increment(this.completed, code);
      if (isBranch(code)) return;
      start += snippet.instructions[n]?.length ?? 0;
    }
  }

  merge(other: Pick<Coverage, 'completed' | 'faulted'>): void {
    for (const [code, count] of other.completed) increment(this.completed, code, count);
    for (const [code, count] of other.faulted) increment(this.faulted, code, count);
  }
}

function increment(counts: Map<Code, number>, code: Code, by = 1): void {
  counts.set(code, (counts.get(code) ?? 0) + by);
}
