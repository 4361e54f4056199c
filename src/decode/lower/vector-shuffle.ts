/** Packs, extensions, shuffles, blends, permutations, broadcasts, tests and the bit fields of SSE4A (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp, VectorTestOp, VectorWholeOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm, VectorRegister } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireSse } from './availability.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import {
  type BinaryVector,
  binaryRows,
  emitVector,
  ifImmediate,
  immediateOf,
  both,
  lowerVex,
  readVector,
  requireVexForm,
  widthOf,
  XMM_WIDTH,
  YMM_WIDTH,
} from './vector-row.js';

const { None, UnlessMisalignedMode } = VectorAlignment;

// prettier-ignore
const PACKS: LoweringRows = binaryRows(Uop.Vector, [
  both(Mnemonic.Packsswb, Mnemonic.Vpacksswb, VectorOp.PackS16),
  both(Mnemonic.Packuswb, Mnemonic.Vpackuswb, VectorOp.PackU16),
  both(Mnemonic.Packssdw, Mnemonic.Vpackssdw, VectorOp.PackS32),
  both(Mnemonic.Packusdw, Mnemonic.Vpackusdw, VectorOp.PackU32),
  { ...both(Mnemonic.Punpcklbw, Mnemonic.Vpunpcklbw, VectorOp.UnpackLow8), usesLowHalf: true },
  { ...both(Mnemonic.Punpcklwd, Mnemonic.Vpunpcklwd, VectorOp.UnpackLow16), usesLowHalf: true },
  { ...both(Mnemonic.Punpckldq, Mnemonic.Vpunpckldq, VectorOp.UnpackLow32), usesLowHalf: true },
  { ...both(Mnemonic.Punpcklqdq, Mnemonic.Vpunpcklqdq, VectorOp.UnpackLow64), usesLowHalf: true },
  both(Mnemonic.Punpckhbw, Mnemonic.Vpunpckhbw, VectorOp.UnpackHigh8),
  both(Mnemonic.Punpckhwd, Mnemonic.Vpunpckhwd, VectorOp.UnpackHigh16),
  both(Mnemonic.Punpckhdq, Mnemonic.Vpunpckhdq, VectorOp.UnpackHigh32),
  both(Mnemonic.Punpckhqdq, Mnemonic.Vpunpckhqdq, VectorOp.UnpackHigh64),
  { legacy: Mnemonic.Unpcklps, vex: Mnemonic.Vunpcklps, op: VectorOp.UnpackLow32, usesLowHalf: true },
  { legacy: Mnemonic.Unpcklpd, vex: Mnemonic.Vunpcklpd, op: VectorOp.UnpackLow64, usesLowHalf: true },
  { legacy: Mnemonic.Unpckhps, vex: Mnemonic.Vunpckhps, op: VectorOp.UnpackHigh32 },
  { legacy: Mnemonic.Unpckhpd, vex: Mnemonic.Vunpckhpd, op: VectorOp.UnpackHigh64 },
]);

/** `memoryWidth` is of the 128-bit form. The 256-bit form has twice the source, of which the upper half of the result takes the second part. */
function extendRows(legacy: Mnemonic, vex: Mnemonic, op: VectorOp, memoryWidth: number): LoweringRows {
  const lowerVex: Lowering = (context) => {
    const form = requireVexForm(context);
    if (form === undefined) return;
    const isWide = form === VectorForm.Vex256;
    let source = readVector(context, 1, memoryWidth + (isWide ? 1 : 0), None);
    if (isWide) {
      const spread = VectorRegister.T0;
      emitVector(
        context,
        Uop.VectorWhole,
        VectorWholeOp.Spread,
        form,
        spread,
        source,
        source,
        1 << memoryWidth,
      );
      source = spread;
    }
    emitVector(context, Uop.Vector, op, form, context.instruction.register(0), source, source);
  };
  return [...binaryRows(Uop.Vector, [{ legacy, op, memoryWidth }]), [vex, lowerVex]];
}

