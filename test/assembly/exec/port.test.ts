/** Ports: who may reach them, what a #VMEXIT reports (APM vol 2 §12.2.4, §15.10). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { IoInfo } from '../../../assembly/abi/io-info.js';
import { Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Vector } from '../../../assembly/abi/vector.js';
import { CODE, Machine } from '../../helpers/machine.js';

const IOPM = 0x3_0000;
const TSS = 0x2_0000;
/** Where the TSS of these tests has its I/O map; 32 bytes of it are inside the limit. */
const MAP = 0x80;
const MAP_BYTES = 32;
const TSS_32 = 0x8b;
const TSS_16 = 0x83;
const IOPL_3 = 0x3000;

const IN_AL_DX = [0xec];
const IN_AX_DX = [0x66, 0xed];
const IN_EAX_DX = [0xed];
const OUT_DX_AL = [0xee];

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** Puts a 32-bit processor at `cpl` with a TSS, and makes #GP and intercepted ports exit. */
function start(cpl = 0, tssType = TSS_32): void {
  machine.flat32(cpl);
  const { state } = machine;
  const limit = MAP + MAP_BYTES - 1;
  state.setSegment(Seg.Tr, { selector: 8, attributes: tssType, limit, base: BigInt(TSS) });
  machine.core.words.setUint16(TSS + 0x66, MAP, true);
  state.set('inGuest', 1);
  state.set('intercepts2', 1 << Vector.Gp);
  state.set('intercepts3', (1 << (ExitCode.Ioio - 0x60)) >>> 0);
  state.setNum('iopmBase', IOPM);
}

function markPort(map: number, port: number): void {
  machine.core.memory[map + (port >> 3)]! |= 1 << (port & 7);
}

/** Runs one instruction with DX = `port`; the exit code, or undefined if it completed. */
function attempt(code: readonly number[], port: number): number | undefined {
  machine.load(code);
  machine.state.setNum('rdx', port);
  if (machine.run(1) === Stop.Budget) return undefined;
  return machine.state.num('exitCode');
}

const GP = ExitCode.Exception0 + Vector.Gp;

describe('privilege', () => {
  it('CPL up to IOPL may', () => {
    start(3);
    machine.rflags = BigInt(IOPL_3 | Rflags.Always1);
    markPort(TSS + MAP, 0x80);
    expect(attempt(IN_AL_DX, 0x80)).toBeUndefined();
  });

  it('above IOPL a clear bit in the TSS may', () => {
    start(3);
    expect(attempt(IN_AL_DX, 0x80)).toBeUndefined();
  });

  // prettier-ignore
  it.each<[why: string, code: number[], port: number, marked: number]>([
    ['its bit is set',                 IN_AL_DX,  0x80, 0x80],
    ['the bit of its last byte is set', IN_EAX_DX, 0x80, 0x83],
    ['a bit in the next byte is set',  IN_AX_DX,  0x87, 0x88],
    ['its bit is beyond the limit',    IN_AL_DX,  0x1000, 0],
    ['the byte after its own is beyond the limit', IN_AL_DX, (MAP_BYTES - 1) * 8, 0],
  ])('#GP(0) if %s', (_why, code, port, marked) => {
    start(3);
    markPort(TSS + MAP, marked);
    expect(attempt(code, port)).toBe(GP);
    expect(machine.state.num('exitInfo1')).toBe(0);
    expect(machine.state.num('rip')).toBe(CODE);
  });

  it('a 16-bit TSS has no map', () => {
    start(3, TSS_16);
    expect(attempt(IN_AL_DX, 0x80)).toBe(GP);
  });

  it('virtual-8086 mode asks the TSS even with IOPL 3', () => {
    start(3);
    machine.rflags = BigInt(IOPL_3 | Rflags.Vm | Rflags.Always1);
    markPort(TSS + MAP, 0x80);
    expect(attempt(IN_AL_DX, 0x80)).toBe(GP);
    expect(attempt(IN_AL_DX, 0x81)).toBeUndefined();
  });

  it('#GP precedes the intercept', () => {
    start(3);
    markPort(TSS + MAP, 0x80);
    markPort(IOPM, 0x80);
    expect(attempt(IN_AL_DX, 0x80)).toBe(GP);
  });
});

