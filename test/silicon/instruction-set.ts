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
  ...[CpuidFeature.VAES, CpuidFeature.VPCLMULQDQ, CpuidFeature.FSGSBASE],
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
const EXCLUDED: ReadonlyMap<string, readonly Mnemonic[]> = new Map([
  ['the operating system would answer', [Mnemonic.Int, Mnemonic.Syscall, Mnemonic.Sysenter]],
  [
    "the result depends on the operating system's descriptor tables, or the operating system emulates it (UMIP)",
    [Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw],
  ],
  ["GS belongs to the harness's C library", [Mnemonic.Lgs]],
  ['a hypervisor below this processor may get its return address wrong (KVM does)', [Mnemonic.Int1]],
  ['the operating system enabled other state components', [Mnemonic.Xgetbv]],
]);

/** WAIT has no CPUID feature of its own. */
const EXTENDED: ReadonlySet<number> = new Set([Mnemonic.Wait]);

const NO_DESCRIPTORS = 'the 64-bit harness has no descriptors of its own';

/** One encoding that can be generated. */
export interface Encoding {
  readonly code: Code;
  readonly opCode: OpCodeInfo;
}

/** Encodings by mnemonic, so that each mnemonic is equally likely. */
export type Groups = readonly (readonly Encoding[])[];

export type Family = 'integer' | 'extended';

const known = new Map<string, Groups>();

/** The encodings of a family that a mode has. */
export function instructionSet(bits: Bits, family: Family): Groups {
  const key = `${family} ${bits}`;
  let groups = known.get(key);
  if (groups === undefined) known.set(key, (groups = collect(bits, family)));
  return groups;
}

function collect(bits: Bits, family: Family): Groups {
  const byMnemonic = new Map<Mnemonic, Encoding[]>();
  for (const code of allCodes()) {
    if (familyOf(code) !== family) continue;
    const opCode = CodeExt.opCode(code);
    if (!isUserCode(opCode, bits)) continue;
    if (bits === 64 && needsDescriptors(code, opCode)) continue;
    const { mnemonic } = opCode;
    const group = byMnemonic.get(mnemonic) ?? [];
    group.push({ code, opCode });
    byMnemonic.set(mnemonic, group);
  }
  return [...byMnemonic.values()];
}

function allCodes(): Code[] {
  return Object.values(Code).filter((code) => typeof code === 'number');
}

/** The family that an encoding belongs to, if it is to be generated. */
function familyOf(code: Code): Family | undefined {
  const info = describe(code);
  if (info === undefined || exclusionOf(code, info.mnemonic) !== undefined) return undefined;
  return info.family;
}

/** Why an encoding is left out in every mode, if it is. */
function exclusionOf(code: Code, mnemonic: Mnemonic): string | undefined {
  if (/^Pop[wdq]_GS$/.test(Code[code])) return "GS belongs to the harness's C library";
  for (const [reason, mnemonics] of EXCLUDED) if (mnemonics.includes(mnemonic)) return reason;
  return undefined;
}

/** Undefined for encodings that are not supported. */
function describe(code: Code): { readonly mnemonic: Mnemonic; readonly family: Family } | undefined {
  if (code <= Code.DeclareQword) return undefined;
  if (/^(Reservednop|Zero_bytes|Nop[dq]$|Ud)/.test(Code[code])) return undefined;
  const instruction = new Instruction();
  instruction.code = code;
  const features = [...instruction.cpuidFeatures()];
  const { mnemonic, encoding } = instruction;
  instruction.free();
  if (EXTENDED.has(mnemonic)) return { mnemonic, family: 'extended' };
  if (features.every((feature) => INTEGER_FEATURES.has(feature))) return { mnemonic, family: 'integer' };
  const isWanted = features.every((feature) => EXTENDED_FEATURES.has(feature));
  const isOther = [EncodingKind.EVEX, EncodingKind.XOP, EncodingKind.MVEX].includes(encoding);
  return isWanted && !isOther ? { mnemonic, family: 'extended' } : undefined;
}

/** Every supported encoding of a mode, and whether the generator draws it. */
export function supportedCodes(bits: Bits): readonly { readonly code: Code; readonly isDrawn: boolean }[] {
  const drawn = new Set(
    [...instructionSet(bits, 'integer'), ...instructionSet(bits, 'extended')].flat().map(({ code }) => code),
  );
  return allCodes()
    .filter((code) => describe(code) !== undefined && isAvailable(CodeExt.opCode(code), bits))
    .map((code) => ({ code, isDrawn: drawn.has(code) }));
}

/** What a mode has and the generator leaves out, with the reasons. */
export function unmeasured(bits: Bits): string[] {
  const byReason = new Map<string, string[]>();
  for (const { code, isDrawn } of supportedCodes(bits)) {
    if (isDrawn) continue;
    const reason = exclusionOf(code, CodeExt.opCode(code).mnemonic) ?? NO_DESCRIPTORS;
    byReason.set(reason, [...(byReason.get(reason) ?? []), Code[code]]);
  }
  return [...byReason].map(([reason, names]) => `${names.join(', ')}: ${reason}`);
}

/** Whether user code gets #GP of it, whatever its operands. */
export function isPrivileged(code: Code): boolean {
  return CodeExt.opCode(code).isPrivileged;
}

/** What an encoding belongs to in reports: the CPUID features that it needs. */
export function groupOf(code: Code): string {
  const instruction = new Instruction();
  instruction.code = code;
  const features = [...instruction.cpuidFeatures()].map((feature) => CpuidFeature[feature]);
  instruction.free();
  return features.length === 0 ? 'FPU' : features.join('+');
}

/** Loads a segment register, or asks about a descriptor. */
function needsDescriptors(code: Code, opCode: OpCodeInfo): boolean {
  const name = Code[code];
  if (/^(Push|Mov_rm?\d+m?\d*_Sreg)/.test(name)) return false;
  return SEGMENTATION.has(opCode.mnemonic) || /Sreg|_[DEFS]S$|ptr16|m16(16|32|64)$/.test(name);
}

function isUserCode(opCode: OpCodeInfo, bits: Bits): boolean {
  return isAvailable(opCode, bits) && (!opCode.mustBeCpl0 || opCode.isPrivileged);
}

function isAvailable(opCode: OpCodeInfo, bits: Bits): boolean {
  return opCode.isAvailableInMode(bits) && opCode.decoderOption === 0;
}
