/** Fills a VMCB for a guest's first instruction, and with what the hypervisor wants in every VMRUN. */
import { Efer } from '../../assembly/abi/processor-bits.js';
import type { GuestEntry, SegmentName } from '../loader/entry.js';
import { intercept, type InterceptName } from '../svm/intercepts.js';
import type { Processor } from '../svm/processor.js';
import { maskInterruptsVirtually } from '../svm/vintr.js';
import type { Vmcb } from '../svm/vmcb.js';
import type { MemoryLayout } from './memory-layout.js';

/** What KVM and Xen both intercept, of what exists here. */
// prettier-ignore
const INTERCEPTS: readonly InterceptName[] = [
  'intr', 'nmi', 'init', 'shutdown', 'cpuid', 'hlt', 'ioio', 'msr', 'invd', 'wbinvd', 'task-switch',
  'vmrun', 'vmmcall', 'vmload', 'vmsave', 'stgi', 'clgi', 'skinit', 'invlpga', 'monitor', 'mwait', 'xsetbv',
];

/** There is one guest; ASID 0 is the host. */
const ASID = 1;
const NP_ENABLE = 1n;
/** PAT as RESET leaves it: WB WT UC- UC, twice (APM vol 2 §7.8.2). */
const PAT_AT_RESET = 0x0007_0406_0007_0406n;
const DR6_AT_RESET = 0xffff_0ff0n;
const DR7_AT_RESET = 0x400n;

/** The fields of the control area that never change. */
export function fillControlArea(vmcb: Vmcb, layout: MemoryLayout, nestedRoot: number): void {
  intercept(vmcb, ...INTERCEPTS);
  vmcb.setNumber('iopmBase', layout.iopm);
  vmcb.setNumber('msrpmBase', layout.msrpm);
  vmcb.set('guestAsid', ASID);
  maskInterruptsVirtually(vmcb, true);
  vmcb.set('nestedControl', NP_ENABLE);
  vmcb.setNumber('nestedCr3', nestedRoot);
}

/**
 * The guest's state before its first instruction, without bits of CR4 and XCR0 that the processor does not have. SVME is set
 * as VMRUN demands, and hidden from the guest (msr.ts).
 */
export function fillStateSaveArea(vmcb: Vmcb, processor: Processor, entry: GuestEntry): void {
  for (const [name, segment] of Object.entries(entry.segments))
    vmcb.setSegment(name as SegmentName, { ...segment, base: BigInt(segment.base) });
  vmcb.set('gdtrLimit', entry.gdtr.limit);
  vmcb.setNumber('gdtrBase', entry.gdtr.base);
  vmcb.set('idtrLimit', entry.idtr.limit);
  vmcb.setNumber('idtrBase', entry.idtr.base);
  vmcb.setNumber('efer', entry.efer | Efer.Svme);
  vmcb.setNumber('cr0', entry.cr0);
  vmcb.setNumber('cr3', entry.cr3);
  vmcb.setNumber('cr4', entry.cr4 & processor.cr4Bits);
  processor.xsetbv(BigInt(entry.xcr0) & processor.xcr0Bits);
  vmcb.set('dr6', DR6_AT_RESET);
  vmcb.set('dr7', DR7_AT_RESET);
  vmcb.set('guestPat', PAT_AT_RESET);
  vmcb.setNumber('rflags', entry.rflags);
  vmcb.setNumber('rip', entry.rip);
  vmcb.setNumber('rsp', entry.rsp);
  vmcb.setNumber('rax', entry.registers.rax ?? 0);
  processor.registers.setNumber('rbx', entry.registers.rbx ?? 0);
}
