/** The registers that the world switch leaves alone: a hypervisor reads and writes the guest's directly (APM vol 2 §15.5.1). */
import type { StateView } from '../core/state-view.js';

// prettier-ignore
export const REGISTER_NAMES = [
  'rcx', 'rdx', 'rbx', 'rbp', 'rsi', 'rdi',
  'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
  'dr0', 'dr1', 'dr2', 'dr3',
] as const;

/** rAX, RSP, RIP and RFLAGS of a guest are in its VMCB. */
export type RegisterName = (typeof REGISTER_NAMES)[number];

export class Registers {
  constructor(private readonly state: StateView) {}

  get(name: RegisterName): bigint {
    return this.state.big(name);
  }

  set(name: RegisterName, value: bigint): void {
    this.state.setBig(name, value);
  }

  /** Exact below 2^53. */
  getNumber(name: RegisterName): number {
    return this.state.num(name);
  }

  /** @param value A non-negative integer below 2^53. */
  setNumber(name: RegisterName, value: number): void {
    this.state.setNum(name, value);
  }

  /** Bits 31:0, as the 32-bit name of the register has them. */
  low(name: RegisterName): number {
    return this.state.get(name);
  }
}
