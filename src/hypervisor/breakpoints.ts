/**
 * Breakpoints that IN, OUT, INS and OUTS hit (APM vol 2 §13.1.1.4). The intercept comes before the access, these after it
 * (§15.10): of an instruction that exits, the processor has nothing to match, so it is for whoever carries it out.
 */
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import type { IoioExit } from '../svm/exit.js';
import type { Vcpu } from './vcpu.js';

const REGISTERS = ['dr0', 'dr1', 'dr2', 'dr3'] as const;
/** DR7: L and G of a breakpoint; those of all four. */
const ENABLED = 3;
const ANY_ENABLED = 0xff;
/** Bytes or ports that a breakpoint covers, by LEN. */
const SPANS = [1n, 2n, 8n, 4n] as const;

/** What a breakpoint watches: R/W of DR7. */
enum Watched {
  Writes = 1,
  Ports = 2,
  Data = 3,
}

/** Bits B0 to B3 of DR6 for the breakpoints that the access to a port hits. */
export function matchPort(vcpu: Vcpu, { port, bytes }: IoioExit): number {
  return (vcpu.cr4 & Cr4.De) === 0 ? 0 : match(vcpu, BigInt(port), bytes, [Watched.Ports]);
}

/** Those of an access to memory, by its linear address. */
export function matchData(vcpu: Vcpu, linear: bigint, bytes: number, isWrite: boolean): number {
  return match(vcpu, linear, bytes, isWrite ? [Watched.Writes, Watched.Data] : [Watched.Data]);
}

function match(vcpu: Vcpu, address: bigint, bytes: number, watched: readonly Watched[]): number {
  const dr7 = vcpu.vmcb.low('dr7');
  if ((dr7 & ANY_ENABLED) === 0) return 0;
  let matched = 0;
  REGISTERS.forEach((register, i) => {
    const isEnabled = ((dr7 >>> (2 * i)) & ENABLED) !== 0;
    const conditions = dr7 >>> (16 + 4 * i);
    if (!isEnabled || !watched.includes(conditions & 3)) return;
    const span = SPANS[(conditions >>> 2) & 3]!; // four lengths, two bits
    const first = vcpu.registers.get(register) & ~(span - 1n);
    if (address < first + span && first < address + BigInt(bytes)) matched |= 1 << i;
  });
  return matched;
}
