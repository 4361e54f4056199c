/**
 * What the hypervisor does about each exit. The table is total: a new kind of exit does not compile without a row.
 *
 * No handler runs the guest or counts. NMI exits belong to the delivery strategy.
 */
import { Cr4, PageFault } from '../../assembly/abi/processor-bits.js';
import { Vector } from '../../assembly/abi/vector.js';
import type { IoioExit, NestedPageFaultExit, VmExit } from '../svm/exit.js';
import { exitName, removeIntercept } from '../svm/intercepts.js';
import { matchPort } from './breakpoints.js';
import { guestCpuid } from './cpuid.js';
import { hypercall } from './hypercalls.js';
import { PAGE_BYTES } from './memory-layout.js';
import { readMsr, writeMsr } from './msr.js';
import type { StopReason } from './run-result.js';
import { emulateStringPort } from './string-port.js';
import type { Vcpu } from './vcpu.js';

/** Resume the guest, or stop and tell the owner of the virtual machine why. */
export type Verdict = 'resume' | StopReason;

type Handler<K extends VmExit['kind']> = (vcpu: Vcpu, exit: Extract<VmExit, { kind: K }>) => Verdict;
type Handlers = { readonly [K in VmExit['kind']]: Handler<K> };

/** An exit that no intercept of ours asks for. */
const unasked = (vcpu: Vcpu, exit: VmExit): Verdict => ({
  kind: 'unhandled-exit',
  exit: exitName(exit.code),
  rip: vcpu.rip(),
});

/** An instruction that the guest's CPUID says it does not have. */
const undefinedOpcode = (vcpu: Vcpu): Verdict => {
  vcpu.raise(Vector.Ud);
  return 'resume';
};

/** An instruction with no effect on this machine, such as one about caches. */
const skip = (vcpu: Vcpu): Verdict => {
  vcpu.completeInstruction();
  return 'resume';
};

const nothing = (): Verdict => 'resume';

// prettier-ignore
const HANDLERS: Handlers = {
  // Physical events are the host's: the loop has acknowledged them.
  intr: nothing,
  nmi: nothing,

  // NMI delivery.
  iret(vcpu) { vcpu.delivery.handleIret(); return 'resume'; },
  vintr(vcpu) { vcpu.delivery.handleVintr(); return 'resume'; },
  exception: reflect,

  // The guest's life.
  cpuid: emulateCpuid,
  hlt: sleep,
  ioio: emulatePort,
  msr: emulateMsr,
  vmmcall(vcpu) { vcpu.completeInstruction(); hypercall(vcpu); return 'resume'; },
  'nested-page-fault': mapPage,
  'task-switch': leaveToProcessor,
  xsetbv: writeXcr0,
  shutdown: () => ({ kind: 'triple-fault' }),
  invd: skip,
  wbinvd: skip,

  // The guest has no SVM and no MONITOR.
  vmrun: undefinedOpcode, vmload: undefinedOpcode, vmsave: undefinedOpcode, stgi: undefinedOpcode,
  clgi: undefinedOpcode, skinit: undefinedOpcode, invlpga: undefinedOpcode,
  monitor: undefinedOpcode, mwait: undefinedOpcode, 'mwait-conditional': undefinedOpcode, rdpru: undefinedOpcode,

  // Not intercepted.
  invalid: unasked, smi: unasked, init: unasked, unknown: unasked, vmgexit: unasked,
  'cr-read': unasked, 'cr-write': unasked, 'cr0-selective-write': unasked, 'cr-write-trap': unasked,
  'dr-read': unasked, 'dr-write': unasked, 'efer-write-trap': unasked,
  'idtr-read': unasked, 'gdtr-read': unasked, 'ldtr-read': unasked, 'tr-read': unasked,
  'idtr-write': unasked, 'gdtr-write': unasked, 'ldtr-write': unasked, 'tr-write': unasked,
  rdtsc: unasked, rdtscp: unasked, rdpmc: unasked, pushf: unasked, popf: unasked, rsm: unasked,
  'software-interrupt': unasked, pause: unasked, invlpg: unasked, invpcid: unasked, icebp: unasked,
  'ferr-freeze': unasked, invlpgb: unasked, 'invlpgb-illegal': unasked, mcommit: unasked, tlbsync: unasked,
  'bus-lock': unasked, 'idle-hlt': unasked, 'avic-incomplete-ipi': unasked, 'avic-no-acceleration': unasked,
};

/** Applies the handler of the exit's kind. */
export function handleExit(vcpu: Vcpu, exit: VmExit): Verdict {
  // The row's parameter is the member of the union with that kind: the table's type says so, an index cannot.
  const handler = HANDLERS[exit.kind] as (vcpu: Vcpu, exit: VmExit) => Verdict;
  const verdict = handler(vcpu, exit);
  if (verdict === 'resume' && vcpu.exitStatus !== null) return { kind: 'exit', status: vcpu.exitStatus };
  return verdict;
}