const EXTENSIONS: LoweringRows = [
  ...extendRows(Mnemonic.Pmovsxbw, Mnemonic.Vpmovsxbw, VectorOp.SignExtend8To16, Width.Qword),
  ...extendRows(Mnemonic.Pmovsxbd, Mnemonic.Vpmovsxbd, VectorOp.SignExtend8To32, Width.Dword),
  ...extendRows(Mnemonic.Pmovsxbq, Mnemonic.Vpmovsxbq, VectorOp.SignExtend8To64, Width.Word),
  ...extendRows(Mnemonic.Pmovsxwd, Mnemonic.Vpmovsxwd, VectorOp.SignExtend16To32, Width.Qword),
  ...extendRows(Mnemonic.Pmovsxwq, Mnemonic.Vpmovsxwq, VectorOp.SignExtend16To64, Width.Dword),
  ...extendRows(Mnemonic.Pmovsxdq, Mnemonic.Vpmovsxdq, VectorOp.SignExtend32To64, Width.Qword),
  ...extendRows(Mnemonic.Pmovzxbw, Mnemonic.Vpmovzxbw, VectorOp.ZeroExtend8To16, Width.Qword),
  ...extendRows(Mnemonic.Pmovzxbd, Mnemonic.Vpmovzxbd, VectorOp.ZeroExtend8To32, Width.Dword),
  ...extendRows(Mnemonic.Pmovzxbq, Mnemonic.Vpmovzxbq, VectorOp.ZeroExtend8To64, Width.Word),
  ...extendRows(Mnemonic.Pmovzxwd, Mnemonic.Vpmovzxwd, VectorOp.ZeroExtend16To32, Width.Qword),
  ...extendRows(Mnemonic.Pmovzxwq, Mnemonic.Vpmovzxwq, VectorOp.ZeroExtend16To64, Width.Dword),
  ...extendRows(Mnemonic.Pmovzxdq, Mnemonic.Vpmovzxdq, VectorOp.ZeroExtend32To64, Width.Qword),
];

/** VPERMILPS and VPERMILPD: by an immediate they are shuffles of one source. */
function permuteInLanes(
  vex: Mnemonic,
  op: VectorOp,
  byOp: VectorOp,
  immediateShift: number,
): LoweringRows[number] {
  const lowering = (operation: BinaryVector): Lowering => {
    return (context) => lowerVex(context, Uop.Vector, operation);
  };
  const byImmediate = lowering({ op, immediateShift });
  return [vex, ifImmediate(2, byImmediate, lowering({ op: byOp }))];
}

// prettier-ignore
const SHUFFLES: LoweringRows = [
  ...binaryRows(Uop.Vector, [
    both(Mnemonic.Pshufb, Mnemonic.Vpshufb, VectorOp.ShuffleBytes),
    both(Mnemonic.Pshufd, Mnemonic.Vpshufd, VectorOp.Shuffle32),
    both(Mnemonic.Pshuflw, Mnemonic.Vpshuflw, VectorOp.ShuffleLow16),
    both(Mnemonic.Pshufhw, Mnemonic.Vpshufhw, VectorOp.ShuffleHigh16),
    both(Mnemonic.Palignr, Mnemonic.Vpalignr, VectorOp.AlignBytes),
    both(Mnemonic.Pblendw, Mnemonic.Vpblendw, VectorOp.Blend16),
    { vex: Mnemonic.Vpblendd, op: VectorOp.Blend32, immediateShift: 4 },
    { legacy: Mnemonic.Blendps, vex: Mnemonic.Vblendps, op: VectorOp.Blend32, immediateShift: 4 },
    { legacy: Mnemonic.Blendpd, vex: Mnemonic.Vblendpd, op: VectorOp.Blend64, immediateShift: 2 },
    { legacy: Mnemonic.Shufps, vex: Mnemonic.Vshufps, op: VectorOp.ShufflePairs32 },
    { legacy: Mnemonic.Shufpd, vex: Mnemonic.Vshufpd, op: VectorOp.ShufflePairs64, immediateShift: 2 },
    { legacy: Mnemonic.Movlhps, vex: Mnemonic.Vmovlhps, op: VectorOp.UnpackLow64 },
    { legacy: Mnemonic.Movhlps, vex: Mnemonic.Vmovhlps, op: VectorOp.MoveHighToLow },
    { legacy: Mnemonic.Movshdup, vex: Mnemonic.Vmovshdup, op: VectorOp.DuplicateOdd32 },
    { legacy: Mnemonic.Movsldup, vex: Mnemonic.Vmovsldup, op: VectorOp.DuplicateEven32 },
    { legacy: Mnemonic.Movddup, op: VectorOp.DuplicateEven64, memoryWidth: Width.Qword },
  ]),
  permuteInLanes(Mnemonic.Vpermilps, VectorOp.Shuffle32, VectorOp.PermuteBy32, 0),
  permuteInLanes(Mnemonic.Vpermilpd, VectorOp.ShufflePairs64, VectorOp.PermuteBy64, 2),
  [Mnemonic.Vmovddup, duplicateQuad],
];

