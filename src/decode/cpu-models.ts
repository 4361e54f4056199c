/**
 * The processor models: which instruction-set features each has. CPUID, the bits of CR4 and decoding follow from it.
 *
 * The levels are those of the x86-64 psABI (§3.1.1) and have what it names, and nothing else that is optional. What does
 * not depend on the model: everything that is no instruction-set feature (paging, SVM, MSRs).
 */
import { UsageError } from '../errors.js';
import { ALL_FEATURES, Feature, type Features } from './features.js';

export interface CpuModel {
  readonly name: CpuName;
  readonly description: string;
  readonly features: Features;
}

const V1 = [Feature.X87, Feature.Fxsr, Feature.Mmx, Feature.Sse, Feature.Sse2];

// prettier-ignore
const V2 = [
  ...V1, Feature.Cmpxchg16b, Feature.Lahf64, Feature.Popcnt, Feature.Sse3, Feature.Ssse3, Feature.Sse41, Feature.Sse42,
];

// prettier-ignore
const V3 = [
  ...V2, Feature.Xsave, Feature.Avx, Feature.Avx2, Feature.Bmi1, Feature.Bmi2, Feature.F16c, Feature.Fma, Feature.Lzcnt,
  Feature.Movbe,
];

export type CpuName = 'x86-64-v1' | 'x86-64-v2' | 'x86-64-v3' | 'epyc-genoa-subset';

export const CPU_MODELS: Readonly<Record<CpuName, CpuModel>> = {
  'x86-64-v1': model('x86-64-v1', 'x87, MMX, SSE, SSE2', V1),
  'x86-64-v2': model('x86-64-v2', 'v1 and SSE3 to SSE4.2, POPCNT, CMPXCHG16B', V2),
  'x86-64-v3': model('x86-64-v3', 'v2 and AVX, AVX2, F16C, FMA, BMI1, BMI2, LZCNT, MOVBE, XSAVE', V3),
  'epyc-genoa-subset': model(
    'epyc-genoa-subset',
    'v3 and AES, SHA, PCLMULQDQ, SSE4a, ADX, RDRAND, FSGSBASE, SMAP…; no AVX-512',
    ALL_FEATURES,
  ),
};

/** The fullest; named after the Zen 4 that brought Virtual NMI. */
export const DEFAULT_CPU: CpuName = 'epyc-genoa-subset';

/** `v1` for `x86-64-v1`, and so on. */
const PREFIX = 'x86-64-';

/** What can be given for a model. */
export type CpuOption = CpuName | 'v1' | 'v2' | 'v3';

/** A name that no model has. */
export class UnknownCpuError extends UsageError {
  override readonly code = 'UNKNOWN_CPU';

  constructor(readonly given: string) {
    super(
      `there is no processor model ${JSON.stringify(given)}; there are ${Object.keys(CPU_MODELS).join(', ')}`,
    );
  }
}

/** The model of that name, long or short. */
export function cpuModel(name: string): CpuModel {
  const found = Object.values(CPU_MODELS).find(
    (known) => known.name === name || known.name === PREFIX + name,
  );
  if (found === undefined) throw new UnknownCpuError(name);
  return found;
}

function model(name: CpuName, description: string, features: Iterable<Feature>): CpuModel {
  return { name, description, features: new Set(features) };
}
