/**
 * Which instructions the generator draws from: every encoding of the integer set that user code can run (or
 * that faults in user code without asking the operating system), from iced-x86's own tables.
 */
import { Code, CodeExt, CpuidFeature, Instruction, Mnemonic } from 'iced-x86';
import type { OpCodeInfo } from 'iced-x86';
import type { Bits } from './record.js';

const FEATURES: ReadonlySet<number> = new Set([
  CpuidFeature.INTEL8086,
  CpuidFeature.INTEL186,
  CpuidFeature.INTEL286,
  CpuidFeature.INTEL386,
  CpuidFeature.INTEL486,
  CpuidFeature.X64,
  CpuidFeature.CMOV,
  CpuidFeature.CX8,
  CpuidFeature.PAUSE,
  CpuidFeature.MULTIBYTENOP,
  CpuidFeature.POPCNT,
  CpuidFeature.LZCNT,
  CpuidFeature.BMI1,
  CpuidFeature.BMI2,
  CpuidFeature.ADX,
  CpuidFeature.MOVBE,
  CpuidFeature.CMPXCHG16B,
]);

/** Left out in 64-bit code, whose harness has no descriptors of its own: segments and far transfers. */
const SEGMENTATION: ReadonlySet<number> = new Set([
  ...[Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw],
  ...[Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lfs, Mnemonic.Lss],
  ...[Mnemonic.Retf, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq],
]);

/** Left out everywhere, by reason. */
const EXCLUDED: ReadonlySet<number> = new Set([
  // System calls and software interrupts: the operating system would answer.
  ...[Mnemonic.Int, Mnemonic.Syscall, Mnemonic.Sysenter],
  // The result depends on the operating system's descriptor tables or is emulated by it (UMIP).
  ...[Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw],
  // GS belongs to the C library.
  Mnemonic.Lgs,
  // A hypervisor below this processor may get its return address wrong (KVM has).
  Mnemonic.Int1,
  // x87.
  Mnemonic.Wait,
]);

/** One encoding that can be generated. */
export interface Encoding {
  readonly code: Code;
  readonly opCode: OpCodeInfo;
}

/** The encodings of a mode, by mnemonic, so that each mnemonic is equally likely. */
export function instructionSet(bits: Bits): readonly (readonly Encoding[])[] {
  const byMnemonic = new Map<Mnemonic, Encoding[]>();
  for (const code of Object.values(Code)) {
    if (typeof code !== 'number' || !isWanted(code)) continue;
    const opCode = CodeExt.opCode(code);
    if (!isUserCode(opCode, bits) || isQuirk(opCode, bits)) continue;
    if (bits === 64 && needsDescriptors(code, opCode)) continue;
    const { mnemonic } = opCode;
    const group = byMnemonic.get(mnemonic) ?? [];
    group.push({ code, opCode });
    byMnemonic.set(mnemonic, group);
  }
  return [...byMnemonic.values()];
}

function isWanted(code: Code): boolean {
  if (code <= Code.DeclareQword) return false;
  const name = Code[code];
  if (/^(F[a-z]|Reservednop|Zero_bytes|Nop[dq]$|Ud)/.test(name)) return false;
  if (/^Pop[wdq]_GS$/.test(name)) return false; // GS belongs to the C library
  const instruction = new Instruction();
  instruction.code = code;
  const features = [...instruction.cpuidFeatures()];
  const { mnemonic } = instruction;
  instruction.free();
  return !EXCLUDED.has(mnemonic) && features.every((feature) => FEATURES.has(feature));
}

/** BOUND in 16-bit code: Zen 4 truncates its address to 16 bits even with an address-size prefix. Not imitated. */
function isQuirk(opCode: OpCodeInfo, bits: Bits): boolean {
  return bits === 16 && opCode.mnemonic === Mnemonic.Bound;
}

/** Loads a segment register, or asks about a descriptor. */
function needsDescriptors(code: Code, opCode: OpCodeInfo): boolean {
  const name = Code[code];
  if (/^(Push|Mov_rm?\d+m?\d*_Sreg)/.test(name)) return false;
  return SEGMENTATION.has(opCode.mnemonic) || /Sreg|_[DEFS]S$|ptr16|m16(16|32|64)$/.test(name);
}

function isUserCode(opCode: OpCodeInfo, bits: Bits): boolean {
  const isUsable = opCode.isAvailableInMode(bits) && opCode.decoderOption === 0;
  return isUsable && (!opCode.mustBeCpl0 || opCode.isPrivileged);
}
