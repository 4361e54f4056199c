/**
 * What compiled code still keeps of the x87 unit where it is left: a u32. Registers count from TOP as it was when the code
 * began to keep them.
 */
export enum X87Exit {
  /** Eight bits each: registers whose number is kept; which have become full; which have become empty. */
  KeptShift = 0,
  FilledShift = 8,
  EmptiedShift = 16,
  /** TOP less what it was; three bits */
  DepthShift = 24,
  ClearsC1 = 0x8000000,
  HasInstruction = 0x10000000,
  HasData = 0x20000000,
  /** A store has faulted that had set FSW already. */
  RestoresStatus = 0x40000000,
  /** C1 is given. */
  HasC1 = 0x80000000,
}

/** In a second u32: the segment of the last operand in memory, and from here on the last opcode. */
export const X87_EXIT_OPCODE_SHIFT = 3;
