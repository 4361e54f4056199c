/** From block to block without the run loop, and blocks that are cut at a deadline: nothing may be seen of either. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { Watch } from '../../assembly/abi/watch.js';
import { CODE, Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create(1 << 20, { jit: false });
});

const HLT = 0xf4;

describe('the next block', () => {
  it('is not the one that the block before has stored over', () => {
    // l: mov [next + 1], cl; jmp next; next: mov al, 0; add bl, al; dec ecx; jnz l; hlt
    const code = [0x88, 0x0d, 3, 0, 0, 0, 0xeb, 0, 0xb0, 0, 0x00, 0xc3, 0xff, 0xc9, 0x75, 0xf0, HLT];
    machine.long().load(code);
    machine.state.setNum('rcx', 5);
    expect(machine.run(1000)).toBe(Stop.Halted);
    expect(machine.state.num('rbx')).toBe(5 + 4 + 3 + 2 + 1);
    expect(machine.state.num('clock')).toBe(5 * 6 + 1);
  });

  it('is not the one that was there before its page moved', () => {
    const [table, subject, first, second] = [0x7_3000, 0x20_0000, 0x2000, 0x3000];
    machine.long();
    const { state, core } = machine;
    core.words.setBigUint64(0x7_2000 + 8, BigInt(table | 7), true);
    // add bl, 1; ret and add bl, 16; ret
    core.write(first, Uint8Array.of(0x80, 0xc3, 1, 0xc3));
    core.write(second, Uint8Array.of(0x80, 0xc3, 16, 0xc3));
    // l: mov [table], rax; invlpg [subject]; call rsi; xchg rax, rdx; dec ecx; jnz l; hlt
    // prettier-ignore
    machine.load([
      0x48, 0x89, 0x04, 0x25, 0x00, 0x30, 0x07, 0x00, 0x0f, 0x01, 0x3e, 0xff, 0xd6, 0x48, 0x92,
      0xff, 0xc9, 0x75, 0xed, HLT,
    ]);
    state.setNum('rax', first | 7);
    state.setNum('rdx', second | 7);
    state.setNum('rsi', subject);
    state.setNum('rcx', 6);
    expect(machine.run(1000)).toBe(Stop.Halted);
    expect(state.num('rbx')).toBe(3 * (1 + 16));
  });

  it('is not run under the RF or in the shadow of one that has loaded a segment', () => {
    machine.real();
    const { state } = machine;
    // mov es, ax; nop; ud2, with everything known to the fetch cache
    machine.load([0x8e, 0xc0, 0x90, 0x0f, 0x0b]);
    state.set('inGuest', 1);
    state.set('intercepts2', 1 << Vector.Ud);
    expect(machine.run(100)).toBe(Stop.Exit);
    state.setNum('rip', CODE);
    machine.rflags = BigInt(Rflags.Rf | Rflags.Always1);
    expect(machine.run(100)).toBe(Stop.Exit);
    expect(machine.rflags).toBe(BigInt(Rflags.Always1));
    state.setNum('rip', CODE);
    state.set('shadow', 1);
    state.set('watch', Watch.ShadowEnd);
    machine.core.exports.updateMode();
    expect(machine.run(100)).toBe(Stop.Boundary);
    expect(state.num('rip')).toBe(CODE + 2);
  });

  it('does not run past the deadline, wherever that is', () => {
    const whole = stepped(100);
    for (let n = 1; n <= whole.length; n++) {
      start();
      expect(machine.run(n)).toBe(Stop.Budget);
      expect(snapshot(), `deadline ${n}`).toBe(whole[n - 1]);
    }
  });
});

describe('a block that is cut at the deadline', () => {
  it('is whole again afterwards', () => {
    const whole = stepped(100);
    start();
    for (let at = 0, piece = 1; at + piece <= whole.length; at += piece, piece = (piece % 7) + 1) {
      expect(machine.run(piece)).toBe(Stop.Budget);
      expect(snapshot(), `after ${at} and ${piece} more`).toBe(whole[at + piece - 1]);
    }
    start();
    expect(machine.run(whole.length)).toBe(Stop.Budget);
    expect(snapshot()).toBe(whole.at(-1));
  });

  it('sees a store to what comes after the cut', () => {
    // nop; mov byte [rip + 4], 7 (the immediate of MOV AL); nop; nop; nop; mov al, 1; hlt
    const code = [0x90, 0xc6, 0x05, 4, 0, 0, 0, 7, 0x90, 0x90, 0x90, 0xb0, 1, HLT];
    for (let cut = 2; cut <= 5; cut++) {
      machine.long().load(code);
      expect(machine.run(cut)).toBe(Stop.Budget);
      expect(machine.run(100)).toBe(Stop.Halted);
      expect(machine.state.num('rax'), `cut after ${cut}`).toBe(7);
      expect(machine.state.num('clock')).toBe(7);
    }
  });
});

/** Flags that are dead within the block, but not at a deadline between the instructions; then CALL, RET and a branch. */
// prettier-ignore
const PROGRAM = [
  0x48, 0x89, 0xc2,             // l: mov rdx, rax
  0x48, 0xc1, 0xe2, 13,         // shl rdx, 13
  0x48, 0x31, 0xd0,             // xor rax, rdx
  0x48, 0xc1, 0xe8, 7,          // shr rax, 7
  0x48, 0x01, 0xd0,             // add rax, rdx
  0x48, 0xff, 0xc0,             // inc rax
  0xe8, 5, 0, 0, 0,             // call f
  0xff, 0xc9,                   // dec ecx
  0x75, 0xe3,                   // jnz l
  HLT,
  0x48, 0x29, 0xc3,             // f: sub rbx, rax
  0x48, 0x21, 0xd3,             // and rbx, rdx
  0xc3,                         // ret
];

function start(): void {
  machine.long().load(PROGRAM);
  machine.state.setBig('rax', 0x9e37_79b9_7f4a_7c15n);
  machine.state.setNum('rcx', 1000);
}

const snapshot = (): string => visibleState(machine.core, { memory: [] });

/** The state after each of the first instructions, run one at a time. */
function stepped(instructions: number): readonly string[] {
  start();
  return Array.from({ length: instructions }, () => {
    expect(machine.run(1)).toBe(Stop.Budget);
    return snapshot();
  });
}
