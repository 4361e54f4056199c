/**
 * Where QEMU 7.2's TCG and vmexit disagree, decided by the manual. A scenario with a difference that is not here fails.
 *
 * TCG is made to run operating systems: it leaves out what those do not rely on, above all the limits of segments. What
 * it leaves out is not compared with it, but with Bochs.
 */
import { TSS32 } from './arena.js';
import type { Ruling, RulingContext } from './ruling.js';
import { SHARED_RULINGS } from './shared-rulings.js';

/** RF, and the flags that only IRET to level 0 should have loaded before. */
const RF = 0x10000;
/** As doublewords show it that a frame on a crooked stack lies across. */
const RF_ANYWHERE: ReadonlySet<number> = new Set([RF, RF >>> 16, RF >>> 8, RF << 8]);
const VIRTUAL = 0x180000;
const STATUS_AND_DF = 0xcd5;
/** INT 2Fh, which code that is no handler of the kernel's executes (arena.ts). */
const ESCAPE = 0x2f;
const GENERAL_PROTECTION = 13;
const ALIGNMENT_CHECK = 17;
const DR6_BD = 0x2000;
const DR6_BS = 0x4000;
const DR7_GD = 0x2000;
const DR7_RESERVED_AND_GD = 0xf800;
/** IP, CS and flags, of 32 bits. */
const INTERRUPT_FRAME = 12;
const INCOMING_EIP_AND_FLAGS: ReadonlySet<number> = new Set([TSS32 + 0x20, TSS32 + 0x24]);
/** By LEN of DR7. */
const BREAKPOINT_BYTES = [1, 2, 8, 4];

