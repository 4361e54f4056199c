/** The part of the processor's state that SVM's rules read and move while a guest runs. */

/** Fields of `CpuState` (assembly/state.ts) of 32 bits. */
export type GuestField =
  | 'activity'
  | 'boundary'
  | 'cr8'
  | 'gif'
  | 'hostInterruptFlag'
  | 'intercepts3'
  | 'nmiMask'
  | 'shadow'
  | 'systemFlags'
  | 'virtualGif'
  | 'virtualGifEnabled'
  | 'virtualInterruptMasking'
  | 'virtualIrqIgnoreTpr'
  | 'virtualIrqPending'
  | 'virtualIrqPriority'
  | 'virtualIrqVector'
  | 'virtualNmiEnabled'
  | 'virtualNmiMask'
  | 'virtualNmiPending'
  | 'watch';

/** The core's `StateView` is one. */
export interface GuestState {
  get(name: GuestField): number;
  set(name: GuestField, value: number): void;
}
