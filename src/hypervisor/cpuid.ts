/**
 * What the guest's CPUID says (APM vol 3 App. E): what the processor has, without SVM, and that a hypervisor runs here.
 *
 * The hypervisor asks the processor, as KVM does, and changes these rows alone.
 */
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import type { CpuidResult, Processor } from '../svm/processor.js';

/** What the answer depends on. */
export interface CpuidContext {
  readonly host: Pick<Processor, 'cpuid'>;
  /** CR4 of the guest. */
  readonly cr4: number;
}

const FEATURES = 1;
const HYPERVISOR = 0x4000_0000;
const LARGEST_EXTENDED = 0x8000_0000;
const EXTENDED_FEATURES = 0x8000_0001;
/** Address sizes. The leaves behind it describe SVM. */
const LAST_EXTENDED = 0x8000_0008;

/** Leaf 1, ECX. */
const OSXSAVE_BIT = 1 << 27;
const HYPERVISOR_BIT = 1 << 31;
/** Leaf 8000_0001h, ECX. */
const SVM_BIT = 1 << 2;

const ZERO: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
/** 'VmexitVmexit' */
const SIGNATURE: CpuidResult = { eax: HYPERVISOR, ebx: 0x78656d56, ecx: 0x6d567469, edx: 0x74697865 };

export function guestCpuid({ host, cr4 }: CpuidContext, leaf: number, subleaf: number): CpuidResult {
  const answer = host.cpuid(leaf, subleaf);
  switch (leaf) {
    case FEATURES: {
      const osxsave = cr4 & Cr4.Osxsave ? OSXSAVE_BIT : 0;
      return { ...answer, ecx: ((answer.ecx & ~OSXSAVE_BIT) | osxsave | HYPERVISOR_BIT) >>> 0 };
    }
    case HYPERVISOR:
      return SIGNATURE;
    case LARGEST_EXTENDED:
      return { ...answer, eax: LAST_EXTENDED };
    case EXTENDED_FEATURES:
      return { ...answer, ecx: (answer.ecx & ~SVM_BIT) >>> 0 };
    default:
      return leaf > LAST_EXTENDED ? ZERO : answer;
  }
}
