/** Instructions as NASM writes them: for traces and messages. */
import { Decoded, Iced } from './iced.js';

/** `FormatterSyntax.Nasm`. */
const NASM = 3;
/** Code sizes as `Iced.begin` numbers them. */
const CODE_SIZES = { 16: 0, 32: 1, 64: 2 } as const;

export interface Disassembly {
  readonly text: string;
  /** Bytes of the instruction; 1 where there is none. */
  readonly length: number;
}

const disassemblers = new WeakMap<WebAssembly.Module, Disassembler>();

export class Disassembler {
  private readonly formatter: number;
  private readonly decoder = new TextDecoder();

  private constructor(private readonly iced: Iced) {
    iced.wasm.formatter_new(iced.result, NASM);
    iced.refreshViews();
    this.formatter = iced.view.getUint32(iced.result, true);
  }

  /** The one for all: it has no state. @param icedModule iced.wasm, compiled. */
  static of(icedModule: WebAssembly.Module): Disassembler {
    const disassembler = disassemblers.get(icedModule) ?? new Disassembler(Iced.of(icedModule));
    disassemblers.set(icedModule, disassembler);
    return disassembler;
  }

  /** The instruction that `bytes` begins with; a `db` of one byte if that is none. */
  format(bytes: Uint8Array, bits: 16 | 32 | 64, rip: bigint | number): Disassembly {
    const { iced } = this;
    iced.begin(CODE_SIZES[bits], bytes, 0, bytes.length, BigInt(rip));
    if (iced.next() !== Decoded.Instruction) {
      return { text: `db 0${(bytes[0] ?? 0).toString(16)}h`, length: 1 };
    }
    return { text: this.formatInstruction(), length: iced.length };
  }

  /** iced returns a pointer and a length; the string is ours to free. */
  private formatInstruction(): string {
    const { iced } = this;
    iced.wasm.formatter_format(iced.result, this.formatter, iced.instruction);
    iced.refreshViews();
    const pointer = iced.view.getUint32(iced.result, true);
    const length = iced.view.getUint32(iced.result + 4, true);
    const text = this.decoder.decode(iced.bytes.subarray(pointer, pointer + length));
    iced.wasm.__wbindgen_free(pointer, length, 1);
    return text;
  }
}
