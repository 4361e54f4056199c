/** What happens inside of the processor, for whoever keeps books on it. */

/** How an NMI got to the guest's handler. */
export type NmiOrigin = 'injected' | 'virtual' | 'physical';

/** What is not architectural but worth knowing. Listeners must not run the processor. */
export interface ProcessorListener {
  /** An NMI handler's first instruction is next. `clock` counts the instructions retired before it. */
  nmiDelivered?(clock: number, origin: NmiOrigin): void;
  /** An IRET has returned from an NMI handler, and from all entered after it: `running` are left. */
  nmiReturned?(clock: number, running: number): void;
  /** V_NMI_MASK has changed: by a delivery, or by an IRET. Its changes by #VMEXIT and by software are in the VMCB. */
  nmiMaskChanged?(clock: number, isMasked: boolean): void;
  /** The guest was entered in an interrupt shadow, or one is all that holds an event back; or that shadow has ended. */
  shadowChanged?(clock: number, isInShadow: boolean): void;
}
