/**
 * Which instructions the generator draws from: every supported encoding that user code can run (or that faults in user
 * code without asking the operating system), from iced-x86's own tables.
 */
import { Code, CodeExt, CpuidFeature, EncodingKind, Instruction, Mnemonic } from 'iced-x86';
import type { OpCodeInfo } from 'iced-x86';
import type { Bits } from './record.js';

/** General registers, flags and memory are all that these change. */
const INTEGER_FEATURES: ReadonlySet<number> = new Set([
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

/** These need the extended state. */
const EXTENDED_FEATURES: ReadonlySet<number> = new Set([
  ...[CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.CMOV, CpuidFeature.MMX],
  ...[CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3],
  ...[CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA],
  ...[CpuidFeature.FXSR, CpuidFeature.XSAVE, CpuidFeature.XSAVEOPT, CpuidFeature.XSAVEC, CpuidFeature.XSAVES],
  ...[CpuidFeature.CLFSH, CpuidFeature.CLFLUSHOPT, CpuidFeature.CLWB, CpuidFeature.PREFETCHW],
  ...[CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.F16C, CpuidFeature.FMA],
  ...[CpuidFeature.VAES, CpuidFeature.VPCLMULQDQ],
  // Absent from this processor and from vmexit: both raise #UD.
  CpuidFeature.D3NOW,
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
  // The state components that the operating system enabled.
  Mnemonic.Xgetbv,
]);

/** WAIT has no CPUID feature of its own. */
const EXTENDED: ReadonlySet<number> = new Set([Mnemonic.Wait]);

/** One encoding that can be generated. */
export interface Encoding {
  readonly code: Code;
  readonly opCode: OpCodeInfo;
}

/** Encodings by mnemonic, so that each mnemonic is equally likely. */
export type Groups = readonly (readonly Encoding[])[];

export type Family = 'integer' | 'extended';

/** The encodings of a family that a mode has. */
export function instructionSet(bits: Bits, family: Family): Groups {
  const byMnemonic = new Map<Mnemonic, Encoding[]>();
  for (const code of Object.values(Code)) {
    if (typeof code !== 'number' || familyOf(code) !== family) continue;
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

/** The family that an encoding belongs to, if it is to be generated. */
function familyOf(code: Code): Family | undefined {
  if (code <= Code.DeclareQword) return undefined;
  const name = Code[code];
  if (/^(Reservednop|Zero_bytes|Nop[dq]$|Ud)/.test(name)) return undefined;
  if (/^Pop[wdq]_GS$/.test(name)) return undefined; // GS belongs to the C library
  const instruction = new Instruction();
  instruction.code = code;
  const features = [...instruction.cpuidFeatures()];
  const { mnemonic, encoding } = instruction;
  instruction.free();
  if (EXCLUDED.has(mnemonic)) return undefined;
  if (EXTENDED.has(mnemonic)) return 'extended';
  if (features.every((feature) => INTEGER_FEATURES.has(feature))) return 'integer';
  const isWanted = features.every((feature) => EXTENDED_FEATURES.has(feature));
  const hasEncoding = encoding !== EncodingKind.EVEX && encoding !== EncodingKind.XOP;
  return isWanted && hasEncoding && encoding !== EncodingKind.MVEX ? 'extended' : undefined;
}

/** What an encoding belongs to in reports: the CPUID features that it needs. */
export function groupOf(code: Code): string {
  const instruction = new Instruction();
  instruction.code = code;
  const features = [...instruction.cpuidFeatures()].map((feature) => CpuidFeature[feature]);
  instruction.free();
  return features.length === 0 ? 'FPU' : features.join('+');
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
