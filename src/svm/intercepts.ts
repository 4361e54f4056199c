/**
 * Intercepts: the names of the exit codes, and the bits that ask for them (APM vol 2 §15.9 to §15.14, App. B and C).
 *
 * The six vectors at VMCB 000h to 017h are laid out as the exit codes are: code n is bit n & 31 of vector n >> 5.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Vector } from '../../assembly/abi/vector.js';
import { VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import { UsageError } from '../errors.js';
import type { GuestState } from './guest-state.js';
import { CleanBit, type ReadonlyVmcb, type Vmcb } from './vmcb.js';

/** Exceptions by the manual's mnemonic. Vectors 2 and 9 cannot be intercepted (§15.12.3, §15.12.10). */
const EXCEPTIONS = {
  de: Vector.De,
  db: Vector.Db,
  bp: Vector.Bp,
  of: Vector.Of,
  br: Vector.Br,
  ud: Vector.Ud,
  nm: Vector.Nm,
  df: Vector.Df,
  ts: Vector.Ts,
  np: Vector.Np,
  ss: Vector.Ss,
  gp: Vector.Gp,
  pf: Vector.Pf,
  mf: Vector.Mf,
  ac: Vector.Ac,
  mc: Vector.Mc,
  xf: Vector.Xf,
} as const;

/** One row for each intercept that stands alone: the name is also the `kind` of its exit. */
export const INTERCEPTS = {
  intr: ExitCode.Intr,
  nmi: ExitCode.Nmi,
  smi: ExitCode.Smi,
  init: ExitCode.Init,
  vintr: ExitCode.Vintr,
  'cr0-selective-write': ExitCode.Cr0SelectiveWrite,
  'idtr-read': ExitCode.IdtrRead,
  'gdtr-read': ExitCode.GdtrRead,
  'ldtr-read': ExitCode.LdtrRead,
  'tr-read': ExitCode.TrRead,
  'idtr-write': ExitCode.IdtrWrite,
  'gdtr-write': ExitCode.GdtrWrite,
  'ldtr-write': ExitCode.LdtrWrite,
  'tr-write': ExitCode.TrWrite,
  rdtsc: ExitCode.Rdtsc,
  rdpmc: ExitCode.Rdpmc,
  pushf: ExitCode.Pushf,
  popf: ExitCode.Popf,
  cpuid: ExitCode.Cpuid,
  rsm: ExitCode.Rsm,
  iret: ExitCode.Iret,
  'software-interrupt': ExitCode.SoftwareInterrupt,
  invd: ExitCode.Invd,
  pause: ExitCode.Pause,
  hlt: ExitCode.Hlt,
  invlpg: ExitCode.Invlpg,
  invlpga: ExitCode.Invlpga,
  ioio: ExitCode.Ioio,
  msr: ExitCode.Msr,
  'task-switch': ExitCode.TaskSwitch,
  'ferr-freeze': ExitCode.FerrFreeze,
  shutdown: ExitCode.Shutdown,
  vmrun: ExitCode.Vmrun,
  vmmcall: ExitCode.Vmmcall,
  vmload: ExitCode.Vmload,
  vmsave: ExitCode.Vmsave,
  stgi: ExitCode.Stgi,
  clgi: ExitCode.Clgi,
  skinit: ExitCode.Skinit,
  rdtscp: ExitCode.Rdtscp,
  icebp: ExitCode.Icebp,
  wbinvd: ExitCode.Wbinvd,
  monitor: ExitCode.Monitor,
  mwait: ExitCode.Mwait,
  'mwait-conditional': ExitCode.MwaitConditional,
  xsetbv: ExitCode.Xsetbv,
  rdpru: ExitCode.Rdpru,
  'efer-write-trap': ExitCode.EferWriteTrap,
  invlpgb: ExitCode.Invlpgb,
  'invlpgb-illegal': ExitCode.InvlpgbIllegal,
  invpcid: ExitCode.Invpcid,
  mcommit: ExitCode.Mcommit,
  tlbsync: ExitCode.Tlbsync,
  'bus-lock': ExitCode.BusLock,
  'idle-hlt': ExitCode.IdleHlt,
} as const;

/** Numbers of the control and debug registers that have intercepts. */
type RegisterNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

