/**
 * The processor's state: one record, at one fixed address.
 *
 * `offsetof` is the only source of field offsets. The host and the compiler read them from the core's exports
 * (`assembly/index.ts`); nobody writes a literal offset.
 */
import { Mode, Rflags } from './abi/processor-bits';

@unmanaged
export class CpuState {
  // Register file, laid out as abi/register.ts says.
  rax: u64;
  rcx: u64;
  rdx: u64;
  rbx: u64;
  rsp: u64;
  rbp: u64;
  rsi: u64;
  rdi: u64;
  r8: u64;
  r9: u64;
  r10: u64;
  r11: u64;
  r12: u64;
  r13: u64;
  r14: u64;
  r15: u64;
  esBase: u64;
  csBase: u64;
  ssBase: u64;
  dsBase: u64;
  fsBase: u64;
  gsBase: u64;
  blockRip: u64;
  zero: u64;
  t0: u64;
  t1: u64;
  t2: u64;
  t3: u64;
  t4: u64;
  t5: u64;
  address: u64;
  address2: u64;

  /** The instruction to execute next, or the one executing while a core function runs. */
  rip: u64;
  /** While a core function runs: the address after the instruction. */
  nextRip: u64;
  /** Status flags, half lazy (flags.ts): the last result, sign-extended, gives ZF, SF and PF. */
  flagResult: u64;
  /** CF, AF and OF at their RFLAGS positions; PF and SF here *invert* what `flagResult` gives. */
  flagAux: u32;
  /** Every RFLAGS bit that is not a status flag, at its position, and bit 1. */
  systemFlags: u32;

  // Segments ES CS SS DS FS GS LDTR TR; the bases of the first six are in the register file.
  ldtrBase: u64;
  trBase: u64;
  /** Selectors, indexed by `Seg`: read with `selector(seg)`. */
  selectors: u64;
  selectors2: u64;
  /** Attributes in VMCB format (`SegAttr`), 16 bits each, indexed by `Seg`. */
  attributes: u64;
  attributes2: u64;
  /** Limits in bytes, expanded, 32 bits each, indexed by `Seg`. */
  limits: u64;
  limits2: u64;
  limits3: u64;
  limits4: u64;
  gdtrBase: u64;
  idtrBase: u64;
  gdtrLimit: u32;
  idtrLimit: u32;

  cr0: u64;
  cr2: u64;
  cr3: u64;
  cr4: u64;
  /** Task priority, 0 to 15; V_TPR while a guest runs. */
  cr8: u32;
  cpl: u32;
  efer: u64;
  dr0: u64;
  dr1: u64;
  dr2: u64;
  dr3: u64;
  dr6: u64;
  dr7: u64;

  // Model-specific registers.
  star: u64;
  lstar: u64;
  cstar: u64;
  sfmask: u64;
  kernelGsBase: u64;
  sysenterCs: u64;
  sysenterEsp: u64;
  sysenterEip: u64;
  pat: u64;
  tscAux: u64;
  debugCtl: u64;
  /** Added to the clock by RDTSC: the processor's own part (WRMSR TSC) and, in a guest, TSC_OFFSET. */
  tscBase: u64;
  tscOffset: u64;
  apicBase: u64;
  hwcr: u64;
  vmHsavePa: u64;
  vmCr: u64;

  // The x87 unit and media control (x87-state.ts, vector-file.ts hold the registers).
  mxcsr: u32;
  x87Control: u32;
  /** The status word with TOP left zero. */
  x87Status: u32;
  x87Top: u32;
  /** Bit n: physical register n is not empty. */
  x87Tags: u32;
  /** Low 11 bits of the opcode of the last x87 instruction that was not a control instruction. */
  x87Opcode: u32;
  x87InstructionPointer: u64;
  x87DataPointer: u64;
  x87InstructionSelector: u32;
  x87DataSelector: u32;
  xcr0: u64;

