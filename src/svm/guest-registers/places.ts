/** Which registers of a guest the world switch moves, and which stay in the processor (APM vol 2 §15.5.1, §15.6). */
import { Seg } from '../../../assembly/abi/register.js';
import type { VmcbSegmentName } from '../vmcb.js';

/** In the order in which x86 encodes them. */
// prettier-ignore
export const GENERAL_REGISTERS = [
  'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi',
  'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
] as const;

/** Fields of 64 bits that the world switch moves. */
// prettier-ignore
export const SWITCHED = ['rax', 'rsp', 'rip', 'cr0', 'cr2', 'cr3', 'cr4', 'dr6', 'dr7'] as const;

/** Fields that stay in the processor. */
// prettier-ignore
export const KEPT = [
  'rcx', 'rdx', 'rbx', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
  'dr0', 'dr1', 'dr2', 'dr3',
  'star', 'lstar', 'cstar', 'sfmask', 'kernelGsBase', 'sysenterCs', 'sysenterEsp', 'sysenterEip', 'tscAux',
] as const;

/** MSRs for whose other values WRMSR raises #GP(0) (APM vol 3, WRMSR). */
export const CANONICAL: ReadonlySet<string> = new Set(['lstar', 'cstar', 'kernelGsBase']);

export const SEGMENTS: Readonly<Record<VmcbSegmentName, Seg>> = {
  es: Seg.Es,
  cs: Seg.Cs,
  ss: Seg.Ss,
  ds: Seg.Ds,
  fs: Seg.Fs,
  gs: Seg.Gs,
  ldtr: Seg.Ldtr,
  tr: Seg.Tr,
};