export type InterceptName =
  | keyof typeof INTERCEPTS
  | keyof typeof EXCEPTIONS
  | `cr${RegisterNumber}-read`
  | `cr${RegisterNumber}-write`
  | `cr${RegisterNumber}-write-trap`
  | `dr${RegisterNumber}-read`
  | `dr${RegisterNumber}-write`;

/** Exit codes that no intercept bit asks for. */
const UNCONDITIONAL = {
  'nested-page-fault': ExitCode.NestedPageFault,
  'avic-incomplete-ipi': ExitCode.AvicIncompleteIpi,
  'avic-no-acceleration': ExitCode.AvicNoAcceleration,
  vmgexit: ExitCode.Vmgexit,
  invalid: ExitCode.Invalid,
} as const;

function codesByName(): Map<string, number> {
  const codes = new Map<string, number>(Object.entries(INTERCEPTS));
  for (const [name, vector] of Object.entries(EXCEPTIONS)) codes.set(name, ExitCode.Exception0 + vector);
  for (let n = 0; n < 16; n++) {
    codes.set(`cr${n}-read`, ExitCode.Cr0Read + n);
    codes.set(`cr${n}-write`, ExitCode.Cr0Write + n);
    codes.set(`cr${n}-write-trap`, ExitCode.Cr0WriteTrap + n);
    codes.set(`dr${n}-read`, ExitCode.Dr0Read + n);
    codes.set(`dr${n}-write`, ExitCode.Dr0Write + n);
  }
  return codes;
}

const CODES: ReadonlyMap<string, number> = codesByName();
const NAMES: ReadonlyMap<number, string> = new Map(
  [...CODES, ...Object.entries(UNCONDITIONAL)].map(([name, code]) => [code, name]),
);

/** Every intercept there is, in the order of the exit codes. */
export const INTERCEPT_NAMES: readonly InterceptName[] = [...CODES]
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name as InterceptName);

/** The exit code that an intercept leads to. */
export function exitCodeOf(name: InterceptName): number {
  const code = CODES.get(name);
  if (code === undefined) throw new UsageError(`there is no intercept ${JSON.stringify(name)}`);
  return code;
}

/** The short name of an exit code, for tables and statistics: 'iret', 'db', 'cr3-write'; hexadecimal if it has none. */
export function exitName(code: number): string {
  return NAMES.get(code) ?? `${code.toString(16)}h`;
}

/** Asks for exits; those already asked for stay. */
export function intercept(vmcb: Vmcb, ...names: readonly InterceptName[]): void {
  for (const name of names) setIntercept(vmcb, name, true);
}

/** Stops asking for exits. */
export function removeIntercept(vmcb: Vmcb, ...names: readonly InterceptName[]): void {
  for (const name of names) setIntercept(vmcb, name, false);
}

export function setIntercept(vmcb: Vmcb, name: InterceptName, isWanted: boolean): void {
  setInterceptCode(vmcb, exitCodeOf(name), isWanted);
}

/** As `setIntercept`, by exit code: the fast way. */
export function setInterceptCode(vmcb: Vmcb, code: number, isWanted: boolean): void {
  const offset = VmcbOffset.InterceptCr + (code >> 5) * 4;
  const bit = 1 << (code & 31);
  const before = vmcb.word(offset);
  vmcb.setWord(offset, isWanted ? before | bit : before & ~bit);
  vmcb.markDirty(CleanBit.Intercepts);
}

export function isIntercepted(vmcb: ReadonlyVmcb, name: InterceptName): boolean {
  return isCodeIntercepted(vmcb, exitCodeOf(name));
}

/** Whether the VMCB asks for exits with this code, which is below C0h. */
export function isCodeIntercepted(vmcb: ReadonlyVmcb, code: number): boolean {
  return ((vmcb.word(VmcbOffset.InterceptCr + (code >> 5) * 4) >>> (code & 31)) & 1) !== 0;
}

/** Processor side: the hypervisor's wish as VMRUN read it, for the asynchronous events of vector 3. */
export function isEventIntercepted(state: GuestState, code: number): boolean {
  return ((state.intercepts3 >>> (code & 31)) & 1) !== 0;
}
