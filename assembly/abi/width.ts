/** log2 of the bytes of an operand, an address or a stack pointer: the order of the members of a family in abi/uop.ts. */
export enum Width {
  Byte = 0,
  Word = 1,
  Dword = 2,
  Qword = 3,
}
