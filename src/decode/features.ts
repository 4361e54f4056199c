/** Instruction-set features, as CPUID reports them: what a processor model lacks is lowered to #UD. */
export enum Feature {
  X87,
  Mmx,
  Sse,
  Sse2,
  Sse3,
  Ssse3,
  Sse41,
  Sse42,
  Sse4a,
  Popcnt,
  Lzcnt,
  Bmi1,
  Bmi2,
  Adx,
  Movbe,
  Cmpxchg16b,
  Aes,
  Pclmulqdq,
  Sha,
  Rdrand,
  Rdseed,
  Rdpid,
  Fsgsbase,
  Fxsr,
  Xsave,
  Clflushopt,
  Clwb,
  Avx,
  Avx2,
  F16c,
  Fma,
  Vaes,
  Vpclmulqdq,
  /** LAHF and SAHF in 64-bit mode. */
  Lahf64,
  Rdtscp,
  Clzero,
  Xsaveopt,
  /** XSAVEC, and XGETBV with ECX = 1. */
  Xsavec,
  Xsaves,
  Smep,
  /** Also CLAC and STAC. */
  Smap,
  Umip,
}

export type Features = ReadonlySet<Feature>;

/** Everything that is implemented. */
export const ALL_FEATURES: Features = new Set(
  Object.values(Feature).filter((value): value is Feature => typeof value === 'number'),
);
