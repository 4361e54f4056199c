/**
 * Which instructions a processor model has: iced knows the CPUID features that each encoding needs, the model says which of
 * them it has. Nobody writes features next to instructions.
 */
import { Feature, type Features } from './features.js';
import { Field, type Iced } from './iced.js';
import { CpuidFeature } from './iced-enums.js';

/** What stands between a model and an instruction. */
export enum Presence {
  /** Not asked yet. */
  Unknown,
  Present,
  /** The model lacks one of its features: #UD. */
  Lacking,
  /** No model has one of its features. */
  Foreign,
}

/** iced's features that some of the models have. */
const MODEL_FEATURES: readonly (readonly [CpuidFeature, Feature])[] = [
  [CpuidFeature.FPU, Feature.X87],
  [CpuidFeature.FPU287, Feature.X87],
  [CpuidFeature.FPU387, Feature.X87],
  [CpuidFeature.MMX, Feature.Mmx],
  [CpuidFeature.SSE, Feature.Sse],
  [CpuidFeature.SSE2, Feature.Sse2],
  [CpuidFeature.SSE3, Feature.Sse3],
  [CpuidFeature.SSSE3, Feature.Ssse3],
  [CpuidFeature.SSE4_1, Feature.Sse41],
  [CpuidFeature.SSE4_2, Feature.Sse42],
  [CpuidFeature.SSE4A, Feature.Sse4a],
  [CpuidFeature.POPCNT, Feature.Popcnt],
  [CpuidFeature.LZCNT, Feature.Lzcnt],
  [CpuidFeature.BMI1, Feature.Bmi1],
  [CpuidFeature.BMI2, Feature.Bmi2],
  [CpuidFeature.ADX, Feature.Adx],
  [CpuidFeature.MOVBE, Feature.Movbe],
  [CpuidFeature.CMPXCHG16B, Feature.Cmpxchg16b],
  [CpuidFeature.AES, Feature.Aes],
  [CpuidFeature.PCLMULQDQ, Feature.Pclmulqdq],
  [CpuidFeature.SHA, Feature.Sha],
  [CpuidFeature.RDRAND, Feature.Rdrand],
  [CpuidFeature.RDSEED, Feature.Rdseed],
  [CpuidFeature.RDPID, Feature.Rdpid],
  [CpuidFeature.RDTSCP, Feature.Rdtscp],
  [CpuidFeature.FSGSBASE, Feature.Fsgsbase],
  [CpuidFeature.FXSR, Feature.Fxsr],
  [CpuidFeature.XSAVE, Feature.Xsave],
  [CpuidFeature.XSAVEOPT, Feature.Xsaveopt],
  [CpuidFeature.XSAVEC, Feature.Xsavec],
  [CpuidFeature.XSAVES, Feature.Xsaves],
  [CpuidFeature.CLFLUSHOPT, Feature.Clflushopt],
  [CpuidFeature.CLWB, Feature.Clwb],
  [CpuidFeature.CLZERO, Feature.Clzero],
  [CpuidFeature.SMAP, Feature.Smap],
  [CpuidFeature.AVX, Feature.Avx],
  [CpuidFeature.AVX2, Feature.Avx2],
  [CpuidFeature.F16C, Feature.F16c],
  [CpuidFeature.FMA, Feature.Fma],
  [CpuidFeature.VAES, Feature.Vaes],
  [CpuidFeature.VPCLMULQDQ, Feature.Vpclmulqdq],
];

/** iced's features that every model has. */
// prettier-ignore
const ALWAYS: readonly CpuidFeature[] = [
  CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486,
  CpuidFeature.X64, CpuidFeature.CLFSH, CpuidFeature.CMOV, CpuidFeature.CPUID, CpuidFeature.CX8, CpuidFeature.MSR,
  CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.PREFETCHW, CpuidFeature.RDPMC, CpuidFeature.SEP,
  CpuidFeature.SKINIT, CpuidFeature.SKINIT_or_SVM, CpuidFeature.SMM, CpuidFeature.SVM, CpuidFeature.SYSCALL,
  CpuidFeature.TSC,
];

/** As many as iced has encodings, and more. */
const MOST_CODES = 8192;

export class InstructionSet {
  /** `Presence` by iced's code. */
  private readonly known = new Uint8Array(MOST_CODES);
  /** `Presence` by iced's feature. */
  private readonly features = new Uint8Array(256).fill(Presence.Foreign);

  constructor(
    private readonly iced: Iced,
    features: Features,
  ) {
    for (const feature of ALWAYS) this.features[feature] = Presence.Present;
    for (const [theirs, ours] of MODEL_FEATURES)
      this.features[theirs] = features.has(ours) ? Presence.Present : Presence.Lacking;
  }

  /** Whether the instruction that iced decoded last belongs to the model. */
  presence(): Presence {
    const { iced, known } = this;
    const code = iced.view.getUint16(iced.instruction + Field.Code, true);
    return (known[code] ||= this.judge());
  }

  private judge(): Presence {
    let presence = Presence.Present;
    for (const feature of this.iced.cpuidFeatures())
      presence = Math.max(presence, this.features[feature] ?? Presence.Foreign);
    return presence;
  }
}
