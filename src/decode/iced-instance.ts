/** iced-x86's module, instantiated without its JavaScript. */
import { InvariantError } from '../errors.js';

/** iced.wasm, compiled. */
export type IcedModule = WebAssembly.Module;

/** Makes a JavaScript error of a message, which is our answer's number; we only take the message. */
const NEW_ERROR = '__wbg_new_3a66822ed076951c';

/** @param onError Told of the message of an error that a function of iced returns. Who expects none leaves it out. */
export function instantiateIced(
  module: IcedModule,
  onError?: (pointer: number, length: number) => void,
): WebAssembly.Exports {
  return new WebAssembly.Instance(module, createImports(module, onError)).exports;
}

/** The module's imports report its own failures or make JavaScript objects; of what we call, only the encoder does either. */
function createImports(
  module: IcedModule,
  onError?: (pointer: number, length: number) => void,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, (...args: number[]) => unknown>> = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    (imports[space] ??= {})[name] = (pointer = 0, length = 0) => {
      if (name !== NEW_ERROR || onError === undefined) throw new InvariantError(`iced-x86 called ${name}`);
      onError(pointer, length);
      return 0;
    };
  }
  return imports;
}
