/** Values to write into registers. */
import type { GuestRegisters } from '../../src/svm/guest-registers/guest-registers.js';
import { PAGE_TABLES } from './bare-guest.js';

/** A value that the register can hold and that is not the one that `BareGuest` begins with. */
export function otherValue(registers: GuestRegisters, name: string): bigint {
  const fixed: Record<string, bigint> = {
    rip: 0x1003n,
    rflags: 0x8d7n,
    eflags: 0x246n,
    cr0: 0x8001_0033n,
    cr3: BigInt(PAGE_TABLES) | 0x18n,
    cr4: 0x6a0n,
    dr6: 0xffff_4ff1n,
    dr7: 0x401n,
    efer: 0xd01n,
    pat: 0x0706_0504_0100_0607n,
    xcr0: 7n,
    mxcsr: 0x9f80n,
    fcw: 0x27fn,
    fsw: 0x3801n,
    ftw: 0x5557n,
    cr8: 5n,
    cpl: 0n,
    kernelGsBase: 0xffff_8000_1234_5678n,
    lstar: 0xffff_ffff_8000_0000n,
    cstar: 0x7fff_ffff_ffffn,
  };
  const bits = registers.bits(name);
  return fixed[name] ?? BigInt.asUintN(bits, 0x5a17_c3e8_9d24_b6f1_0e2d_4c6b_8a97_1f35n);
}