  // The clock and the run loop.
  /** Retired instructions since reset; a REP iteration counts as one. */
  clock: u64;
  /** `run` returns `Stop.Budget` when the clock reaches it. */
  deadline: u64;
  /** A `Mode`: derived by `updateMode()`. */
  mode: u32;
  /** An `Activity`. */
  activity: u32;
  /** The next instruction runs in an interrupt shadow. */
  shadow: u32;
  /** The shadow was opened by MOV SS or POP SS, which also hold back debug traps. */
  shadowHoldsDebug: u32;
  /** Bits of `Watch`. */
  watch: u32;
  /** Bits of `Watch` that the running instruction has reached; the run loop stops for them after it. */
  boundary: u32;
  /** Events delivered since reset, software interrupts included. */
  eventsDelivered: u32;
  /** The clock at the last exception, and how many there were since it last moved. */
  exceptionClock: u64;
  exceptionsInPlace: u32;
  /** Non-zero: the run loop must take its careful path (TF, shadow, breakpoints, pending debug trap). */
  attention: u32;
  /** DR6 bits of debug traps to raise at the end of the running instruction. */
  pendingDebug: u32;
  /** The running instruction has settled its own single-step trap: SYSCALL and SYSRET go by the new TF. */
  isStepSettled: u32;
  /** A repeated instruction between two iterations: which, where and when (suspended-repeat.ts). */
  repeatForm: u32;
  repeatRip: u64;
  repeatClock: u64;
  /** A physical NMI was delivered through the IDT and its IRET has not completed. */
  nmiMask: u32;

  // What stopped an instruction (`Pending`) and what it says.
  pending: u32;
  faultVector: u32;
  faultCode: u32;
  faultHasCode: u32;
  faultAddress: u64;
  exitCode: u64;
  exitInfo1: u64;
  exitInfo2: u64;
  /** NRIP for the VMCB: zero unless the exit defines it. */
  exitNextRip: u64;
  /** The event being delivered, as EXITINTINFO has it; zero when none is. */
  eventInfo: u64;
  /** EXT of the error codes that a fault raises now: 1 while an event from outside the program is delivered. */
  externalEvent: u32;

  // SVM.
  /** A guest runs: intercepts are in force. */
  inGuest: u32;
  /** The six intercept vectors of VMCB 000h to 017h; bit n of the map = exit code n. */
  intercepts0: u32;
  intercepts1: u32;
  intercepts2: u32;
  intercepts3: u32;
  intercepts4: u32;
  intercepts5: u32;
  /** Physical addresses of the permission maps. */
  iopmBase: u32;
  msrpmBase: u32;
  asid: u32;
  nestedPaging: u32;
  /** Root of the nested page tables. */
  nestedCr3: u64;
  /** EFER and CR4 of the host at VMRUN: they govern the nested walk. */
  hostEfer: u64;
  hostCr4: u64;
  hostCr0: u64;
  gif: u32;
  virtualGifEnabled: u32;
  virtualGif: u32;
  virtualInterruptMasking: u32;
  virtualNmiEnabled: u32;
  virtualNmiPending: u32;
  virtualNmiMask: u32;
  /** RFLAGS.IF of the host at VMRUN: gates physical interrupts under V_INTR_MASKING. */
  hostInterruptFlag: u32;
  /** V_IRQ, V_INTR_PRIO, V_IGN_TPR, V_INTR_VECTOR. */
  virtualIrqPending: u32;
  virtualIrqPriority: u32;
  virtualIrqIgnoreTpr: u32;
  virtualIrqVector: u32;
  pauseFilterCount: u32;
  pauseFilterThreshold: u32;
  /** Pauses left before the exit, and the clock at the last one. */
  pauseLeft: u32;
  lastPause: u64;
  /** The last page fault, nested or not, was a fetch's: decode assists have no bytes of it. */
  isFetchFault: u32;

