/** Runs what the compiler's encoder writes. */
import { CodeWriter } from '../../src/jit/code-writer.js';
import { EXPORT_NAME, type LocalGroup, WasmModule } from '../../src/jit/wasm-module.js';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const words = new DataView(memory.buffer);

/** What a function whose body `write` writes returns (i32); bytes at 0 of its memory are `before`. */
export function evaluate(
  write: (code: CodeWriter) => void,
  locals: readonly LocalGroup[] = [],
  before: readonly bigint[] = [],
): number {
  before.forEach((word, i) => words.setBigUint64(8 * i, BigInt.asUintN(64, word), true));
  const code = new CodeWriter();
  write(code);
  const module = new WebAssembly.Module(new WasmModule([]).assemble(locals, [code.bytes]));
  const instance = new WebAssembly.Instance(module, { core: { memory } });
  return (instance.exports[EXPORT_NAME] as () => number)();
}

/** The 64-bit word at `address` of the functions' memory. */
export function wordAt(address: number): bigint {
  return words.getBigUint64(address, true);
}
