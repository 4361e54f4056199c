/**
 * Dead flags: a micro-op whose flags nothing can read before they are written again takes its quiet form.
 *
 * Goes over a block from its end. Anything that can fault, exit, leave or end the block shows all flags to the outside;
 * a store does, so the operation of a read-modify-write instruction is never quiet.
 */
import { Uop } from '../../assembly/abi/uop.js';
import type { UopWriter } from './uop-writer.js';

/** Flags that live and die together. */
enum Flags {
  None = 0,
  Carry = 1,
  Overflow = 2,
  /** PF, AF, ZF, SF */
  Result = 4,
  All = 7,
}

/** The flags each of the eight pairs of conditions reads (APM vol 3 App. A). */
const CONDITION_READS = [
  Flags.Overflow,
  Flags.Carry,
  Flags.Result,
  Flags.Carry | Flags.Result,
  Flags.Result,
  Flags.Result,
  Flags.Overflow | Flags.Result,
  Flags.Overflow | Flags.Result,
];

/** What is read, by micro-op. What is not named here shows everything: it may fault or leave the block. */
const READS = new Uint8Array(Uop.Sys + 1).fill(Flags.All);
/** What is certainly overwritten. */
const WRITES = new Uint8Array(Uop.Sys + 1);
/** The form without flags, or 0. */
const QUIET = new Uint16Array(Uop.Sys + 1);

function define(first: Uop, last: Uop, reads: Flags, writes: Flags): void {
  READS.fill(reads, first, last + 1);
  WRITES.fill(writes, first, last + 1);
}

define(Uop.MovRR8, Uop.Xchg64, Flags.None, Flags.None);
define(Uop.Lea16, Uop.Lea64, Flags.None, Flags.None);
define(Uop.AddRR8, Uop.OrRI64, Flags.None, Flags.All);
define(Uop.AdcRR8, Uop.SbbRI64, Flags.Carry, Flags.All);
define(Uop.AndRR8, Uop.TestRI64, Flags.None, Flags.All);
define(Uop.AddQuietRR32, Uop.XorQuietRI64, Flags.None, Flags.None);
define(Uop.Inc8, Uop.Dec64, Flags.None, Flags.Overflow | Flags.Result);
define(Uop.Neg8, Uop.Neg64, Flags.None, Flags.All);
define(Uop.Not8, Uop.Not64, Flags.None, Flags.None);
// A count of zero keeps all flags, so what comes in may go out.
define(Uop.RolRR8, Uop.SarRI64, Flags.None, Flags.None);
define(Uop.RclRR8, Uop.RcrRI64, Flags.Carry, Flags.None);
define(Uop.RolQuietRI32, Uop.Shrd64, Flags.None, Flags.None);
define(Uop.Mul8, Uop.Imul64, Flags.None, Flags.Carry | Flags.Overflow);
define(Uop.Imul2RR16, Uop.Imul3RI64, Flags.None, Flags.Carry | Flags.Overflow);
define(Uop.BtRR16, Uop.BtcRI64, Flags.None, Flags.Carry);
define(Uop.BitAddress16, Uop.Bswap64, Flags.None, Flags.None);
define(Uop.Popcnt16, Uop.Popcnt64, Flags.None, Flags.All);
define(Uop.Lzcnt16, Uop.Tzcnt64, Flags.None, Flags.Carry);
define(Uop.Andn32, Uop.Bzhi64, Flags.None, Flags.All);
define(Uop.Adcx32, Uop.Adcx64, Flags.Carry, Flags.None);
define(Uop.Adox32, Uop.Adox64, Flags.Overflow, Flags.None);
define(Uop.Pdep32, Uop.Crc32Of64, Flags.None, Flags.None);
define(Uop.Cmpxchg8, Uop.Cmpxchg64, Flags.None, Flags.All);
define(Uop.Clc, Uop.Stc, Flags.None, Flags.Carry);
define(Uop.Cmc, Uop.Cmc, Flags.Carry, Flags.None);
define(Uop.Cld, Uop.Std, Flags.None, Flags.None);
define(Uop.Sahf, Uop.Sahf, Flags.None, Flags.Carry | Flags.Result);
define(Uop.Lahf, Uop.Lahf, Flags.Carry | Flags.Result, Flags.None);
define(Uop.Salc, Uop.Salc, Flags.Carry, Flags.None);

define(Uop.Vector, Uop.VectorWhole, Flags.None, Flags.None);
define(Uop.VectorTest, Uop.VectorTest, Flags.None, Flags.All);
define(Uop.Crypto, Uop.MovFromVector64, Flags.None, Flags.None);
define(Uop.MmxEnter, Uop.MmxRead, Flags.None, Flags.None);

/** Shifts and rotates by a constant: what a count other than zero overwrites. */
const SHIFT_WRITES = new Uint8Array(Uop.Sys + 1);

function quiet(loud32: Uop, quiet32: Uop): void {
  QUIET[loud32] = quiet32;
  QUIET[loud32 + 1] = quiet32 + 1;
}

for (const [loud, quietForm] of [
  [Uop.AddRR8, Uop.AddQuietRR32],
  [Uop.OrRR8, Uop.OrQuietRR32],
  [Uop.AndRR8, Uop.AndQuietRR32],
  [Uop.SubRR8, Uop.SubQuietRR32],
  [Uop.XorRR8, Uop.XorQuietRR32],
] as const) {
  quiet(loud + 2, quietForm);
  quiet(loud + 6, quietForm + 2);
}
quiet(Uop.Inc32, Uop.AddQuietRI32);
quiet(Uop.Dec32, Uop.SubQuietRI32);
for (const [first, quietForm, writes] of [
  [Uop.RolRI8, Uop.RolQuietRI32, Flags.Carry | Flags.Overflow],
  [Uop.RorRI8, Uop.RorQuietRI32, Flags.Carry | Flags.Overflow],
  [Uop.ShlRI8, Uop.ShlQuietRI32, Flags.All],
  [Uop.ShrRI8, Uop.ShrQuietRI32, Flags.All],
  [Uop.SarRI8, Uop.SarQuietRI32, Flags.All],
] as const) {
  SHIFT_WRITES.fill(writes, first, first + 4);
  quiet(first + 2, quietForm);
}

function readsOf(uops: UopWriter, index: number, code: number): number {
  const isConditional = code === Uop.Setcc || (code >= Uop.Cmov16 && code <= Uop.Cmov64);
  return isConditional ? (CONDITION_READS[uops.n(index) >> 1] ?? Flags.All) : (READS[code] ?? Flags.All);
}

function writesOf(uops: UopWriter, index: number, code: number): number {
  const shifted = SHIFT_WRITES[code] ?? 0;
  return shifted !== 0 && uops.n(index) !== 0 ? shifted : (WRITES[code] ?? 0);
}

/** Replaces what can be quiet in a whole block. */
export function quietDeadFlags(uops: UopWriter): void {
  let live: number = Flags.All;
  for (let index = uops.count - 1; index >= 0; index--) {
    const code = uops.code(index);
    const writes = writesOf(uops, index, code);
    const quietForm = QUIET[code] ?? 0;
    if (quietForm !== 0 && writes !== 0 && (writes & live) === 0) makeQuiet(uops, index, code, quietForm);
    else live = (live & ~writes) | readsOf(uops, index, code);
  }
}

function makeQuiet(uops: UopWriter, index: number, code: number, quietForm: number): void {
  const isIncrement = code >= Uop.Inc8 && code <= Uop.Dec64;
  if (isIncrement) uops.setImmediate(index, 1);
  uops.setCode(index, quietForm);
}
