/** Flags, ports, interrupts, system calls, SVM, hints and what is never valid (APM vol 3). */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** Behind 0F. */
const PREFETCH_OPCODE = 0x0d;

/** A micro-op without operands. */
function plain(uop: Uop): Lowering {
  return (context) => context.emit(uop);
}

/** A core function without operands that leaves the rest of the block as it is. */
function simple(op: SysOp): Lowering {
  return (context) => context.sys(op);
}

/** A core function after which mode, mask, interrupt state or RIP may be another. */
function ending(op: SysOp, width = 0): Lowering {
  return (context) => context.sysEnd(op, 0, 0, width);
}

/** Hints and ordering: nothing to do for a processor that runs instructions one after the other. */
function nothing(): void {}

/** F3 90 is PAUSE, but with REX.B it is XCHG r8, rAX, as 90 is. */
function pause(context: LoweringContext): void {
  if (context.hasRexB) context.emit(Uop.Xchg8 + context.operandWidth, Reg.R8, Reg.Rax);
  else context.sys(SysOp.Pause);
}

/** PREFETCH, 0F 0D, has no form with a register; the other reserved opcodes do nothing. */
function reservedNop(context: LoweringContext): void {
  if (context.opcodeByte(1) === PREFETCH_OPCODE) context.sysEnd(SysOp.Undefined);
}

/** CLFLUSH and its like fault as a load of their byte would (APM vol 3, CLFLUSH). */
function flushLine(context: LoweringContext): void {
  context.memory.resolve(1, false);
  context.memory.load(Reg.T0, Width.Byte);
}

function input(context: LoweringContext): void {
  const { instruction } = context;
  const width = instruction.width(0);
  context.sysEnd(SysOp.In, portNumber(context, 1), 0, width, context.addressWidth);
}

function output(context: LoweringContext): void {
  const { instruction } = context;
  const width = instruction.width(1);
  context.sysEnd(SysOp.Out, portNumber(context, 0), 0, width, context.addressWidth);
}

/** The register with the zero-extended port number: imm8 or DX. */
function portNumber(context: LoweringContext, operand: number): number {
  const { instruction } = context;
  if (instruction.isImmediate(operand))
    context.moveImmediate(Reg.T0, instruction.immediateLow(operand) & 0xff);
  else context.emit(Uop.Movzx16To64, Reg.T0, instruction.register(operand));
  return Reg.T0;
}

function intN(context: LoweringContext): void {
  context.sysEnd(SysOp.IntN, 0, 0, 0, context.instruction.immediateLow(0) & 0xff);
}

function iret(context: LoweringContext): void {
  context.sysEnd(SysOp.Iret, 0, 0, context.operandWidth);
}

function bound(context: LoweringContext): void {
  const { instruction, memory } = context;
  const width = instruction.width(0);
  memory.loadPair(width, width);
  context.sys(SysOp.Bound, instruction.register(0), 0, width);
}

function invlpg(context: LoweringContext): void {
  context.memory.computeUncheckedLinear();
  context.sysEnd(SysOp.Invlpg, Reg.Address);
}

/** rAX at the address size is the physical address of a VMCB. */
function onVmcb(op: SysOp): Lowering {
  return (context) => context.sysEnd(op, 0, 0, 0, context.addressWidth);
}

const FLAGS: LoweringRows = [
  [Mnemonic.Clc, plain(Uop.Clc)],
  [Mnemonic.Stc, plain(Uop.Stc)],
  [Mnemonic.Cmc, plain(Uop.Cmc)],
  [Mnemonic.Cld, plain(Uop.Cld)],
  [Mnemonic.Std, plain(Uop.Std)],
  [Mnemonic.Sahf, plain(Uop.Sahf)],
  [Mnemonic.Lahf, plain(Uop.Lahf)],
  [Mnemonic.Salc, plain(Uop.Salc)],
  [Mnemonic.Cli, ending(SysOp.Cli)],
  [Mnemonic.Sti, ending(SysOp.Sti)],
  [Mnemonic.Clac, ending(SysOp.Clac)],
  [Mnemonic.Stac, ending(SysOp.Stac)],
];