describe('the I/O permission map', () => {
  const { In, String, Rep, Size8, Size16, Size32, Address16, Address32 } = IoInfo;
  const segment = (seg: Seg) => seg << IoInfo.SegmentShift;

  // prettier-ignore
  it.each<[what: string, code: number[], port: number, info: number]>([
    ['IN AL, DX',        IN_AL_DX,           0x3f8, In | Size8 | Address32],
    ['IN AX, DX',        IN_AX_DX,           0x3f8, In | Size16 | Address32],
    ['IN EAX, DX',       IN_EAX_DX,          0x3f8, In | Size32 | Address32],
    ['OUT DX, AL',       OUT_DX_AL,          0x3f8, Size8 | Address32],
    ['OUT imm8, AL',     [0xe6, 0xe9],       0xe9,  Size8 | Address32],
    ['16-bit addresses', [0x67, 0xec],       0x3f8, In | Size8 | Address16],
    ['INSB',             [0x6c],             0x3f8, In | String | Size8 | Address32],
    ['REP INSD',         [0xf3, 0x6d],       0x3f8, In | String | Rep | Size32 | Address32],
    ['OUTSW',            [0x66, 0x6f],       0x3f8, String | Size16 | Address32 | segment(Seg.Ds)],
    ['REP OUTSB from FS', [0xf3, 0x64, 0x6e], 0x3f8, String | Rep | Size8 | Address32 | segment(Seg.Fs)],
  ])('%s', (_what, code, port, info) => {
    start();
    markPort(IOPM, port);
    machine.state.setNum('rcx', 5);
    expect(attempt(code, port)).toBe(ExitCode.Ioio);
    expect(machine.state.num('exitInfo1')).toBe(info + port * 0x10000);
    expect(machine.state.num('exitInfo2'), 'the next RIP').toBe(CODE + code.length);
    expect(machine.state.num('exitNextRip')).toBe(CODE + code.length);
    expect(machine.state.num('rcx')).toBe(5);
    expect(machine.state.num('rip')).toBe(CODE);
  });

  it('is asked for every byte of an access', () => {
    for (const [marked, expected] of [
      [0x82, undefined],
      [0x83, ExitCode.Ioio],
      [0x86, ExitCode.Ioio],
      [0x87, undefined],
    ] as const) {
      start();
      markPort(IOPM, marked);
      expect(attempt(IN_EAX_DX, 0x83), `bit ${marked.toString(16)}h`).toBe(expected);
    }
  });

  it('has three bits more than ports, for accesses that end above FFFFh', () => {
    start();
    markPort(IOPM, 0x10002);
    expect(attempt(IN_EAX_DX, 0xffff)).toBe(ExitCode.Ioio);
    expect(attempt(IN_AX_DX, 0xffff)).toBeUndefined();
  });

  it('is asked before a repetition of zero is nothing', () => {
    start();
    markPort(IOPM, 0x80);
    machine.state.setNum('rcx', 0);
    expect(attempt([0xf3, 0x6c], 0x80)).toBe(ExitCode.Ioio);
    expect(attempt([0xf3, 0x6c], 0x90)).toBeUndefined();
    expect(machine.state.num('rdi')).toBe(0);
  });

  it('means nothing without the intercept', () => {
    start();
    markPort(IOPM, 0x80);
    machine.state.set('intercepts3', 0);
    expect(attempt(IN_AL_DX, 0x80)).toBeUndefined();
  });

  it('precedes the memory fault of INS', () => {
    start();
    markPort(IOPM, 0x80);
    const { state } = machine;
    state.setSegment(Seg.Es, { ...state.segment(Seg.Es), limit: 0 });
    machine.core.exports.updateMode();
    state.setNum('rdi', 0x100);
    expect(attempt([0x6c], 0x80)).toBe(ExitCode.Ioio);
    expect(attempt([0x6c], 0x90)).toBe(GP);
  });
});

describe('no device', () => {
  // prettier-ignore
  it.each([
    ['IN AL, DX',  IN_AL_DX,  0x1111_1111_1111_11ffn],
    ['IN AX, DX',  IN_AX_DX,  0x1111_1111_1111_ffffn],
    ['IN EAX, DX', IN_EAX_DX, 0x0000_0000_ffff_ffffn],
  ])('%s reads all ones', (_what, code, rax) => {
    start();
    machine.state.setBig('rax', 0x1111_1111_1111_1111n);
    expect(attempt(code, 0x80)).toBeUndefined();
    expect(machine.state.big('rax')).toBe(rax);
  });

  it('REP INSW fills memory with ones, REP OUTSB reads it', () => {
    start();
    machine.state.setNum('rcx', 3);
    machine.state.setNum('rdi', 0x4_0000);
    machine.load([0xf3, 0x66, 0x6d, 0xb9, 2, 0, 0, 0, 0xf3, 0x6e]);
    expect(machine.run(3 + 1 + 2)).toBe(Stop.Budget);
    expect([...machine.core.read(0x4_0000, 7)]).toEqual([255, 255, 255, 255, 255, 255, 0]);
    expect(machine.state.num('rsi')).toBe(2);
    expect(machine.state.num('rcx')).toBe(0);
  });
});
