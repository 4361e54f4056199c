/**
 * From bytes to a block of micro-ops.
 *
 * A block ends at a branch, after an instruction that can change mode, masks or interrupt state, where the bytes end,
 * and at a maximum. An instruction that is not implemented, not valid, or longer than 15 bytes is a block of its own.
 */
import { SysOp } from '../../assembly/abi/sys-op.js';
import { Reg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import { decodeAlias } from './alias.js';
import { ALL_FEATURES, Feature, type Features } from './features.js';
import { quietDeadFlags } from './dead-flags.js';
import { Decoded, DecoderOptions, Iced } from './iced.js';
import { InstructionSet, Presence } from './instruction-set.js';
import { LoweringContext } from './lower/context.js';
import { loweringOf } from './lower/table.js';
import { undefinedOpcodeLength } from './undefined-opcode.js';

/** Instructions in a block. */
const MAX_INSTRUCTIONS = 64;
/** A block takes no further instruction once it has this many micro-ops; none has more than 16. */
const MAX_UOPS = 238;
/** Longer instructions raise #GP (APM vol 3 §1.2). */
const MAX_INSTRUCTION_BYTES = 15;

/** Valid until the next call of `decode`. */
export interface DecodedBlock {
  /** Records of `UOP_BYTES` bytes; a buffer that is reused. */
  uops: Uint8Array;
  uopCount: number;
  instructionCount: number;
  byteLength: number;
  /** The first instruction does not end within `available`, and more bytes could complete it; nothing is decoded. */
  needsMoreBytes: boolean;
}

export class BlockDecoder {
  private readonly context: LoweringContext;
  private readonly instructionSet: InstructionSet;
  private readonly block: DecodedBlock;

  private constructor(
    private readonly iced: Iced,
    features: Features,
  ) {
    this.context = new LoweringContext(iced);
    this.instructionSet = new InstructionSet(iced, features);
    this.block = {
      uops: this.context.uops.bytes,
      uopCount: 0,
      instructionCount: 0,
      byteLength: 0,
      needsMoreBytes: false,
    };
  }

  /**
   * @param icedModule iced.wasm, compiled.
   * @param features What the processor model has.
   */
  static of(icedModule: WebAssembly.Module, features: Features = ALL_FEATURES): BlockDecoder {
    return new BlockDecoder(Iced.of(icedModule, decoderOptions(features)), features);
  }

  /**
   * Decodes the block whose first byte is `bytes[offset]`.
   *
   * @param available Bytes from `offset` on that may be looked at.
   * @param mode A `Mode`.
   */
  decode(
    bytes: Uint8Array,
    offset: number,
    available: number,
    mode: number,
    maxInstructions: number,
  ): DecodedBlock {
    const { iced, context, block } = this;
    context.beginBlock(mode);
    const limit = context.mode.isStep ? 1 : Math.min(maxInstructions, MAX_INSTRUCTIONS);
    iced.begin(context.mode.codeWidth - 1, bytes, offset, Math.min(available, limit * MAX_INSTRUCTION_BYTES));
    block.instructionCount = 0;
    block.byteLength = 0;
    block.needsMoreBytes = false;
    while (block.instructionCount < limit && context.uops.count < MAX_UOPS && !context.isBlockEnd) {
      if (!this.decodeInstruction()) break;
    }
    this.finish();
    return block;
  }

  /**
   * Appends the next instruction. False if the block ends before it. Each has at least one micro-op: the core counts
   * instructions by the offsets in the records.
   */
  private decodeInstruction(): boolean {
    const { iced, context, block } = this;
    let decoded = iced.next();
    const isFirst = block.instructionCount === 0;
    const uopsBefore = context.uops.count;
    context.beginInstruction(block.byteLength);
    if (decoded === Decoded.Invalid) decoded = decodeAlias(iced, context, block.byteLength);
    if (decoded === Decoded.Instruction) {
      const presence = this.instructionSet.presence();
      const lowering = presence === Presence.Lacking ? undefined : loweringOf(context.instruction);
      if (lowering === undefined && !isFirst) return false;
      if (lowering !== undefined) lowering(context);
      else context.sysEnd(presence === Presence.Present ? SysOp.Unimplemented : SysOp.Undefined);
    } else if (!isFirst) {
      return false;
    } else {
      const undefinedLength = undefinedOpcodeLength(iced, context.mode.is64Bit);
      if (decoded === Decoded.Truncated && undefinedLength === null) {
        block.needsMoreBytes = true;
        return false;
      }
      const isTooLong = undefinedLength === null ? this.isTooLong() : undefinedLength > MAX_INSTRUCTION_BYTES;
      context.sysEnd(isTooLong ? SysOp.TooLong : SysOp.Undefined);
    }
    if (context.uops.count === uopsBefore) context.move(Width.Qword, Reg.T0, Reg.T0);
    block.instructionCount++;
    block.byteLength += iced.length;
    return true;
  }

  /**
   * Whether the invalid first instruction is invalid for its length alone. iced says the same of both; what tells
   * them apart is whether it would still reach 15 bytes with fewer of its leading prefixes.
   */
  private isTooLong(): boolean {
    const { iced } = this;
    const length = iced.length;
    if (length < MAX_INSTRUCTION_BYTES) return false;
    for (let skipped = 1; skipped < MAX_INSTRUCTION_BYTES; skipped++) {
      iced.seek(skipped);
      const decoded = iced.next();
      const end = skipped + iced.length;
      iced.length = length;
      if (decoded === Decoded.Truncated) return true;
      if (end <= MAX_INSTRUCTION_BYTES) return false;
      if (decoded === Decoded.Instruction) return true;
    }
    return true;
  }

  private finish(): void {
    const { context, block } = this;
    if (block.needsMoreBytes) {
      block.uopCount = 0;
      return;
    }
    if (!context.hasBranch) {
      context.beginInstruction(block.byteLength);
      context.emit(Uop.Next, 0, 0, context.mode.codeWidth, 0, block.byteLength, block.byteLength);
    }
    if (!context.mode.isExact) quietDeadFlags(context.uops);
    block.uopCount = context.uops.count;
  }
}

/** What an encoding means to a processor that lacks its instruction and takes it for another. */
function decoderOptions(features: Features): number {
  let options = DecoderOptions.Amd | DecoderOptions.NoWbnoinvd;
  if (!features.has(Feature.Bmi1)) options |= DecoderOptions.NoTzcnt;
  if (!features.has(Feature.Lzcnt)) options |= DecoderOptions.NoLzcnt;
  if (!features.has(Feature.Lahf64)) options |= DecoderOptions.NoLahf64;
  return options;
}
