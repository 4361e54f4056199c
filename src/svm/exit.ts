/**
 * #VMEXIT, decoded once into a union (APM vol 2 §15.7 to §15.14, App. C).
 *
 * After `decodeExit` nobody looks at EXITCODE again. Exits without information are shared, frozen objects, so that the
 * common ones cost no allocation.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import { Vector } from '../../assembly/abi/vector.js';
import { INTERCEPTS } from './intercepts.js';
import type { Vmcb } from './vmcb.js';

/** Kinds whose exit has no information fields that a hypervisor would want. */
export type PlainExitKind =
  Exclude<keyof typeof INTERCEPTS, 'cr0-selective-write' | InformedKind> | 'vmgexit' | 'invalid';

/** Intercepts whose exits carry information: a type of their own each, below. */
type InformedKind =
  'smi' | 'software-interrupt' | 'invlpg' | 'ioio' | 'msr' | 'task-switch' | 'efer-write-trap' | 'invpcid';

/** IN, OUT, INS or OUTS that the IOPM intercepts (APM vol 2 §15.10.2). */
export interface IoioExit {
  readonly kind: 'ioio';
  readonly code: number;
  readonly port: number;
  readonly bytes: 1 | 2 | 4;
  readonly isInput: boolean;
  readonly isString: boolean;
  readonly isRepeated: boolean;
  readonly addressBits: 16 | 32 | 64;
  /** `Seg` of the memory operand of a string instruction. */
  readonly segment: number;
  /** RIP of the following instruction (EXITINFO2). */
  readonly nextRip: bigint;
}

/** Nested page fault (APM vol 2 §15.25.6). */
export interface NestedPageFaultExit {
  readonly kind: 'nested-page-fault';
  readonly code: number;
  /** Bits 31:0 of EXITINFO1, as a page-fault error code (`PageFault`). */
  readonly error: number;
  /** The fault hit while the guest's own page tables were read, not at the final address. */
  readonly isTableWalk: boolean;
  /** Guest-physical address. */
  readonly gpa: number;
}

export interface TaskSwitchExit {
  readonly kind: 'task-switch';
  readonly code: number;
  readonly selector: number;
  readonly errorCode: number | null;
  readonly cause: 'iret' | 'jump' | 'call-or-event';
  /** RFLAGS.RF as the outgoing TSS would get it. */
  readonly resumeFlag: boolean;
}

/** The one union that a hypervisor handles. `code` is EXITCODE as a number (-1 for INVALID). */
export type VmExit =
  | { readonly kind: PlainExitKind; readonly code: number }
  /** `gpr` (`Reg` order, 0 = rAX) is null for SMSW, LMSW and CLTS, which give no register. */
  | {
      readonly kind: 'cr-read' | 'cr-write' | 'cr0-selective-write';
      readonly code: number;
      readonly cr: number;
      readonly gpr: number | null;
    }
  | { readonly kind: 'cr-write-trap'; readonly code: number; readonly cr: number; readonly value: bigint }
  | {
      readonly kind: 'dr-read' | 'dr-write';
      readonly code: number;
      readonly dr: number;
      readonly gpr: number;
    }
  /** `errorCode` where the exception has one; `address` for #PF: CR2 is not written yet. */
  | {
      readonly kind: 'exception';
      readonly code: number;
      readonly vector: number;
      readonly errorCode: number | null;
      readonly address: bigint | null;
    }
  | { readonly kind: 'smi'; readonly code: number; readonly info: bigint; readonly ioRip: bigint }
  | { readonly kind: 'software-interrupt'; readonly code: number; readonly vector: number }
  | { readonly kind: 'invlpg'; readonly code: number; readonly address: bigint }
  | { readonly kind: 'invpcid'; readonly code: number; readonly descriptor: bigint; readonly type: bigint }
  | IoioExit
  | { readonly kind: 'msr'; readonly code: number; readonly isWrite: boolean }
  | TaskSwitchExit
  | { readonly kind: 'efer-write-trap'; readonly code: number; readonly value: bigint }
  | NestedPageFaultExit
  | {
      readonly kind: 'avic-incomplete-ipi' | 'avic-no-acceleration';
      readonly code: number;
      readonly info1: bigint;
      readonly info2: bigint;
    }
  /** A code this build does not know. Carried, not thrown: the policy decides. */
  | { readonly kind: 'unknown'; readonly code: number; readonly rawCode: bigint };

