/** The processor's state as a hypervisor on it would have set it up: 64-bit mode, SVM and x87 ready, interrupts open. */
import { Cr0, Cr4, Efer, Rflags, SegAttr } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import type { Core } from '../core/core.js';

const DATA = SegAttr.P | SegAttr.S | SegAttr.WritableOrReadable | SegAttr.Accessed;
const HOST_CR0 = Cr0.Pg + (Cr0.Wp | Cr0.Ne | Cr0.Et | Cr0.Mp | Cr0.Pe);
const HOST_CR4 = Cr4.Pae | Cr4.Osfxsr | Cr4.Osxmmexcpt | Cr4.Osxsave;
const HOST_EFER = Efer.Svme | Efer.Nxe | Efer.Lma | Efer.Lme;

/**
 * Makes the host. VMRUN saves it, #VMEXIT brings it back; CR0.PG, CR4 and EFER.NXE govern the nested page walk (APM
 * vol 2 §15.25.3), and RFLAGS.IF gates physical interrupts under V_INTR_MASKING.
 */
export function setUpHost(core: Core): void {
  const { state } = core;
  state.setNum('cr0', HOST_CR0);
  state.setNum('cr4', HOST_CR4 & state.num('cr4Bits'));
  state.setNum('efer', HOST_EFER);
  const segment = { selector: 0, limit: 0xffff_ffff, base: 0n };
  state.setSegment(Seg.Cs, { ...segment, attributes: DATA | SegAttr.Code | SegAttr.L | SegAttr.G });
  for (const seg of [Seg.Es, Seg.Ss, Seg.Ds])
    state.setSegment(seg, { ...segment, attributes: DATA | SegAttr.Db | SegAttr.G });
  core.exports.setRflags(BigInt(Rflags.Always1 | Rflags.If));
  core.exports.initializeX87();
  core.exports.updateMode();
}
