/** Where the last x87 instruction and its operand in memory are (FIP, FOP, FDP), in compiled code. */
import { Seg } from '../../assembly/abi/register.js';
import { X87_EXIT_OPCODE_SHIFT, X87Exit } from '../../assembly/abi/x87-exit.js';
import type { CodeWriter } from './code-writer.js';
import type { StateAddresses } from './core-layout.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

/** What an instruction leaves in FIP and FOP: its offset in the block, and its opcode. */
export interface Instruction {
  readonly ip: number;
  readonly opcode: number;
}

/** What is not in the state. */
export interface PointersState {
  readonly instruction: Instruction | undefined;
  /** The segment of the last operand in memory; its address is in `Local.X87Data`. */
  readonly dataSegment: Seg | undefined;
}

export class X87Pointers {
  private instruction: Instruction | undefined;
  private dataSegment: Seg | undefined;

  constructor(
    private readonly code: CodeWriter,
    private readonly addresses: StateAddresses,
    /** Pushes the RIP of the block. */
    private readonly pushBlockRip: () => void,
  ) {}

  /** All is in the state. */
  open(): void {
    this.instruction = undefined;
    this.dataSegment = undefined;
  }

  get state(): PointersState {
    return { instruction: this.instruction, dataSegment: this.dataSegment };
  }

  restore({ instruction, dataSegment }: PointersState): void {
    this.instruction = instruction;
    this.dataSegment = dataSegment;
  }

  record(instruction: Instruction): void {
    this.instruction = instruction;
  }

  /** FDP is in `Local.X87Data`. */
  recordData(segment: Seg): void {
    this.dataSegment = segment;
  }

  /** Bits of an `X87Exit`: what is not in the state. */
  get exitBits(): number {
    const hasInstruction = this.instruction === undefined ? 0 : X87Exit.HasInstruction;
    return hasInstruction | (this.dataSegment === undefined ? 0 : X87Exit.HasData);
  }

  /** Has the epilogue write it back. */
  leave(): void {
    const { code, instruction, dataSegment } = this;
    if (instruction === undefined) return;
    code.i32((dataSegment ?? 0) | (instruction.opcode << X87_EXIT_OPCODE_SHIFT));
    code.set(Local.X87Operand);
    this.pushInstruction(instruction);
    code.set(Local.X87Instruction);
  }

  /** Writes it back. */
  store(): void {
    const { code, instruction, dataSegment } = this;
    const { x87 } = this.addresses;
    if (instruction !== undefined) {
      code.i32(0);
      this.pushInstruction(instruction);
      code.memory(Op.I64Store, x87.instructionPointer);
      this.storeSelector(Seg.Cs, x87.instructionSelector);
      code.i32(0);
      code.i32(instruction.opcode);
      code.memory(Op.I32Store, x87.opcode);
    }
    if (dataSegment === undefined) return;
    code.i32(0);
    code.get(Local.X87Data);
    code.memory(Op.I64Store, x87.dataPointer);
    this.storeSelector(dataSegment, x87.dataSelector);
  }

  private storeSelector(segment: Seg, to: number): void {
    const { code } = this;
    code.i32(0);
    code.i32(0);
    code.memory(Op.I32Load16U, this.addresses.selectors + 2 * segment);
    code.memory(Op.I32Store, to);
  }

  private pushInstruction({ ip }: Instruction): void {
    const { code } = this;
    this.pushBlockRip();
    code.i64(ip);
    code.op(Op.I64Add);
  }
}
