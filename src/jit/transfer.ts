/** INT n and IRET, which the core carries out where they stay in the running code segment (assembly/compiled-transfer.ts). */
import { Transfer } from '../../assembly/abi/transfer.js';
import { Reg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import { EndKind, type RegionBlock } from './region.js';
import { Op } from './wasm-opcodes.js';

const RSP_SLOT = Reg.Rsp >> 3;

/**
 * Emits the transfer that ends the block: `Local.ExitRip` ← where it goes. Leaves before it if it is the interpreter's, and
 * after it if something has to be looked at.
 */
export function transfer(emitter: Emitter, block: RegionBlock): void {
  const { addresses, code, flags } = emitter;
  const rsp = addresses.registers + 8 * RSP_SLOT;
  code.i32(0);
  code.get(RSP_SLOT);
  code.memory(Op.I64Store, rsp);
  callCore(emitter, block);
  code.tee(Local.Narrow0);
  code.op(Op.I32Eqz);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Leave);
  emitter.close();
  flags.set(Source.Settled);
  emitter.loadState(Op.I64Load, rsp);
  code.set(RSP_SLOT);
  emitter.loadState(Op.I64Load, addresses.rip);
  code.set(Local.ExitRip);
  code.get(Local.Narrow0);
  code.i32(Transfer.Outside);
  code.op(Op.I32Eq);
  emitter.open(Op.If);
  code.get(Local.ExitRip);
  emitter.exit(Flow.Leave);
  emitter.close();
}

/** Pushes a `Transfer`. */
function callCore(emitter: Emitter, { end, last }: RegionBlock): void {
  const { code, flags } = emitter;
  if (end === EndKind.InterruptReturn) {
    code.i32(last.c);
    code.call(Import.InterruptReturn);
    return;
  }
  flags.settle();
  code.i32(last.low >>> 16);
  emitter.ripAt(last.ip + last.n);
  code.call(Import.Interrupt);
}
