/** Where Bochs 2.7 and vmexit disagree, decided by the manual. A scenario with a difference that is not here fails. */
import { SHORT_TSS } from './families/transfers.js';
import type { Ruling } from './ruling.js';
import { SHARED_RULINGS } from './shared-rulings.js';

const RF = 0x10000;

export const BOCHS_RULINGS: readonly Ruling[] = [
  ...SHARED_RULINGS,
  {
    text: 'interrupts: stores no frame if the new RIP is beyond the limit of CS; the manual pushes first (vol 3 INT)',
    explains: ({ theirs, before }, { ours }) =>
      theirs === before && (ours.get('vector') === 13 || ours.get('vector') === 8),
  },
  {
    text: 'task switch: refuses one from a TSS shorter than 68h bytes; the manual checks only the new one (vol 2 §12.3)',
    explains: (_, { scenario, theirs }) => theirs.has('shutdown') && scenario.tr === SHORT_TSS,
  },
  {
    text: 'SGDT, SIDT: stores the limit although the base faults; a fault leaves memory alone (vol 2 §8.2)',
    explains: ({ ours, before }, { scenario }) => ours === before && /s[gi]dt/.test(scenario.name),
  },
  {
    text: 'PUSH of a segment register: stores 2 bytes, as on Intel, and checks their alignment; Zen 4 stores 4 (measured)',
    explains: (_, { scenario }) => /^push [ef]s/.test(scenario.name),
  },
  {
    text: 'POPA: a fault leaves EBP changed; faults are precise (vol 2 §8.2)',
    explains: ({ field }, { scenario }) => field === 'ebp' && scenario.name.startsWith('popa'),
  },
  {
    text: 'task switch: judges SS before CS; the manual gives no order for a task with two wrong selectors (vol 2 §12.3)',
    explains: (_, { scenario }) => scenario.group === 'tasks' && / c(s|ode) /.test(scenario.name),
  },
  {
    text: 'virtual interrupts: #GP at any boundary where VIF and VIP are set; the manual has it when STI, POPF or IRET sets VIF (vol 2 §8.10)',
    explains: (_, { scenario, theirs }) =>
      theirs.get('vector') === 13 && scenario.cr4 !== 0 && /virtual|v86/.test(scenario.group),
  },
  {
    text: 'IRETD in virtual-8086 mode: goes beyond the limit and faults there; the manual checks EIP first (vol 3 IRET)',
    explains: (_, { scenario, ours }) =>
      ours.get('vector') === 13 && scenario.name.startsWith('iretd with IOPL 3'),
  },
  {
    text: 'POPFD in virtual-8086 mode below IOPL 3: reads the stack first; the manual gives #GP before it pops (vol 3 POPF)',
    explains: (_, { scenario, ours }) =>
      ours.get('vector') === 13 && scenario.name.startsWith('popfd with IOPL 1'),
  },
  {
    text: 'IRET, RETF: SP does not wrap at 64 KiB within the frame on a 16-bit stack (vol 2 §4.5.3)',
    explains: (_, { scenario, theirs }) =>
      theirs.get('vector') === 12 && /^(iret|retf)[wd]? .* sp fff[a-f] flags 0/.test(scenario.name),
  },
  {
    text: 'long mode, IRETD and IRETW from 64-bit code: leave SS:RSP alone; the manual pops them always (vol 2 §8.9.6)',
    explains: (_, { scenario }) => /^iret (16|32) at level/.test(scenario.name),
  },
  {
    text: 'long mode: #SS for a stack that is not canonical names a selector; the manual: error code 0 (vol 2 §8.2.13)',
    explains: ({ ours, theirs }, { ours: outcome }) => outcome.get('vector') === 12 && theirs - ours < 0x80,
  },
  {
    text: 'DR7: bit 11 can be set, as RTM on Intel; reserved, read as 0 (vol 2 §13.1.1.4)',
    explains: ({ field, ours, theirs }) => field === 'dr7' && (ours ^ theirs) === 0x800,
  },
  {
    text: 'SYSENTER, SYSEXIT in long mode: exist, as on Intel; undefined on AMD (vol 3 SYSENTER)',
    explains: (_, { scenario, ours }) => ours.get('vector') === 6 && /0f 3[45] /.test(scenario.name),
  },
  {
    text: 'DR6: clears BT when #DB sets others, which only software may (vol 2 §13.1.1.3)',
    explains: ({ field, ours, theirs }, { scenario }) =>
      field === 'dr6' && (ours & ~theirs) !== 0 && scenario.name.startsWith('mov dr6'),
  },
  {
    text: 'DR7.GD under TF: BS is set with BD although nothing was executed (vol 2 §13.1.1.3)',
    explains: ({ field, ours, theirs }) =>
      field === 'dr6' && (theirs & 0x6000) === 0x6000 && (ours & 0x2000) !== 0,
  },
  {
    text: 'DR7.GD with RF set: the frame has RF clear; a fault leaves RF as it was (vol 2 §13.1.2)',
    explains: ({ ours, theirs }, { scenario }) =>
      (ours ^ theirs) === RF && /dr[0-7].* RF/.test(scenario.name),
  },
  {
    text: 'MOV DR at level 3 with DR7.GD: #DB instead of #GP; the manual checks the level first (vol 2 Table 15-7)',
    explains: (_, { scenario, ours }) =>
      ours.get('vector') === 13 && /dr[0-7].* at level 3/.test(scenario.name),
  },
  {
    text: 'long mode, LAR and LSL: fail if the upper half of a system descriptor has a type; the manual has only loads check it (vol 2 §4.8.3)',
    explains: (_, { scenario }) => /^l(ar|sl) eax/.test(scenario.name),
  },
  {
    text: "SYSRET to an RIP that is not canonical: #GP at level 0, as on Intel; on AMD the fault is the program's (vol 3 SYSRET)",
    explains: (_, { scenario }) => /^sysret.* RCX 800000000000/.test(scenario.name),
  },
  {
    text: 'LGDT, LIDT: read the base before the limit; the manual gives no order of their faults (vol 3 LGDT)',
    explains: (_, { scenario }) => /^l[gi]dt \[rbx\]/.test(scenario.name),
  },
  {
    text: 'LLDT, LTR in long mode: the type of the upper half comes before P; the manual gives no order (vol 3 LLDT, LTR)',
    explains: (_, { scenario, ours }) => ours.get('vector') === 11 && /^l(ldt|tr) ax/.test(scenario.name),
  },
];
