/**
 * Operations of the x87 unit: `Uop.X87`.
 *
 * The micro-op: a = ST(i), or as the row says; low 16 bits of imm = `X87Op`, bits 26:16 = the opcode that FOP takes. A
 * memory operand is at effective address b + (c << (n & 3)) + upper half of imm, truncated to the width in bits 28:27
 * (log2 of its bytes; 0 = no operand in memory), in segment n >> 4. That is also its linear address unless n has
 * `X87_ADDRESS_GIVEN`: then the linear address is in `Reg.Address`.
 *
 * In order: first what leaves FIP and FOP alone, and of that first what ignores a pending exception.
 */
export enum X87Op {
  /** FNINIT */
  Initialize,
  /** FNCLEX */
  ClearExceptions,
  /** FNSTSW AX */
  StoreStatusAx,
  StoreStatus,
  StoreControl,
  /** a = log2 of the operand size in bytes; as for the next two */
  StoreEnvironment,
  Save,
  /** FNENI, FNDISI, FNSETPM: nothing since the 387 */
  Nothing,

  /** FWAIT */
  Wait,
  LoadControl,
  LoadEnvironment,
  Restore,

  /** FNOP: nothing, but its address and opcode show in FIP and FOP */
  NoOperation,
  /** FLD ST(i) */
  LoadStack,
  /** ST(i) ← ST(0); the next pops */
  StoreStack,
  StoreStackPop,
  /** FSTPNCE: as FSTP, but an empty ST(0) is only popped */
  StoreStackPopQuiet,
  Exchange,
  Free,
  FreePop,
  IncrementTop,
  DecrementTop,
  /** FCMOVcc; n = condition */
  MoveIf,
  ChangeSign,
  Absolute,
  Test,
  Examine,
  /** ST(0) ← ST(0) op ST(a & 7), op = a >> 3: FADD FMUL FCOM FCOMP FSUB FSUBR FDIV FDIVR, as for all arithmetic */
  Arithmetic,
  /** ST(a & 7) ← ST(0) op ST(a & 7); the next pops */
  ArithmeticInto,
  ArithmeticIntoPop,
  /** FCOMPP */
  ComparePopTwice,
  CompareQuiet,
  CompareQuietPop,
  CompareQuietPopTwice,
  CompareFlags,
  CompareFlagsPop,
  CompareFlagsQuiet,
  CompareFlagsQuietPop,
  /** FLD1 and its like; a = `X87Constant` */
  LoadConstant,
  SquareRoot,
  RoundToInteger,
  Scale,
  Extract,
  /** FPREM, FPREM1 */
  Remainder,
  RemainderNearest,
  /** F2XM1 */
  Exponential,
  /** FYL2X, FYL2XP1 */
  Logarithm,
  LogarithmPlusOne,
  Tangent,
  Arctangent,
  Sine,
  Cosine,
  SineCosine,

  // With an operand in memory.
  /** ST(0) ← ST(0) op memory, op = a */
  ArithmeticFloat32,
  ArithmeticFloat64,
  ArithmeticInteger16,
  ArithmeticInteger32,
  LoadFloat32,
  LoadFloat64,
  LoadExtended,
  LoadInteger16,
  LoadInteger32,
  LoadInteger64,
  /** FBLD */
  LoadDecimal,
  /** a = 1: and pop; as for all stores */
  StoreFloat32,
  StoreFloat64,
  StoreExtendedPop,
  StoreInteger16,
  StoreInteger32,
  StoreInteger64,
  /** FISTTP */
  StoreTruncated16,
  StoreTruncated32,
  StoreTruncated64,
  /** FBSTP */
  StoreDecimalPop,
}

/** In byte n of the micro-op. */
export const X87_ADDRESS_GIVEN = 4;
export const X87_OPCODE_SHIFT = 16;
export const X87_ADDRESS_WIDTH_SHIFT = 27;

/** What the reg field of an arithmetic opcode selects. */
export enum X87Arithmetic {
  Add,
  Multiply,
  Compare,
  ComparePop,
  Subtract,
  SubtractReversed,
  Divide,
  DivideReversed,
}

/** FLD1 to FLDZ, in the order of their opcodes. */
export enum X87Constant {
  One,
  Log2Of10,
  Log2OfE,
  Pi,
  Log10Of2,
  LnOf2,
  Zero,
}
