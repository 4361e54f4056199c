/**
 * What the guest's RDMSR and WRMSR do: one row an MSR (APM vol 2 App. A).
 *
 * What VMRUN or VMLOAD switches anyway passes through to the processor. EFER does not: SVME must stay set in the VMCB
 * (§15.5.1) and the guest must not see it. An MSR without a row raises #GP(0).
 */
import { Cr0, Efer } from '../../assembly/abi/processor-bits.js';
import type { Vmcb } from '../svm/vmcb.js';
import type { MsrPermissionMap } from '../svm/permission-maps.js';

/** What a rule may use besides the VMCB. */
export interface MsrContext {
  readonly vmcb: Vmcb;
  /** The guest writes its time-stamp counter. */
  setTsc(value: bigint): void;
}

interface MsrRule {
  readonly index: number;
  /** Where the value comes from; 'pass' is the processor itself, without an exit. */
  readonly read: 'pass' | ((context: MsrContext) => bigint);
  /** False raises #GP(0). */
  readonly write: 'pass' | ((context: MsrContext, value: bigint) => boolean);
}

const WRITABLE_EFER = BigInt(Efer.Sce | Efer.Lme | Efer.Nxe | Efer.Ffxsr);
const EFER_LMA = BigInt(Efer.Lma);
const EFER_LME = BigInt(Efer.Lme);
const EFER_SVME = BigInt(Efer.Svme);
/** Memory types that a PAT byte may name: UC, WC, WT, WP, WB, UC- (APM vol 2 §7.8.1). */
const PAT_TYPES: readonly number[] = [0, 1, 4, 5, 6, 7];

const passed = (index: number): MsrRule => ({ index, read: 'pass', write: 'pass' });

// prettier-ignore
const RULES: readonly MsrRule[] = [
  { index: 0x0000_0010, read: 'pass', write: writeTsc },                      // TSC
  { index: 0x0000_008b, read: () => 0n, write: () => true },                  // PATCH_LEVEL: no microcode
  passed(0x0000_0da0),                                                        // XSS
  passed(0x0000_0174),                                                        // SYSENTER_CS
  passed(0x0000_0175),                                                        // SYSENTER_ESP
  passed(0x0000_0176),                                                        // SYSENTER_EIP
  { index: 0x0000_0277, read: ({ vmcb }) => vmcb.get('guestPat'), write: writePat },
  { index: 0xc000_0080, read: ({ vmcb }) => vmcb.get('efer') & ~EFER_SVME, write: writeEfer },
  passed(0xc000_0081),                                                        // STAR
  passed(0xc000_0082),                                                        // LSTAR
  passed(0xc000_0083),                                                        // CSTAR
  passed(0xc000_0084),                                                        // SFMASK
  passed(0xc000_0100),                                                        // FS.Base
  passed(0xc000_0101),                                                        // GS.Base
  passed(0xc000_0102),                                                        // KernelGSBase
  passed(0xc000_0103),                                                        // TSC_AUX
];

const RULE_OF: ReadonlyMap<number, MsrRule> = new Map(RULES.map((rule) => [rule.index, rule]));

/** Intercepts every MSR but those that pass through. */
export function fillPermissionMap(map: MsrPermissionMap): void {
  map.interceptAll();
  for (const { index, read, write } of RULES) {
    if (read === 'pass') map.allow(index, 'read');
    if (write === 'pass') map.allow(index, 'write');
  }
}

/** RDMSR of an intercepted MSR; null raises #GP(0). */
export function readMsr(context: MsrContext, index: number): bigint | null {
  const read = RULE_OF.get(index)?.read;
  return typeof read === 'function' ? read(context) : null;
}

/** WRMSR of an intercepted MSR; false raises #GP(0). */
export function writeMsr(context: MsrContext, index: number, value: bigint): boolean {
  const write = RULE_OF.get(index)?.write;
  return typeof write === 'function' && write(context, value);
}

function writeTsc(context: MsrContext, value: bigint): boolean {
  context.setTsc(value);
  return true;
}

function writePat({ vmcb }: MsrContext, value: bigint): boolean {
  for (let i = 0n; i < 64n; i += 8n) if (!PAT_TYPES.includes(Number((value >> i) & 0xffn))) return false;
  vmcb.set('guestPat', value);
  return true;
}

/** Reserved bits, and LME while paging is on, raise #GP (APM vol 2 §3.1.7, §14.6.1). LMA is read-only. */
function writeEfer({ vmcb }: MsrContext, value: bigint): boolean {
  const before = vmcb.get('efer');
  if (value & ~(WRITABLE_EFER | EFER_LMA)) return false;
  const isPaging = (vmcb.low('cr0') & Cr0.Pg) !== 0;
  if (isPaging && ((value ^ before) & EFER_LME) !== 0n) return false;
  vmcb.set('efer', (value & WRITABLE_EFER) | (before & EFER_LMA) | EFER_SVME);
  return true;
}
