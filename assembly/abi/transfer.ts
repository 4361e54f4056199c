/** What compiled code hears of an interrupt or a return that it had the core carry out (assembly/compiled-transfer.ts). */
export enum Transfer {
  /** Nothing has been done: the instruction is the interpreter's. */
  Declined,
  /** Done; nothing has to be looked at before the next instruction. */
  Inside,
  /** Done; the run loop has to look at something. */
  Outside,
}