/** The 128-bit form has 64 bits of memory, the 256-bit form all of it. */
function duplicateQuad(context: LoweringContext): void {
  const form = requireVexForm(context);
  if (form === undefined) return;
  const source = readVector(context, 1, form === VectorForm.Vex256 ? YMM_WIDTH : Width.Qword, None);
  const to = context.instruction.register(0);
  emitVector(context, Uop.Vector, VectorOp.DuplicateEven64, form, to, source, source);
}

/** Across the halves. Those of floating-point lanes are of AVX, the others of AVX2. */
// prettier-ignore
const PERMUTATIONS: LoweringRows = binaryRows(Uop.VectorWhole, [
  { vex: Mnemonic.Vperm2f128, op: VectorWholeOp.PermuteHalves },
  { vex: Mnemonic.Vperm2i128, op: VectorWholeOp.PermuteHalves },
  { vex: Mnemonic.Vpermq, op: VectorWholeOp.Permute64 },
  { vex: Mnemonic.Vpermpd, op: VectorWholeOp.Permute64 },
  { vex: Mnemonic.Vpermd, op: VectorWholeOp.PermuteBy32 },
  { vex: Mnemonic.Vpermps, op: VectorWholeOp.PermuteBy32 },
  { vex: Mnemonic.Vinsertf128, op: VectorWholeOp.InsertHalf, memoryWidth: XMM_WIDTH },
  { vex: Mnemonic.Vinserti128, op: VectorWholeOp.InsertHalf, memoryWidth: XMM_WIDTH },
  { vex: Mnemonic.Vbroadcastf128, op: VectorWholeOp.Broadcast128, memoryWidth: XMM_WIDTH },
  { vex: Mnemonic.Vbroadcasti128, op: VectorWholeOp.Broadcast128, memoryWidth: XMM_WIDTH },
  { vex: Mnemonic.Vpbroadcastb, op: VectorWholeOp.Broadcast8, memoryWidth: Width.Byte },
  { vex: Mnemonic.Vpbroadcastw, op: VectorWholeOp.Broadcast16, memoryWidth: Width.Word },
  { vex: Mnemonic.Vpbroadcastd, op: VectorWholeOp.Broadcast32, memoryWidth: Width.Dword },
  { vex: Mnemonic.Vpbroadcastq, op: VectorWholeOp.Broadcast64, memoryWidth: Width.Qword },
]);

/** VBROADCASTSS and VBROADCASTSD: from memory of AVX, from a register of AVX2. */
function broadcast(op: VectorWholeOp, memoryWidth: number): Lowering {
  return (context) => {
    const form = requireVexForm(context);
    if (form === undefined) return;
    const source = readVector(context, 1, memoryWidth, None);
    emitVector(context, Uop.VectorWhole, op, form, context.instruction.register(0), source, source);
  };
}

/** VEXTRACTF128: the destination may be memory. */
function extractHalf(context: LoweringContext): void {
  if (requireVexForm(context) === undefined) return;
  const { instruction, memory } = context;
  const isStore = instruction.isMemory(0);
  const to = isStore ? VectorRegister.T0 : instruction.register(0);
  const [source, half] = [instruction.register(1), immediateOf(context, 2)];
  const op = VectorWholeOp.ExtractHalf;
  emitVector(context, Uop.VectorWhole, op, VectorForm.Vex128, to, source, source, half);
  if (!isStore) return;
  memory.resolve(1 << XMM_WIDTH, true);
  memory.storeVector(to, XMM_WIDTH, None);
}