  // Decode misses.
  missLinear: u64;
  /** Physical address of the missing block, or NO_PAGE where there is no memory; and the `Mode` to decode for. */
  missPhysical: u32;
  missMode: u32;

  // Translation.
  /** Address of the TLB bank that data accesses use at the present privilege; see tlb.ts. */
  tlbBank: u32;
  /** Whose blocks the fetch cache may give: the ASID, and in bit 0 whether CPL is 3. */
  fetchContext: u32;

  // Observation, for ledgers: not architectural.
  /** NMI handlers entered whose IRET has not completed, and the most there were at once. */
  nmiDepth: u32;
  nmiMaxDepth: u32;
  nmiDelivered: u32;
  nmiReturned: u32;

  // What RESET leaves alone: the machine and the processor model, not their state.
  /** Bytes of physical memory, and where byte 0 is in Wasm memory. */
  memoryBytes: u32;
  memoryBase: u32;
  /** Choice where sources disagree: an IRET that faults clears the physical NMI mask nevertheless (iret.ts). */
  faultingIretUnmasks: u32;
  /** The bits of CR4 that exist in this model. */
  cr4Bits: u64;
  /** Of the generator behind RDRAND and RDSEED. */
  randomState: u64;
}

const STATE = memory.data(offsetof<CpuState>(), 16);

/** The state record. Folds to a constant address: each field access is one load or store. */
export function cpu(): CpuState {
  return changetype<CpuState>(STATE);
}

/** Reads the register at byte offset `reg` of the register file, truncated to T. */
export function register<T extends number>(reg: u32): T {
  return load<T>(STATE + reg);
}

/** Writes the register at byte offset `reg`. A 32-bit write clears the upper half (APM vol 1 §3.1.2). */
export function setRegister<T extends number>(reg: u32, value: T): void {
  if (sizeof<T>() == 4) store<u64>(STATE + reg, <u64>(<u32>value));
  else store<T>(STATE + reg, value);
}

export function selector(seg: u32): u32 {
  return load<u16>(STATE + (seg << 1), offsetof<CpuState>('selectors'));
}

export function setSelector(seg: u32, value: u32): void {
  store<u16>(STATE + (seg << 1), value, offsetof<CpuState>('selectors'));
}

export function attributes(seg: u32): u32 {
  return load<u16>(STATE + (seg << 1), offsetof<CpuState>('attributes'));
}

export function setAttributes(seg: u32, value: u32): void {
  store<u16>(STATE + (seg << 1), value, offsetof<CpuState>('attributes'));
}

export function limit(seg: u32): u32 {
  return load<u32>(STATE + (seg << 2), offsetof<CpuState>('limits'));
}

export function setLimit(seg: u32, value: u32): void {
  store<u32>(STATE + (seg << 2), value, offsetof<CpuState>('limits'));
}

/** Base address of segment `seg`, LDTR and TR included. */
export function base(seg: u32): u64 {
  if (seg < 6) return load<u64>(STATE + (seg << 3), offsetof<CpuState>('esBase'));
  return load<u64>(STATE + ((seg - 6) << 3), offsetof<CpuState>('ldtrBase'));
}

export function setBase(seg: u32, value: u64): void {
  if (seg < 6) store<u64>(STATE + (seg << 3), value, offsetof<CpuState>('esBase'));
  else store<u64>(STATE + ((seg - 6) << 3), value, offsetof<CpuState>('ldtrBase'));
}

/** In 64-bit mode (long mode and CS.L). */
export function is64Bit(): bool {
  return (cpu().mode & Mode.CodeSize) == Mode.Code64;
}

export function isV86(): bool {
  return (cpu().systemFlags & Rflags.Vm) != 0;
}

export function isRealMode(): bool {
  return (cpu().cr0 & 1) == 0;
}

/** Whether IDT, TSS and far transfers use their long-mode forms (EFER.LMA). */
export function isLongMode(): bool {
  return (cpu().efer & 0x400) != 0;
}

export const STATE_ADDRESS: usize = STATE;