/** The guest's own exception: gives it back. A #DB may be the strategy's alone. DR6 is already the handler's. */
function reflect(vcpu: Vcpu, exit: Extract<VmExit, { kind: 'exception' }>): Verdict {
  if (exit.vector === Vector.Db && !vcpu.delivery.handleDebug()) return 'resume';
  if (exit.vector === Vector.Pf && exit.address !== null) vcpu.vmcb.set('cr2', exit.address);
  vcpu.raise(exit.vector, exit.errorCode);
  return 'resume';
}

/** The guest sleeps until an NMI is due; the loop sees to that. */
function sleep(vcpu: Vcpu): Verdict {
  vcpu.haltedAt = vcpu.rip();
  vcpu.completeInstruction();
  return 'resume';
}

function emulateCpuid(vcpu: Vcpu): Verdict {
  const { eax, ebx, ecx, edx } = guestCpuid(vcpu, vcpu.eax, vcpu.registers.low('rcx'));
  vcpu.eax = eax;
  vcpu.registers.setNumber('rbx', ebx);
  vcpu.registers.setNumber('rcx', ecx);
  vcpu.registers.setNumber('rdx', edx);
  vcpu.completeInstruction();
  return 'resume';
}

/** IN writes AL, AX or, clearing the rest of RAX, EAX. */
function emulatePort(vcpu: Vcpu, exit: IoioExit): Verdict {
  if (exit.isString) {
    emulateStringPort(vcpu, exit);
    return 'resume';
  }
  if (!exit.isInput) vcpu.ports.write(exit.port, exit.bytes, vcpu.eax);
  else {
    const value = vcpu.ports.read(exit.port, exit.bytes);
    if (exit.bytes === 4) vcpu.eax = value;
    else {
      const mask = exit.bytes === 1 ? 0xff : 0xffff;
      vcpu.vmcb.setLow('rax', ((vcpu.eax & ~mask) | value) >>> 0);
    }
  }
  vcpu.completeInstruction(exit.nextRip, matchPort(vcpu, exit));
  return 'resume';
}

function emulateMsr(vcpu: Vcpu, exit: Extract<VmExit, { kind: 'msr' }>): Verdict {
  const index = vcpu.registers.low('rcx');
  const isDone = exit.isWrite ? write(vcpu, index) : read(vcpu, index);
  if (isDone) vcpu.completeInstruction();
  else vcpu.raise(Vector.Gp, 0);
  return 'resume';
}

function read(vcpu: Vcpu, index: number): boolean {
  const value = readMsr(vcpu, index);
  if (value === null) return false;
  vcpu.eax = Number(value & 0xffff_ffffn);
  vcpu.registers.setNumber('rdx', Number(value >> 32n));
  return true;
}

function write(vcpu: Vcpu, index: number): boolean {
  const value = (BigInt(vcpu.registers.low('rdx')) << 32n) | BigInt(vcpu.eax);
  return writeMsr(vcpu, index, value);
}

/** XSETBV: the intercept came before the processor's own checks. This hypervisor uses none of the state, so XCR0 is shared. */
function writeXcr0(vcpu: Vcpu): Verdict {
  const { vmcb, registers } = vcpu;
  const value = (BigInt(registers.low('rdx')) << 32n) | BigInt(vcpu.eax);
  if ((vcpu.cr4 & Cr4.Osxsave) === 0) vcpu.raise(Vector.Ud);
  else if (vmcb.get('cpl') === 0 && registers.low('rcx') === 0 && vcpu.host.xsetbv(value))
    vcpu.completeInstruction();
  else vcpu.raise(Vector.Gp, 0);
  return 'resume';
}

/** The first touch of a page, or of one that was taken away, maps it. Beyond RAM there is nothing to map. */
function mapPage(vcpu: Vcpu, exit: NestedPageFaultExit): Verdict {
  const page = exit.gpa - (exit.gpa % PAGE_BYTES);
  const isMapped = (exit.error & PageFault.Present) !== 0;
  if (isMapped) return unasked(vcpu, exit);
  if (!vcpu.memory.contains(page, PAGE_BYTES)) {
    const access = exit.error & PageFault.Fetch ? 'fetch' : exit.error & PageFault.Write ? 'write' : 'read';
    return { kind: 'no-memory', gpa: exit.gpa, access, rip: vcpu.rip() };
  }
  vcpu.nested.map(page, page, PAGE_BYTES);
  return 'resume';
}

/**
 * The processor does the task switch itself: the intercept is off for one VMRUN. KVM and Xen do it in software, to
 * the same effect.
 */
function leaveToProcessor(vcpu: Vcpu): Verdict {
  removeIntercept(vcpu.vmcb, 'task-switch');
  return 'resume';
}