/** PBLENDVB and its like: the mask is XMM0 in the legacy form, the fourth operand in the VEX form. */
function blendRows(legacy: Mnemonic, vex: Mnemonic, op: VectorOp): LoweringRows {
  const lowerLegacy: Lowering = (context) => {
    if (!requireSse(context)) return;
    const to = context.instruction.register(0);
    const second = readVector(context, 1, XMM_WIDTH, UnlessMisalignedMode);
    emitVector(context, Uop.Vector, op, VectorForm.Legacy, to, to, second, 0, VectorRegister.Ymm0);
  };
  const lowerVex: Lowering = (context) => {
    const form = requireVexForm(context);
    if (form === undefined) return;
    const { instruction } = context;
    const second = readVector(context, 2, widthOf(form), None);
    const [to, first, mask] = [instruction.register(0), instruction.register(1), instruction.register(3)];
    emitVector(context, Uop.Vector, op, form, to, first, second, 0, mask);
  };
  return [
    [legacy, lowerLegacy],
    [vex, lowerVex],
  ];
}

/** PTEST, VTESTPS, VTESTPD. */
function testRow(op: VectorTestOp): Lowering {
  return (context) => {
    const form = requireVexForm(context);
    if (form !== undefined) test(context, op, form, None);
  };
}

function test(
  context: LoweringContext,
  op: VectorTestOp,
  form: VectorForm,
  alignment: VectorAlignment,
): void {
  const second = readVector(context, 1, widthOf(form), alignment);
  emitVector(context, Uop.VectorTest, op, form, 0, context.instruction.register(0), second);
}

function ptest(context: LoweringContext): void {
  if (requireSse(context)) test(context, VectorTestOp.Bits, VectorForm.Legacy, UnlessMisalignedMode);
}

/** EXTRQ and INSERTQ: the field is named by two immediates from operand `immediates` on, or by a register. */
function field(op: VectorOp, byOp: VectorOp, immediates: number): Lowering {
  return (context) => {
    if (!requireSse(context)) return;
    const { instruction } = context;
    const to = instruction.register(0);
    const second = instruction.isVectorRegister(1) ? instruction.register(1) : to;
    const isNamed = instruction.isImmediate(immediates);
    const bits = isNamed ? immediateOf(context, immediates) | (immediateOf(context, immediates + 1) << 8) : 0;
    emitVector(context, Uop.Vector, isNamed ? op : byOp, VectorForm.Legacy, to, to, second, bits);
  };
}

export const VECTOR_SHUFFLE: LoweringRows = [
  ...PACKS,
  ...EXTENSIONS,
  ...SHUFFLES,
  ...PERMUTATIONS,
  [Mnemonic.Vbroadcastss, broadcast(VectorWholeOp.Broadcast32, Width.Dword)],
  [Mnemonic.Vbroadcastsd, broadcast(VectorWholeOp.Broadcast64, Width.Qword)],
  [Mnemonic.Vextractf128, extractHalf],
  [Mnemonic.Vextracti128, extractHalf],
  ...blendRows(Mnemonic.Pblendvb, Mnemonic.Vpblendvb, VectorOp.BlendBy8),
  ...blendRows(Mnemonic.Blendvps, Mnemonic.Vblendvps, VectorOp.BlendBy32),
  ...blendRows(Mnemonic.Blendvpd, Mnemonic.Vblendvpd, VectorOp.BlendBy64),
  [Mnemonic.Ptest, ptest],
  [Mnemonic.Vptest, testRow(VectorTestOp.Bits)],
  [Mnemonic.Vtestps, testRow(VectorTestOp.Signs32)],
  [Mnemonic.Vtestpd, testRow(VectorTestOp.Signs64)],
  [Mnemonic.Extrq, field(VectorOp.ExtractField, VectorOp.ExtractFieldBy, 1)],
  [Mnemonic.Insertq, field(VectorOp.InsertField, VectorOp.InsertFieldBy, 2)],
];