export const QEMU_RULINGS: readonly Ruling[] = [
  ...SHARED_RULINGS,
  {
    text: 'frames: RF is clear; the manual sets it for every fault but an instruction breakpoint (vol 2 §3.1.6)',
    explains: ({ before, ours, theirs }) => before !== undefined && RF_ANYWHERE.has((ours ^ theirs) >>> 0),
  },
  {
    text: 'alignment: never checked (vol 2 §8.2.18)',
    explains: (_, { scenario, ours }) =>
      scenario.group === 'alignment' && ours.get('vector') === ALIGNMENT_CHECK,
  },
  {
    text: 'IRET at level 0: leaves VIF and VIP as they were, so that they last; the manual loads them (vol 3 IRET)',
    explains: ({ field, before, ours, theirs }) =>
      (field === 'flags' || before !== undefined) && ((ours ^ theirs) & ~(VIRTUAL | RF)) === 0,
  },
  {
    text: 'data accesses: no limit and no type of a segment is checked, and offsets wrap (vol 2 §4.12)',
    explains: (_, { scenario, ours }) =>
      scenario.group === 'limits' ||
      scenario.group === 'stacks' ||
      (scenario.group === 'real mode' && isLimitFault(ours)),
  },
  {
    text: 'virtual interrupts: PVI is missing and the redirection map is read otherwise (vol 2 §8.10)',
    explains: (_, { scenario }) => /v86|virtual/.test(scenario.group) && scenario.cr4 !== 0,
  },
  {
    text: 'INT1: undefined; the manual: #DB (vol 3 INT1)',
    explains: (_, { scenario, theirs }) => scenario.name.startsWith('int1') && theirs.get('vector') === 6,
  },
  {
    text: 'DR7.GD: ignored (vol 2 §13.1.1.4)',
    explains: ({ field, ours, theirs }, { scenario }) =>
      (scenario.dr7 & DR7_GD) !== 0 ||
      (field === 'dr6' && (ours ^ theirs) === DR6_BD && scenario.name.startsWith('mov dr7')),
  },
  {
    text: 'DR7: reserved bits 11, 12, 14 and 15, and GD in a handler, can be set (vol 2 §13.1.1.4)',
    explains: ({ field, ours, theirs }) => field === 'dr7' && ((ours ^ theirs) & ~DR7_RESERVED_AND_GD) === 0,
  },
  {
    text: 'TF with a breakpoint on a port or on the next instruction: DR6 without BS; the trap comes first (vol 2 §8.5)',
    explains: ({ field, ours, theirs }, { scenario }) =>
      field === 'dr6' && (ours & ~theirs) === DR6_BS && scenario.name.includes(' TF'),
  },
  {
    text: 'TF with a breakpoint on data: a second #DB in the handler; one tells of both (vol 2 §13.1.1.3)',
    explains: (_, { scenario, ours, theirs }) =>
      scenario.name.includes(' TF') && (ours.get('esp') ?? 0) - (theirs.get('esp') ?? 0) === INTERRUPT_FRAME,
  },
  {
    text: 'breakpoints: a span is not aligned to its length (vol 2 §13.1.1.4)',
    explains: ({ field }, { scenario, ours, theirs }) =>
      hasCrookedBreakpoint(scenario) && (field === 'dr6' || ours.get('vector') !== theirs.get('vector')),
  },
  {
    text: 'REP INS and OUTS with a breakpoint on the port: #DB before the first element, with the next RIP (vol 2 §13.1.1.4)',
    explains: (_, { scenario }) => scenario.cr4 !== 0 && /^rep (ins|outs)/.test(scenario.name),
  },
  {
    text: 'task switch to a 286 task: keeps the upper halves of registers (vol 2 §12.2.4)',
    explains: (_, { scenario }) => scenario.group === 'tasks' && scenario.name.includes('286'),
  },
  {
    text: 'double faults: the task that takes them finds another context, as no limit of CS was checked before (vol 2 §8.2.9)',
    explains: (_, { ours, theirs }) => ours.get('vector') === 8 && theirs.get('vector') === 8,
  },
  {
    text: 'INT1 and others with a bad gate: the frame is not stored before the limit of CS is checked, or RF is clear (vol 3 INT)',
    explains: ({ theirs, before }, { scenario }) => scenario.group === 'interrupts' && theirs === before,
  },
  {
    text: 'task switch that faults in the new task: stores EIP and EFLAGS into its TSS, which it has not left (vol 2 §12.3)',
    explains: ({ field, before, ours }, { scenario }) =>
      scenario.group === 'tasks' && ours === before && INCOMING_EIP_AND_FLAGS.has(parseInt(field, 16)),
  },
  {
    text: 'IRETD in virtual-8086 mode: goes beyond the limit of 64 KiB, and is lost or faults there (vol 3 IRET)',
    explains: (_, { scenario, ours, theirs }) =>
      (theirs.has('stuck') || ours.get('vector') === GENERAL_PROTECTION) &&
      scenario.name.startsWith('iretd with IOPL 3'),
  },
  {
    text: 'task switch: the T bit of a TSS is ignored (vol 2 §12.2.5)',
    explains: (_, { scenario, ours }) => scenario.group === 'tasks' && ours.get('vector') === 1,
  },
  {
    text: 'long mode: the error code for a gate has 16 times the vector (vol 2 §8.4.1)',
    explains: ({ ours, theirs }, { scenario }) =>
      scenario.group === 'long mode' && ((theirs >>> 4) & 0xff) === ((ours >>> 3) & 0xff),
  },
  {
    text: 'SYSCALL: loses the status flags and DF (vol 3 SYSCALL)',
    explains: ({ ours, theirs }, { scenario }) =>
      scenario.name.startsWith('syscall') && ((ours ^ theirs) & ~STATUS_AND_DF) === 0,
  },
  {
    text: 'PAE: sets the accessed bit of a PDPTE, which is reserved (vol 2 §5.2.3)',
    explains: ({ field, ours, theirs }) => field === '11000' && (ours ^ theirs) === 0x20,
  },
  {
    text: 'SYSRET: loads VM, keeps VIF and VIP; the manual: RF and VM clear, the others from R11 (vol 3 SYSRET)',
    explains: (_, { scenario }) => scenario.name.startsWith('sysret'),
  },
  {
    text: 'WRMSR: takes a base that is not canonical; the manual: #GP (vol 2 §4.5.3)',
    explains: (_, { scenario, ours }) =>
      scenario.name.startsWith('wrmsr') && ours.get('vector') === GENERAL_PROTECTION,
  },
  {
    text: 'transfers: the limit of the new CS is not checked (vol 3 INT, CALL, JMP, RET, IRET)',
    explains: (_, { scenario, ours, theirs }) =>
      /interrupts|transfers|tasks/.test(scenario.group) &&
      isLimitFault(ours) &&
      theirs.get('vector') === ESCAPE,
  },
];

/** #GP or #SS, or what came of it. */
function isLimitFault(outcome: RulingContext['ours']): boolean {
  return [8, 12, 13].includes(outcome.get('vector') ?? 0);
}

/** A breakpoint at no multiple of its length. */
function hasCrookedBreakpoint({ dr, dr7 }: RulingContext['scenario']): boolean {
  return dr.some((address, i) => address % (BREAKPOINT_BYTES[(dr7 >>> (18 + 4 * i)) & 3] ?? 1) !== 0);
}
