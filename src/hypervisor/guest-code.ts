/** The guest's instruction bytes, read as a debugger does: without faults and without a trace in its page tables. */
import { translate } from './guest-paging.js';
import type { Vcpu } from './vcpu.js';

/** The architectural limit on an instruction (APM vol 3 §1.2). */
const LONGEST_INSTRUCTION = 15;

/** 15 bytes at CS:`rip`, or as many as are mapped. */
export function codeAt(vcpu: Vcpu, rip: bigint): Uint8Array {
  const base = vcpu.is64Bit() ? 0n : vcpu.vmcb.get('csBase');
  const bytes: number[] = [];
  for (let i = 0n; i < LONGEST_INSTRUCTION; i++) {
    const linear = vcpu.is64Bit() ? rip + i : BigInt.asUintN(32, base + rip + i);
    const found = translate(vcpu.memory, vcpu.vmcb, linear, 'look');
    if ('fault' in found || !vcpu.memory.contains(found.gpa, 1)) break;
    bytes.push(Number(vcpu.memory.readInteger(found.gpa, 1)));
  }
  return Uint8Array.from(bytes);
}