type Decoder = (code: number, vmcb: Vmcb) => VmExit;

const TWO_32 = 0x1_0000_0000;
/** Bit 63 of EXITINFO1 of a CR exit, in its upper half: a MOV, whose register is in 3:0 (§15.8.1). */
const MOV_CR = 0x8000_0000;
const EXCEPTIONS_WITH_CODE: readonly number[] = [
  Vector.Df,
  Vector.Ts,
  Vector.Np,
  Vector.Ss,
  Vector.Gp,
  Vector.Pf,
  Vector.Ac,
  Vector.Cp,
  Vector.Sx,
];

const infoLow = (vmcb: Vmcb): number => vmcb.word(VmcbOffset.ExitInfo1);
const infoHigh = (vmcb: Vmcb): number => vmcb.word(VmcbOffset.ExitInfo1 + 4);
const info2Low = (vmcb: Vmcb): number => vmcb.word(VmcbOffset.ExitInfo2);
const info2High = (vmcb: Vmcb): number => vmcb.word(VmcbOffset.ExitInfo2 + 4);

function decodeCr(kind: 'cr-read' | 'cr-write' | 'cr0-selective-write', first: number): Decoder {
  return (code, vmcb) => {
    const gpr = (infoHigh(vmcb) & MOV_CR) !== 0 ? infoLow(vmcb) & 15 : null;
    return { kind, code, cr: code - first, gpr };
  };
}

function decodeDr(kind: 'dr-read' | 'dr-write', first: number): Decoder {
  return (code, vmcb) => ({ kind, code, dr: code - first, gpr: infoLow(vmcb) & 15 });
}

function decodeException(code: number, vmcb: Vmcb): VmExit {
  const vector = code - ExitCode.Exception0;
  const errorCode = EXCEPTIONS_WITH_CODE.includes(vector) ? infoLow(vmcb) : null;
  return {
    kind: 'exception',
    code,
    vector,
    errorCode,
    address: vector === Vector.Pf ? vmcb.get('exitInfo2') : null,
  };
}

/** Layout of EXITINFO1: §15.10.2. */
function decodeIoio(code: number, vmcb: Vmcb): VmExit {
  const info = infoLow(vmcb);
  return {
    kind: 'ioio',
    code,
    port: info >>> 16,
    bytes: info & 0x40 ? 4 : info & 0x20 ? 2 : 1,
    isInput: (info & 1) !== 0,
    isString: (info & 4) !== 0,
    isRepeated: (info & 8) !== 0,
    addressBits: info & 0x200 ? 64 : info & 0x100 ? 32 : 16,
    segment: (info >>> 10) & 7,
    nextRip: vmcb.get('exitInfo2'),
  };
}

/** Layout of EXITINFO2: bits 36, 38, 44 and 48 are in the upper half (§15.14.1). */
function decodeTaskSwitch(code: number, vmcb: Vmcb): VmExit {
  const high = info2High(vmcb);
  return {
    kind: 'task-switch',
    code,
    selector: infoLow(vmcb) & 0xffff,
    errorCode: high & 0x1000 ? info2Low(vmcb) : null,
    cause: high & 0x10 ? 'iret' : high & 0x40 ? 'jump' : 'call-or-event',
    resumeFlag: (high & 0x10000) !== 0,
  };
}

function decodeNestedPageFault(code: number, vmcb: Vmcb): VmExit {
  return {
    kind: 'nested-page-fault',
    code,
    error: infoLow(vmcb),
    isTableWalk: (infoHigh(vmcb) & 2) !== 0,
    gpa: info2Low(vmcb) + info2High(vmcb) * TWO_32,
  };
}

function decodeAvic(kind: 'avic-incomplete-ipi' | 'avic-no-acceleration'): Decoder {
  return (code, vmcb) => ({ kind, code, info1: vmcb.get('exitInfo1'), info2: vmcb.get('exitInfo2') });
}

