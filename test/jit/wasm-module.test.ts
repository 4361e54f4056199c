/** What a module asks of the memory that it is given. */
import { expect, it } from 'vitest';
import { CodeWriter } from '../../src/jit/code-writer.js';
import { WasmModule } from '../../src/jit/wasm-module.js';

it('says how many pages its memory has at least', () => {
  const code = new CodeWriter();
  code.i32(0);
  const module = new WebAssembly.Module(new WasmModule([], 2).assemble([], [code.bytes]));
  const link = (initial: number): WebAssembly.Instance =>
    new WebAssembly.Instance(module, {
      core: { memory: new WebAssembly.Memory({ initial, maximum: 2 }) },
    });
  expect(() => link(1)).toThrow(WebAssembly.LinkError);
  expect(link(2)).toBeInstanceOf(WebAssembly.Instance);
});
