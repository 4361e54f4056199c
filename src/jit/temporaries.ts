/**
 * What is known of temporaries within one instruction. They are dead where it ends (abi/register.ts), and nobody reads more of one
 * than has been written last: writes of bytes and words clear what is above instead of keeping it, and who reads so much need
 * not clear it again. A register that is merged into at every turn would make turns wait for each other (Dhrystone-like mix
 * 1.3 to 1.4, bytecode interpreter 1.25 times as fast; V8 11.3, 2026-11-22).
 */
import { Reg } from '../../assembly/abi/register.js';
import { Width } from '../../assembly/abi/width.js';

const FIRST_SLOT = Reg.T0 >> 3;

/** Whether a register is a temporary, from its low end. */
export function isTemporary(register: number): boolean {
  return register >> 3 >= FIRST_SLOT && (register & 7) === 0;
}

export class Temporaries {
  /** Widths above which temporaries are zero, by slot of the register file. */
  private readonly widths = new Map<number, Width>();

  /** An instruction begins. */
  begin(): void {
    this.widths.clear();
  }

  /** They are about to be written; bit n: slot n. */
  forget(slots: number): void {
    for (const slot of this.widths.keys()) if (((slots >>> slot) & 1) !== 0) this.widths.delete(slot);
  }

  /** A temporary has been written as a whole: it is zero above `width`. */
  note(register: number, width: Width): void {
    this.widths.set(register >> 3, width);
  }

  /** Whether a register is known to be zero above `width`. */
  isWithin(register: number, width: Width): boolean {
    return (register & 7) === 0 && (this.widths.get(register >> 3) ?? Width.Qword) <= width;
  }
}
