/** The processor after RESET (APM vol 2 §14.1.3, Table 14-1). */
import { ApicBase, Hwcr, PAT_RESET_HALF } from './abi/msr';
import { Cr0, Debug, Mxcsr, SegAttr, Xcr0 } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Activity } from './abi/stop';
import { findCpuidRow } from './cpuid-table';
import { setRflags } from './flags';
import { updateMode } from './mode';
import { cpu, CpuState, setAttributes, setBase, setLimit, setSelector, STATE_ADDRESS } from './state';
import { flushTlb } from './tlb';
import { resetVectorFile } from './vector-file';
import { resetX87 } from './x87-state';

/** The first instruction: FFFF_FFF0h, 16 bytes below the end of the first 4 GiB. */
const RESET_CS: u32 = 0xf000;
const RESET_CS_BASE: u64 = 0xffff0000;
const RESET_RIP: u64 = 0xfff0;
const SEGMENT_LIMIT: u32 = 0xffff;

/** Present, writable, accessed data; and the same for readable code. */
const DATA: u32 = SegAttr.P | SegAttr.S | SegAttr.WritableOrReadable | SegAttr.Accessed;
const CODE: u32 = DATA | SegAttr.Code;
/** System segment types (APM vol 2 §4.8.3): LDT, busy 16-bit TSS. */
const LDT: u32 = SegAttr.P | 2;
const BUSY_TSS_16: u32 = SegAttr.P | 3;

/** The leaf whose EAX is the family, model and stepping that RESET leaves in EDX. */
const FEATURES_LEAF: u32 = 1;

/**
 * Puts every register at its power-up value, clock included. Physical memory and where it is stay, and what describes
 * the processor model rather than its state.
 */
export function reset(): void {
  const state = cpu();
  memory.fill(STATE_ADDRESS, 0, offsetof<CpuState>('memoryBytes'));
  resetSegments();
  resetControl(state);
  resetVectorFile();
  resetX87();
  state.rip = RESET_RIP;
  setRflags(0);
  const features = findCpuidRow(FEATURES_LEAF, 0);
  if (features) state.rdx = <u64>features.eax;
  state.activity = Activity.Running;
  state.gif = 1;
  flushTlb();
  updateMode();
}

function resetSegment(seg: u32, segmentAttributes: u32): void {
  setSelector(seg, 0);
  setAttributes(seg, segmentAttributes);
  setLimit(seg, SEGMENT_LIMIT);
  setBase(seg, 0);
}

function resetSegments(): void {
  for (let seg: u32 = Seg.Es; seg <= <u32>Seg.Gs; seg++) resetSegment(seg, DATA);
  resetSegment(Seg.Ldtr, LDT);
  resetSegment(Seg.Tr, BUSY_TSS_16);
  resetSegment(Seg.Cs, CODE);
  setSelector(Seg.Cs, RESET_CS);
  setBase(Seg.Cs, RESET_CS_BASE);
  cpu().gdtrLimit = SEGMENT_LIMIT;
  cpu().idtrLimit = SEGMENT_LIMIT;
}

function resetControl(state: CpuState): void {
  state.cr0 = Cr0.Cd | Cr0.Nw | Cr0.Et;
  state.dr6 = <u64>(<u32>Debug.Dr6Reset);
  state.dr7 = Debug.Dr7Reset;
  state.pat = ((<u64>PAT_RESET_HALF) << 32) | (<u64>PAT_RESET_HALF);
  state.apicBase = <u64>(<u32>ApicBase.Reset);
  state.hwcr = Hwcr.Reset;
  state.mxcsr = Mxcsr.Reset;
  state.xcr0 = Xcr0.X87;
}
