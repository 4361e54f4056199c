/** Masked moves and gathers (APM vol 4), which core functions do element by element. */
import { MaskedAccess } from '../../../assembly/abi/masked-access.js';
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireAvx } from './availability.js';
import type { Lowering, LoweringRows } from './context.js';
import { YMM_WIDTH } from './vector-row.js';

/** VMASKMOV and VPMASKMOV: data, mask, memory, or memory, mask, data. */
function maskedMove(width: Width.Dword | Width.Qword): Lowering {
  return (context) => {
    if (!requireAvx(context)) return;
    const { instruction, memory } = context;
    const isStore = instruction.isMemory(0);
    const isWide = instruction.width(1) === YMM_WIDTH;
    memory.computeSegmentOffset();
    const elements = width === Width.Qword ? MaskedAccess.Quadwords : 0;
    const param = memory.segment | elements | (isWide ? MaskedAccess.Wide : 0) | truncation(memory.width);
    const data = instruction.register(isStore ? 2 : 0);
    const mask = instruction.register(isStore ? 1 : 2);
    if (isStore) context.sys(SysOp.MaskedStore, data, mask, 0, param);
    else context.sys(SysOp.MaskedLoad, data, instruction.register(1), 0, param);
  };
}

/** What the offsets of elements are truncated to, by the width of the address. */
function truncation(width: number): number {
  return width === Width.Word ? MaskedAccess.Address16 : width === Width.Dword ? MaskedAccess.Address32 : 0;
}

/** Elements of `width` by indices of `indexWidth`. The index is a vector; no two of the three registers may be the same. */
function gather(indexWidth: Width.Dword | Width.Qword, width: Width.Dword | Width.Qword): Lowering {
  return (context) => {
    if (!requireAvx(context)) return;
    const { instruction, memory } = context;
    const [to, index, mask] = [instruction.register(0), instruction.memoryIndex, instruction.register(2)];
    if (to === index || to === mask || index === mask) {
      context.sysEnd(SysOp.Undefined);
      return;
    }
    memory.fetch();
    memory.width = context.addressWidth;
    memory.index = Reg.Zero;
    memory.computeOffset();
    const param =
      memory.segment |
      (width === Width.Qword ? MaskedAccess.Quadwords : 0) |
      (indexWidth === Width.Qword ? MaskedAccess.QuadwordIndices : 0) |
      truncation(memory.width) |
      (instruction.memoryScale << MaskedAccess.ScaleShift);
    const vectorWidth = Math.max(instruction.width(0), instruction.memoryIndexWidth);
    const count = 1 << (vectorWidth - Math.max(width, indexWidth));
    context.sys(SysOp.Gather, to, index, mask, param, count);
  };
}

export const VECTOR_MASKED: LoweringRows = [
  [Mnemonic.Vmaskmovps, maskedMove(Width.Dword)],
  [Mnemonic.Vmaskmovpd, maskedMove(Width.Qword)],
  [Mnemonic.Vpmaskmovd, maskedMove(Width.Dword)],
  [Mnemonic.Vpmaskmovq, maskedMove(Width.Qword)],
  [Mnemonic.Vgatherdps, gather(Width.Dword, Width.Dword)],
  [Mnemonic.Vgatherdpd, gather(Width.Dword, Width.Qword)],
  [Mnemonic.Vgatherqps, gather(Width.Qword, Width.Dword)],
  [Mnemonic.Vgatherqpd, gather(Width.Qword, Width.Qword)],
  [Mnemonic.Vpgatherdd, gather(Width.Dword, Width.Dword)],
  [Mnemonic.Vpgatherdq, gather(Width.Dword, Width.Qword)],
  [Mnemonic.Vpgatherqd, gather(Width.Qword, Width.Dword)],
  [Mnemonic.Vpgatherqq, gather(Width.Qword, Width.Qword)],
];
