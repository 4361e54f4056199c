/**
 * What a guest may ask of its hypervisor: VMMCALL, the function in EAX, its argument in EBX.
 *
 * EAX is 0 afterwards, or FFFFFFFFh if the function or its arguments make no sense. A hypercall never raises an
 * exception. Any privilege level may call, as VMMCALL itself checks none (APM vol 3).
 */
import { Cr0 } from '../../assembly/abi/processor-bits.js';
import { PAGE_BYTES } from './memory-layout.js';
import type { Vcpu } from './vcpu.js';

const OK = 0;
const FAILED = 0xffff_ffff;
/** A print is bounded so that one call cannot keep the host busy. */
const MAX_PRINT_BYTES = 0x1_0000;

/** Function number to what it does with EBX; returns EAX. */
const FUNCTIONS: ReadonlyMap<number, (vcpu: Vcpu, ebx: number) => number> = new Map([
  [0, exit],
  [1, print],
  [2, requestNmi],
  [3, mark],
  [4, unmap],
]);

/** The VMMCALL at RIP is complete when this is called. */
export function hypercall(vcpu: Vcpu): void {
  const call = FUNCTIONS.get(vcpu.eax);
  vcpu.eax = call ? call(vcpu, vcpu.registers.low('rbx')) : FAILED;
}

/** 0: ends the run with status EBX. */
function exit(vcpu: Vcpu, status: number): number {
  vcpu.exitStatus = status;
  return OK;
}

/** 1: prints ECX bytes at guest-physical rSI; in real mode at DS:SI. */
function print(vcpu: Vcpu): number {
  const length = vcpu.registers.low('rcx');
  const address = printAddress(vcpu);
  if (length > MAX_PRINT_BYTES || !vcpu.memory.contains(address, length)) return FAILED;
  for (const byte of vcpu.memory.read(address, length)) vcpu.console.put(byte);
  return OK;
}

function printAddress(vcpu: Vcpu): number {
  if (vcpu.is64Bit()) return Number(vcpu.registers.get('rsi'));
  const esi = vcpu.registers.low('rsi');
  if (vcpu.vmcb.low('cr0') & Cr0.Pe) return esi;
  return Number(vcpu.vmcb.get('dsBase')) + (esi & 0xffff);
}

/** 2: requests an NMI for the caller after EBX further instructions. */
function requestNmi(vcpu: Vcpu, instructions: number): number {
  vcpu.agenda.add(vcpu.now() + instructions);
  return OK;
}

/** 3: records EBX in the trace. */
function mark(vcpu: Vcpu, value: number): number {
  if (vcpu.isTraced) vcpu.trace({ kind: 'mark', time: vcpu.now(), rip: vcpu.rip(), value });
  return OK;
}

/** 4: takes the page of guest-physical EBX out of the nested tables until it is touched, as a swapping host does. */
function unmap(vcpu: Vcpu, gpa: number): number {
  if (!vcpu.memory.contains(gpa, 1)) return FAILED;
  vcpu.nested.unmap(gpa - (gpa % PAGE_BYTES), PAGE_BYTES);
  vcpu.flushTlb();
  return OK;
}