const READ_MSR: VmExit = Object.freeze({ kind: 'msr', code: ExitCode.Msr, isWrite: false });
const WRITE_MSR: VmExit = Object.freeze({ kind: 'msr', code: ExitCode.Msr, isWrite: true });

const INFORMED: { readonly [K in InformedKind]: Decoder } = {
  smi: (code, vmcb) => ({ kind: 'smi', code, info: vmcb.get('exitInfo1'), ioRip: vmcb.get('exitInfo2') }),
  'software-interrupt': (code, vmcb) => ({ kind: 'software-interrupt', code, vector: infoLow(vmcb) & 0xff }),
  invlpg: (code, vmcb) => ({ kind: 'invlpg', code, address: vmcb.get('exitInfo1') }),
  ioio: decodeIoio,
  msr: (_code, vmcb) => (infoLow(vmcb) & 1 ? WRITE_MSR : READ_MSR),
  'task-switch': decodeTaskSwitch,
  'efer-write-trap': (code, vmcb) => ({ kind: 'efer-write-trap', code, value: vmcb.get('exitInfo1') }),
  invpcid: (code, vmcb) => ({
    kind: 'invpcid',
    code,
    descriptor: vmcb.get('exitInfo1'),
    type: vmcb.get('exitInfo2'),
  }),
};

/** Exit codes below this one index the table; the few above it are in `HIGH_DECODERS`. */
const TABLE_CODES = 0xc0;

function decodeTable(): readonly (VmExit | Decoder | undefined)[] {
  const table: (VmExit | Decoder | undefined)[] = new Array(TABLE_CODES).fill(undefined);
  for (let n = 0; n < 16; n++) {
    table[ExitCode.Cr0Read + n] = decodeCr('cr-read', ExitCode.Cr0Read);
    table[ExitCode.Cr0Write + n] = decodeCr('cr-write', ExitCode.Cr0Write);
    table[ExitCode.Dr0Read + n] = decodeDr('dr-read', ExitCode.Dr0Read);
    table[ExitCode.Dr0Write + n] = decodeDr('dr-write', ExitCode.Dr0Write);
    table[ExitCode.Cr0WriteTrap + n] = (code, vmcb) => ({
      kind: 'cr-write-trap',
      code,
      cr: n,
      value: vmcb.get('exitInfo1'),
    });
  }
  for (let vector = 0; vector < 32; vector++) table[ExitCode.Exception0 + vector] = decodeException;
  for (const [kind, code] of Object.entries(INTERCEPTS) as [keyof typeof INTERCEPTS, number][]) {
    if (kind === 'cr0-selective-write') table[code] = decodeCr(kind, ExitCode.Cr0SelectiveWrite);
    else if (kind in INFORMED) table[code] = INFORMED[kind as InformedKind];
    else table[code] = Object.freeze({ kind: kind as PlainExitKind, code });
  }
  return table;
}

const TABLE = decodeTable();

const HIGH_DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [ExitCode.NestedPageFault, decodeNestedPageFault],
  [ExitCode.AvicIncompleteIpi, decodeAvic('avic-incomplete-ipi')],
  [ExitCode.AvicNoAcceleration, decodeAvic('avic-no-acceleration')],
]);

const VMGEXIT: VmExit = Object.freeze({ kind: 'vmgexit', code: ExitCode.Vmgexit });
export const INVALID_EXIT: VmExit = Object.freeze({ kind: 'invalid', code: ExitCode.Invalid });

/** What the #VMEXIT in this VMCB says. */
export function decodeExit(vmcb: Vmcb): VmExit {
  const low = vmcb.word(VmcbOffset.ExitCode);
  const high = vmcb.word(VmcbOffset.ExitCode + 4);
  if (high === 0 && low < TABLE_CODES) {
    const row = TABLE[low];
    if (typeof row === 'function') return row(low, vmcb);
    if (row !== undefined) return row;
  }
  if (high === 0) {
    if (low === ExitCode.Vmgexit) return VMGEXIT;
    const decoder = HIGH_DECODERS.get(low);
    if (decoder !== undefined) return decoder(low, vmcb);
  }
  if (low === 0xffff_ffff && high === 0xffff_ffff) return INVALID_EXIT;
  return Object.freeze({ kind: 'unknown', code: low, rawCode: vmcb.get('exitCode') });
}
