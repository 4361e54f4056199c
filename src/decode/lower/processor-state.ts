/** Extended state, XCR0, the bases of FS and GS, random numbers, CLZERO (APM vol 3, vol 4). */
import { Reg, Seg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** In the param of FXSAVE, XSAVE and their like: pointers have 64 bits (REX.W). */
const WIDE = 8;

/** Rows for both formats. The core function accesses the area itself: its size depends on more than the instruction. */
function area(op: SysOp, narrow: Mnemonic, wide: Mnemonic): LoweringRows {
  const lowering =
    (format: number): Lowering =>
    (context) => {
      context.memory.computeSegmentOffset();
      context.sys(op, Reg.Address, 0, 0, context.memory.segment | format);
    };
  return [
    [narrow, lowering(0)],
    [wide, lowering(WIDE)],
  ];
}

/** The operand is a register; its size is the operation's. */
function onRegister(op: SysOp, segment: Seg = Seg.Es): Lowering {
  return (context) => {
    const { instruction } = context;
    context.sys(op, instruction.register(0), segment, instruction.width(0));
  };
}

/** rAX at the address size is an offset in DS or in the segment of a prefix. */
function clzero(context: LoweringContext): void {
  const { instruction, mode } = context;
  const prefix = instruction.segmentPrefix;
  const isIgnored = prefix < 0 || (mode.is64Bit && prefix < Seg.Fs);
  context.sys(SysOp.Clzero, 0, isIgnored ? Seg.Ds : prefix, context.addressWidth);
}

export const PROCESSOR_STATE: LoweringRows = [
  ...area(SysOp.Fxsave, Mnemonic.Fxsave, Mnemonic.Fxsave64),
  ...area(SysOp.Fxrstor, Mnemonic.Fxrstor, Mnemonic.Fxrstor64),
  ...area(SysOp.Xsave, Mnemonic.Xsave, Mnemonic.Xsave64),
  ...area(SysOp.Xsaveopt, Mnemonic.Xsaveopt, Mnemonic.Xsaveopt64),
  ...area(SysOp.Xsavec, Mnemonic.Xsavec, Mnemonic.Xsavec64),
  ...area(SysOp.Xsaves, Mnemonic.Xsaves, Mnemonic.Xsaves64),
  ...area(SysOp.Xrstor, Mnemonic.Xrstor, Mnemonic.Xrstor64),
  ...area(SysOp.Xrstors, Mnemonic.Xrstors, Mnemonic.Xrstors64),
  [Mnemonic.Xgetbv, (context) => context.sys(SysOp.Xgetbv)],
  [Mnemonic.Xsetbv, (context) => context.sysEnd(SysOp.Xsetbv)],
  [Mnemonic.Rdfsbase, onRegister(SysOp.ReadSegmentBase, Seg.Fs)],
  [Mnemonic.Rdgsbase, onRegister(SysOp.ReadSegmentBase, Seg.Gs)],
  [Mnemonic.Wrfsbase, onRegister(SysOp.WriteSegmentBase, Seg.Fs)],
  [Mnemonic.Wrgsbase, onRegister(SysOp.WriteSegmentBase, Seg.Gs)],
  [Mnemonic.Rdpid, onRegister(SysOp.Rdpid)],
  [Mnemonic.Rdrand, onRegister(SysOp.Rdrand)],
  [Mnemonic.Rdseed, onRegister(SysOp.Rdrand)],
  [Mnemonic.Clzero, clzero],
];
