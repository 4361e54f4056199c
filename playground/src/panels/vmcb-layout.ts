/** What the bits of a VMCB are called (APM vol 2 App. B): the rows of the VMCB panel. */
import { exitName, type VmcbFieldName } from 'vmexit';

export interface NamedBit {
  readonly bit: number;
  readonly name: string;
  readonly meaning?: string;
}

export interface BitField {
  readonly field: VmcbFieldName;
  readonly label: string;
  readonly offset: number;
  readonly bits: readonly NamedBit[];
}

/** Intercept vector n holds exit codes 32n to 32n + 31: the bits have the exits' names. */
function intercepts(field: VmcbFieldName, label: string, offset: number, vector: number): BitField {
  const bits = Array.from({ length: 32 }, (_, bit) => ({ bit, name: exitName(vector * 32 + bit) }));
  return { field, label, offset, bits };
}

export const INTERCEPT_FIELDS: readonly BitField[] = [
  intercepts('interceptCr', 'Control registers', 0x000, 0),
  intercepts('interceptDr', 'Debug registers', 0x004, 1),
  intercepts('interceptExceptions', 'Exceptions', 0x008, 2),
  intercepts('intercept3', 'Vector 3', 0x00c, 3),
  intercepts('intercept4', 'Vector 4', 0x010, 4),
  intercepts('intercept5', 'Vector 5', 0x014, 5),
];

/** VMCB 060h (APM vol 2 §15.21). */
export const VIRTUAL_INTERRUPT: BitField = {
  field: 'virtualInterrupt',
  label: 'Virtual interrupt control',
  offset: 0x060,
  bits: [
    { bit: 11, name: 'V_NMI', meaning: 'an NMI is requested that the guest has not taken' },
    { bit: 12, name: 'V_NMI_MASK', meaning: 'the guest is in an NMI handler: no other is taken before IRET' },
    {
      bit: 26,
      name: 'V_NMI_ENABLE',
      meaning: 'the processor tracks NMIs: V_NMI and V_NMI_MASK are in force',
    },
    { bit: 8, name: 'V_IRQ', meaning: 'a virtual interrupt is requested' },
    { bit: 20, name: 'V_IGN_TPR', meaning: 'the virtual interrupt ignores the task priority' },
    { bit: 24, name: 'V_INTR_MASKING', meaning: 'IF and CR8 of the guest are its own' },
    { bit: 9, name: 'VGIF', meaning: 'the virtual global interrupt flag' },
    { bit: 25, name: 'V_GIF_ENABLE', meaning: 'the guest has a GIF of its own' },
    { bit: 31, name: 'AVIC', meaning: 'virtual interrupt controller' },
  ],
};

/** VMCB 068h (APM vol 2 §15.21.5). */
export const SHADOW: BitField = {
  field: 'interruptShadow',
  label: 'Interrupt shadow',
  offset: 0x068,
  bits: [
    { bit: 0, name: 'INTERRUPT_SHADOW', meaning: 'nothing is delivered before the next instruction is over' },
  ],
};

/** VMCB 0C0h (APM vol 2 §15.15): a set bit promises that its fields are unchanged. */
export const CLEAN: BitField = {
  field: 'clean',
  label: 'Clean bits',
  offset: 0x0c0,
  bits: ['I', 'IOPM', 'ASID', 'TPR', 'NP', 'CRx', 'DRx', 'DT', 'SEG', 'CR2', 'LBR', 'AVIC', 'CET'].map(
    (name, bit) => ({
      bit,
      name,
    }),
  ),
};

/** VMCB 090h and 0B8h. */
export const NESTED: BitField = {
  field: 'nestedControl',
  label: 'Nested control',
  offset: 0x090,
  bits: [
    { bit: 0, name: 'NP_ENABLE', meaning: 'nested paging' },
    { bit: 1, name: 'SEV' },
    { bit: 2, name: 'SEV_ES' },
    { bit: 3, name: 'GMET' },
  ],
};

/** A field that is shown as a number. */
export type NumberRow = readonly [field: VmcbFieldName, label: string, offset: number];

export const ADDRESS_ROWS: readonly NumberRow[] = [
  ['nestedCr3', 'N_CR3', 0x0b0],
  ['iopmBase', 'IOPM_BASE', 0x040],
  ['msrpmBase', 'MSRPM_BASE', 0x048],
  ['guestAsid', 'ASID', 0x058],
  ['tlbControl', 'TLB_CONTROL', 0x05c],
  ['tscOffset', 'TSC_OFFSET', 0x050],
];

export const EXIT_ROWS: readonly NumberRow[] = [
  ['exitInfo1', 'EXITINFO1', 0x078],
  ['exitInfo2', 'EXITINFO2', 0x080],
  ['nextRip', 'nRIP', 0x0c8],
];

export const SAVED_ROWS: readonly NumberRow[] = [
  ['rip', 'RIP', 0x578],
  ['rsp', 'RSP', 0x5d8],
  ['rax', 'RAX', 0x5f8],
  ['rflags', 'RFLAGS', 0x570],
  ['cr0', 'CR0', 0x558],
  ['cr2', 'CR2', 0x640],
  ['cr3', 'CR3', 0x550],
  ['cr4', 'CR4', 0x548],
  ['efer', 'EFER', 0x4d0],
  ['cpl', 'CPL', 0x4cb],
  ['csSelector', 'CS selector', 0x410],
  ['csBase', 'CS base', 0x418],
  ['ssSelector', 'SS selector', 0x420],
  ['idtrBase', 'IDTR base', 0x488],
  ['gdtrBase', 'GDTR base', 0x468],
  ['dr6', 'DR6', 0x568],
  ['dr7', 'DR7', 0x560],
];

/** All fields that the panel shows: what the worker reads. */
export const SHOWN_FIELDS: readonly VmcbFieldName[] = [
  ...INTERCEPT_FIELDS.map(({ field }) => field),
  ...[VIRTUAL_INTERRUPT, SHADOW, CLEAN, NESTED].map(({ field }) => field),
  ...[...ADDRESS_ROWS, ...EXIT_ROWS, ...SAVED_ROWS].map(([field]) => field),
  'exitCode',
  'exitIntInfo',
  'eventInjection',
];