const CONTROL: LoweringRows = [
  [Mnemonic.In, input],
  [Mnemonic.Out, output],
  [Mnemonic.Int, intN],
  [Mnemonic.Int3, ending(SysOp.Int3)],
  [Mnemonic.Into, ending(SysOp.Into)],
  [Mnemonic.Int1, ending(SysOp.Int1)],
  [Mnemonic.Iret, iret],
  [Mnemonic.Iretd, iret],
  [Mnemonic.Iretq, iret],
  [Mnemonic.Bound, bound],
  [Mnemonic.Hlt, ending(SysOp.Hlt)],
  [Mnemonic.Pause, pause],
  [Mnemonic.Monitor, simple(SysOp.Monitor)],
  [Mnemonic.Mwait, ending(SysOp.Mwait)],
  [Mnemonic.Clts, ending(SysOp.Clts)],
  [Mnemonic.Invlpg, invlpg],
  [Mnemonic.Invlpga, ending(SysOp.Invlpga)],
  [Mnemonic.Invd, ending(SysOp.Invd)],
  [Mnemonic.Wbinvd, ending(SysOp.Wbinvd)],
  [Mnemonic.Rdmsr, simple(SysOp.Rdmsr)],
  [Mnemonic.Wrmsr, ending(SysOp.Wrmsr)],
  [Mnemonic.Rdtsc, simple(SysOp.Rdtsc)],
  [Mnemonic.Rdtscp, simple(SysOp.Rdtscp)],
  [Mnemonic.Rdpmc, simple(SysOp.Rdpmc)],
  [Mnemonic.Cpuid, simple(SysOp.Cpuid)],
  [Mnemonic.Syscall, ending(SysOp.Syscall)],
  [Mnemonic.Sysret, ending(SysOp.Sysret, Width.Dword)],
  [Mnemonic.Sysretq, ending(SysOp.Sysret, Width.Qword)],
  [Mnemonic.Sysenter, ending(SysOp.Sysenter)],
  [Mnemonic.Sysexit, ending(SysOp.Sysexit, Width.Dword)],
  [Mnemonic.Sysexitq, ending(SysOp.Sysexit, Width.Qword)],
  [Mnemonic.Swapgs, ending(SysOp.Swapgs)],
  [Mnemonic.Rsm, ending(SysOp.Rsm)],
];

/** VMGEXIT is VMMCALL with a prefix that only SEV-ES looks at (APM vol 2 §15.35.6). */
const SVM: LoweringRows = [
  [Mnemonic.Vmrun, onVmcb(SysOp.Vmrun)],
  [Mnemonic.Vmmcall, ending(SysOp.Vmmcall)],
  [Mnemonic.Vmgexit, ending(SysOp.Vmmcall)],
  [Mnemonic.Vmload, onVmcb(SysOp.Vmload)],
  [Mnemonic.Vmsave, onVmcb(SysOp.Vmsave)],
  [Mnemonic.Stgi, ending(SysOp.Stgi)],
  [Mnemonic.Clgi, ending(SysOp.Clgi)],
  [Mnemonic.Skinit, ending(SysOp.Skinit)],
];

const HINTS: LoweringRows = [
  [Mnemonic.Reservednop, reservedNop],
  [Mnemonic.Clflush, flushLine],
  [Mnemonic.Clflushopt, flushLine],
  [Mnemonic.Clwb, flushLine],
  // prettier-ignore
  ...[
    Mnemonic.Nop, Mnemonic.Endbr32, Mnemonic.Endbr64, Mnemonic.Rdsspd, Mnemonic.Rdsspq,
    Mnemonic.Prefetch, Mnemonic.Prefetchw, Mnemonic.Prefetchwt1, Mnemonic.Prefetchnta, Mnemonic.Prefetcht0,
    Mnemonic.Prefetcht1, Mnemonic.Prefetcht2, Mnemonic.Prefetchit0, Mnemonic.Prefetchit1, Mnemonic.Cldemote,
    Mnemonic.Lfence, Mnemonic.Mfence, Mnemonic.Sfence,
  ].map((mnemonic) => [mnemonic, nothing] as const),
];

/** #UD on every AMD processor of the model: UD opcodes and Intel's VMX, SMX, SGX and TSX. */
// prettier-ignore
const NEVER: LoweringRows = [
  Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Ud2,
  Mnemonic.Vmcall, Mnemonic.Vmclear, Mnemonic.Vmfunc, Mnemonic.Vmlaunch, Mnemonic.Vmptrld, Mnemonic.Vmptrst,
  Mnemonic.Vmread, Mnemonic.Vmresume, Mnemonic.Vmwrite, Mnemonic.Vmxoff, Mnemonic.Vmxon, Mnemonic.Invept,
  Mnemonic.Invvpid, Mnemonic.Getsec, Mnemonic.Encls, Mnemonic.Enclu, Mnemonic.Enclv,
  Mnemonic.Xabort, Mnemonic.Xbegin, Mnemonic.Xend, Mnemonic.Xtest,
].map((mnemonic) => [mnemonic, ending(SysOp.Undefined)] as const);

export const SYSTEM: LoweringRows = [...FLAGS, ...CONTROL, ...SVM, ...HINTS, ...NEVER];
