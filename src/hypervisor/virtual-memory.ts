/**
 * The guest's memory by linear address, as a debugger looks at it: through the page tables that are in force now, without
 * faults and without a trace in them.
 */
import type { Vmcb } from '../svm/vmcb.js';
import type { GuestMemory } from './guest-memory.js';
import { translate } from './guest-paging.js';
import { codeBitsOf, type CodeBits } from './code-size.js';
import { PAGE_BYTES } from './memory-layout.js';
import { Efer } from '../../assembly/abi/processor-bits.js';

/** Why there is nothing at an address: no page is mapped, one is but no RAM is behind it, or it is no address. */
export type MissingReason = 'not-mapped' | 'no-memory' | 'not-canonical';

/** Where a range ends early. */
export interface MissingMemory {
  /** Linear address of the first byte that is not there. */
  readonly address: bigint;
  readonly reason: MissingReason;
}

export interface VirtualRead {
  /** What was asked for, or as much of it as is there. */
  readonly bytes: Uint8Array;
  readonly missing: MissingMemory | null;
}

/** The architectural limit on an instruction (APM vol 3 §1.2). */
const LONGEST_INSTRUCTION = 15;

interface Chunk {
  readonly gpa: number;
  readonly offset: number;
  readonly length: number;
}

export class VirtualMemory {
  /** @param state Gives the guest's state save area as it is now. */
  constructor(
    private readonly memory: GuestMemory,
    private readonly state: () => Vmcb,
  ) {}

  /** Guest-physical address of a linear address, or null. Rights do not matter. */
  translate(linear: bigint): number | null {
    const found = this.look(this.state(), linear);
    return typeof found === 'number' ? found : null;
  }

  /** Reads `bytes` bytes, or as many as are there. Outside of long mode addresses wrap at 4 GiB. */
  read(linear: bigint, bytes: number): VirtualRead {
    const result = new Uint8Array(bytes);
    const { chunks, length, missing } = this.chunks(linear, bytes);
    for (const chunk of chunks) result.set(this.memory.read(chunk.gpa, chunk.length), chunk.offset);
    return { bytes: result.subarray(0, length), missing };
  }

  /** Writes all of `bytes`, whatever the pages' rights are; or, if not all of it is there, nothing. */
  write(linear: bigint, bytes: Uint8Array): MissingMemory | null {
    const { chunks, missing } = this.chunks(linear, bytes.length);
    if (missing) return missing;
    for (const { gpa, offset, length } of chunks)
      this.memory.write(gpa, bytes.subarray(offset, offset + length));
    return null;
  }

  /** The size of code that CS says. */
  codeBits(): CodeBits {
    return codeBitsOf(this.state());
  }

  /** The bytes of the instruction at CS:`rip`: 15, or fewer where memory ends; and the size of code that CS says. */
  code(rip: bigint): { readonly bytes: Uint8Array; readonly bits: CodeBits } {
    const bits = codeBitsOf(this.state());
    return { bytes: this.read(this.codeAddress(rip), LONGEST_INSTRUCTION).bytes, bits };
  }

  /** Linear address of CS:`rip`. */
  codeAddress(rip: bigint): bigint {
    const state = this.state();
    return codeBitsOf(state) === 64 ? rip : BigInt.asUintN(32, state.get('csBase') + rip);
  }

  /** A range in pieces that lie in one page each. */
  private chunks(linear: bigint, bytes: number) {
    const state = this.state();
    const chunks: Chunk[] = [];
    let length = 0;
    while (length < bytes) {
      const address = wrap(state, linear + BigInt(length));
      const found = this.look(state, address);
      if (typeof found !== 'number') return { chunks, length, missing: { address, reason: found } };
      const inPage = Math.min(bytes - length, PAGE_BYTES - (found % PAGE_BYTES));
      chunks.push({ gpa: found, offset: length, length: inPage });
      length += inPage;
    }
    return { chunks, length, missing: null };
  }

  private look(state: Vmcb, linear: bigint): number | MissingReason {
    const address = wrap(state, linear);
    if (isLong(state) && BigInt.asUintN(64, BigInt.asIntN(48, address)) !== address) return 'not-canonical';
    const found = translate(this.memory, state, address, 'look');
    if ('fault' in found) return 'not-mapped';
    return this.memory.contains(found.gpa, 1) ? found.gpa : 'no-memory';
  }
}

function isLong(state: Vmcb): boolean {
  return (state.low('efer') & Efer.Lma) !== 0;
}

function wrap(state: Vmcb, linear: bigint): bigint {
  return BigInt.asUintN(isLong(state) ? 64 : 32, linear);
}
