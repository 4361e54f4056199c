/**
 * Where the manual is silent or its readers disagree: what this processor does, in one place.
 *
 * Each constant is used by the code that it governs, names the alternatives, and says why. The core cannot import from
 * here; its own choices stand where they are made:
 *
 * - a physical NMI stays masked when its IRET faults, as a virtual one does (§15.21.10): `failIret`, assembly/iret.ts,
 *   switchable by `CpuState.faultingIretUnmasks`;
 * - a #DF exit leaves EXITINTINFO clear, as in Bochs: `deliverDoubleFault`, assembly/settle.ts;
 * - a restored interrupt shadow holds interrupts but not debug traps (VMCB 068h has one bit): assembly/world-switch.ts;
 * - no instruction bytes when a fault cuts the delivery of an event short: assembly/decode-assist.ts;
 * - PAUSE exits when the filter's count would go *below* zero, and the idle-HLT intercept takes a masked V_NMI for a
 *   pending one: assembly/exec/activity.ts;
 * - a REP that overwrites itself runs on as it was fetched, as on Zen 4, until an event or an exit comes between two of its
 *   iterations; the end of a budget is neither: assembly/suspended-repeat.ts.
 */

/** What may be recognized between two instructions. */
export enum BoundaryEvent {
  None = 0,
  PhysicalNmi = 1,
  PhysicalInterrupt = 2,
  VirtualNmi = 3,
  VirtualInterrupt = 4,
}

/**
 * The order at one boundary. The manual gives: physical INTR before virtual (§15.21.4), physical NMI before virtual
 * NMI (§15.21.10). It gives none between V_NMI and a physical INTR, nor between V_NMI and V_IRQ. Physical before virtual
 * keeps one rule for both classes; NMI before INTR is the order of vol 2 table 8-9.
 */
export const BOUNDARY_ORDER: readonly BoundaryEvent[] = [
  BoundaryEvent.PhysicalNmi,
  BoundaryEvent.PhysicalInterrupt,
  BoundaryEvent.VirtualNmi,
  BoundaryEvent.VirtualInterrupt,
];

/**
 * An interrupt shadow, of STI or of MOV SS, holds physical NMIs too. §15.13.2 says it may; Bochs holds them, QEMU
 * does not. It must hold virtual NMIs (§15.21.10), so one rule serves all.
 */
export const SHADOW_HOLDS_PHYSICAL_NMI = true;

/**
 * A #VMEXIT while an NMI from EVENTINJ is delivered writes V_NMI_MASK as 0, like one that cuts a virtual NMI short
 * (§15.21.10 speaks of the latter only): re-injection then sets it again, and the state converges.
 */
export const CUT_INJECTION_UNMASKS = true;

/**
 * EVENTINJ after an exit, VMEXIT_INVALID included: all 64 bits zero (KVM's reading of hardware; the pseudo-code of
 * VMRUN agrees; Bochs clears the valid bit only).
 */
export const EVENT_INJECTION_AFTER_EXIT = 0;

/** EXITINFO1, EXITINFO2 and EXITINTINFO of VMEXIT_INVALID, which no source defines: zero. */
export const INFORMATION_OF_INVALID = 0;

/**
 * Injected exceptions that "do not correspond to an exception" (§15.20). NMI, above 31: all agree. The reserved
 * vectors 9, 15, 20, 22 to 27, 31: KVM refuses them, Bochs and QEMU do not. #CP (21), #HV (28), #VC (29) and #SX (30)
 * have a name and pass.
 */
export const NOT_EXCEPTIONS: readonly number[] = [2, 9, 15, 20, 22, 23, 24, 25, 26, 27, 31];

/** Exceptions impossible in 64-bit mode: #BR (§15.20). INTO's #OF is as impossible, but only Bochs refuses it. */
export const NOT_IN_64_BIT_MODE: readonly number[] = [5];

/**
 * Permission maps that end beyond the last physical address are refused. kvm-unit-tests expects that an IOPM may end
 * exactly there and that an MSRPM may not; software that keeps to §15.10.1 never notices.
 */
export const MSRPM_MUST_END_BEFORE_LIMIT = true;
