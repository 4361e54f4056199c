/** The end of a region that has x87 operations: what was kept where it has been left goes to the state (abi/x87-exit.ts). */
import type { CodeWriter } from './code-writer.js';
import { IMPORTS, X87Import } from './core-layout.js';
import { Local } from './locals.js';
import { Op, Type } from './wasm-opcodes.js';
import { localsOfRegister, REGISTERS } from './x87-registers.js';

export function writeBack(code: CodeWriter): void {
  code.get(Local.X87Exit);
  code.block(Op.If, Type.Empty);
  for (let n = 0; n < REGISTERS; n++) {
    const { significand, upper } = localsOfRegister(n);
    code.get(Local.X87Exit);
    code.get(Local.X87Base);
    code.i32(n);
    code.get(significand);
    code.get(upper);
    code.call(IMPORTS.length + X87Import.PublishRegister);
  }
  for (const local of [Local.X87Exit, Local.X87Operand, Local.X87Base, Local.X87Status]) code.get(local);
  for (const local of [Local.X87Instruction, Local.X87Data, Local.X87Inexact, Local.X87Up]) code.get(local);
  code.call(IMPORTS.length + X87Import.Publish);
  code.op(Op.End);
}
