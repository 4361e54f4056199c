/**
 * The vector file: 20 registers of 32 bytes. The vector operands of a micro-op are *numbers* of these.
 *
 * XMM0 to XMM15 are the lower halves of the first 16 (APM vol 1 §4.2).
 */
export enum VectorRegister {
  Ymm0 = 0,
  /** Temporaries; dead at every instruction boundary. */
  T0 = 16,
  T1 = 17,
  T2 = 18,
  T3 = 19,
  Count = 20,
}

/** log2 of the bytes of a vector register. */
export const VECTOR_SHIFT = 5;

/** Which part of its destination a vector operation writes: bits 19:16 of the immediate of its micro-op. */
export enum VectorForm {
  /** 128 bits; the upper half of the destination is kept (legacy SSE). */
  Legacy,
  /** 128 bits; the upper half becomes zero (VEX.128). */
  Vex128,
  /** 256 bits (VEX.256). */
  Vex256,
  // MMX: of 64 bits; a, b and c are numbers of MMX registers, or temporaries; x87 state changes as MMX instructions change it.
  /** Both halves of each source are the same, and the lower half of the result counts. */
  Mmx,
  /** The source is c:b. */
  MmxPaired,
  /** As Mmx, but the upper half of the result counts. */
  MmxUpper,
}

/** Alignment that a load or store of a vector demands, or raises #GP(0): bits 3:2 of byte n. A load of 64 bits is of half a vector. */
export enum VectorAlignment {
  None = 0,
  /** Of the vector's size, always: MOVAPS and its like. */
  Always = 4,
  /** Of the vector's size unless MXCSR.MM is set (APM vol 1 §4.2.2). */
  UnlessMisalignedMode = 8,
}
