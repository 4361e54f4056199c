/**
 * Every micro-op in both tiers: the same random state, the same outcome.
 *
 * A block is written as micro-ops, without a decoder: an operation that writes flags, then the micro-op, then the end. One
 * machine interprets it, the other compiles it before its first execution.
 */
import { beforeAll, expect, it } from 'vitest';
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Reach } from '../../src/jit/reach.js';
import { Machine } from '../helpers/machine.js';
import { Random } from '../silicon/random.js';
import { BLOCK_BYTES, runBlock, type StartState, type UopRecord, WINDOW, WINDOW_BYTES } from './uop-block.js';

const CASES = 30;
/** What reads flags meets every way of having written them. */
const CASES_OF_READERS = 150;
const READERS = /^(Setcc|Cmov|Jcc|Adc|Sbb)/;
const SEED = 20261122;

let interpreted: Machine;
/** Those that leave to the interpreter, and those that call the core. */
let compiled: readonly Machine[];
beforeAll(async () => {
  interpreted = await Machine.create(1 << 20, { jit: false });
  compiled = await Promise.all(
    [Reach.Runs, Reach.Tlb, Reach.Everything].map((reach) =>
      Machine.create(1 << 20, { hotThreshold: 1, reach }),
    ),
  );
});

const random = new Random(SEED);
const GENERAL = Array.from({ length: 16 }, (_, i) => 8 * i).filter((offset) => offset !== Reg.Rsp);
const HIGH_BYTES = [1, 9, 17, 25];
const EDGES = [0n, 1n, 0x7fn, 0x80n, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0x7fff_ffff_ffff_ffffn, 1n << 63n];

function value(): bigint {
  const edge = random.pick(EDGES);
  if (random.chance(0.3)) return edge;
  if (random.chance(0.2)) return BigInt.asUintN(64, -edge);
  return BigInt(random.u32()) | (BigInt(random.u32()) << 32n);
}

/** An operand: for bytes AH, CH, DH or BH now and then. The destination of an extension is never a byte. */
function register(code: number, isDestination = false): number {
  const name = Uop[code] ?? '';
  const isByte =
    (/[^0-9]8$|^Setcc$/.test(name) || (/8To/.test(name) && !isDestination)) && random.chance(0.3);
  return random.pick(isByte ? HIGH_BYTES : GENERAL);
}

/** Members that access memory, and those that end a block. */
const MEMORY = /^(Load|Store)/;
const ENDS: ReadonlySet<number> = new Set([
  ...[Uop.Next, Uop.Jmp, Uop.Jcc, Uop.JmpReg, Uop.Loop, Uop.CallRel32, Uop.CallRel64],
]);

function operand(code: number): UopRecord {
  const name = Uop[code] ?? '';
  if (MEMORY.test(name)) {
    const n = random.below(4) | (Seg.Ds << 4);
    const displacement = random.below(0x40) - 0x20;
    return {
      code,
      a: /Vector/.test(name) ? random.below(16) : register(code, true),
      b: Reg.Rbx,
      c: random.chance(0.5) ? Reg.Zero : Reg.Rcx,
      n,
      low: displacement,
    };
  }
  if (/^Lea/.test(name))
    return {
      code,
      a: random.pick(GENERAL),
      b: register(code),
      c: register(code),
      n: random.below(4),
      low: random.u32() | 0,
    };
  if (/^(Vector|VectorWhole|VectorTest|Crypto|Float|X87)$/.test(name)) return { code, a: 1, b: 2, c: 3 };
  if (/^MovToVector/.test(name)) return { code, a: random.below(16), b: register(code) };
  if (/^MovFromVector/.test(name)) return { code, a: register(code), b: random.below(16) };
  const isRotationByConstant = /^(Rol|Ror|Shl|Shr|Sar)Quiet/.test(name);
  const n = isRotationByConstant ? 1 + random.below(31) : random.below(/Cmov|Setcc|Jcc/.test(name) ? 16 : 64);
  const wide = value();
  const low = Number(BigInt.asIntN(32, wide));
  const high = /64$/.test(name) && /MovRI/.test(name) ? Number(BigInt.asIntN(32, wide >> 32n)) : low >> 31;
  return { code, a: register(code, true), b: register(code), c: register(code), n, low, high };
}

function end(code: number, ip: number): UopRecord {
  const wide = { ip, low: 0x40, high: BLOCK_BYTES, c: 3 };
  if (code === Uop.Jcc) return { code, ...wide, n: random.below(16) };
  if (code === Uop.JmpReg) return { code, ...wide, b: random.pick(GENERAL) };
  if (code === Uop.Loop) return { code, ...wide, n: random.below(4), b: 2 + random.below(2) };
  return { code, ...wide };
}

const FIRST: readonly number[] = [
  ...[Uop.AddRR32, Uop.SubRR64, Uop.AdcRR8, Uop.SbbRR16, Uop.AndRR32, Uop.XorRR8, Uop.CmpRR16, Uop.TestRR64],
  ...[
    Uop.Inc32,
    Uop.Dec8,
    Uop.Neg64,
    Uop.ShlRI32,
    Uop.ShrRI64,
    Uop.SarRI32,
    Uop.AddRR8,
    Uop.SubRR8,
    Uop.MovRR64,
  ],
];

/** What may be left to the interpreter, which must find the instruction where it is decoded: alone in its block. */
const LEAVES = /^(Div|Idiv|CheckTarget|JmpReg|Loop|Jmp|Jcc|CallRel)/;

function block(code: number): UopRecord[] {
  const first = { ...operand(random.pick(FIRST)), ip: 0 };
  const next = { code: Uop.Next, c: 3, ip: BLOCK_BYTES, low: BLOCK_BYTES, high: BLOCK_BYTES };
  if (LEAVES.test(Uop[code] ?? ''))
    return ENDS.has(code) ? [end(code, 0)] : [{ ...operand(code), ip: 0 }, next];
  if (code === Uop.Next) return [first, next];
  if (ENDS.has(code)) return [first, end(code, 4)];
  return [first, { ...operand(code), ip: 4 }, next];
}

function state(): StartState {
  const registers = Array.from({ length: 16 }, value);
  registers[Reg.Rbx >> 3] = BigInt(WINDOW + 0x800 + random.below(0x1000));
  if (random.chance(0.7)) registers[Reg.Rcx >> 3] = BigInt(random.below(64));
  registers[Reg.Rsp >> 3] = BigInt(WINDOW + 0x100 + random.below(0x1000));
  if (random.chance(0.5)) registers[Reg.Rdx >> 3] = 0n;
  const window = Uint8Array.from({ length: WINDOW_BYTES }, () => random.below(256));
  return { registers, flags: BigInt(random.u32() & 0x8d5) | 2n, window };
}

const SKIPPED: ReadonlySet<number> = new Set([Uop.Sys, Uop.Done]);
const codes = Object.values(Uop).filter(
  (code): code is Uop => typeof code === 'number' && !SKIPPED.has(code),
);

it.each(codes.map((code) => [Uop[code], code] as const))(`%s, seed ${SEED}`, (name, code) => {
  const cases = READERS.test(name) ? CASES_OF_READERS : CASES;
  for (let i = 0; i < cases; i++) {
    const records = block(code);
    const start = state();
    const expected = runBlock(interpreted, records, start);
    expect(runBlock(random.pick(compiled), records, start), JSON.stringify(records)).toEqual(expected);
  }
});
