/** EXITINFO1 of an IOIO #VMEXIT (APM vol 2 §15.10.2). */
export enum IoInfo {
  /** IN or INS; clear: OUT or OUTS. */
  In = 0x1,
  String = 0x4,
  Rep = 0x8,
  Size8 = 0x10,
  Size16 = 0x20,
  Size32 = 0x40,
  Address16 = 0x80,
  Address32 = 0x100,
  Address64 = 0x200,
  /** Position of the segment number of the memory operand (`Seg`); 0 without one. */
  SegmentShift = 10,
  PortShift = 16,
}
