/** The run loop: the clock, deadlines, code that changes, code across pages, what happens between instructions. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { CODE, Machine, STACK } from '../helpers/machine.js';
import { PageTables } from '../helpers/page-tables.js';

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** Attributes of a flat 32-bit code segment, in VMCB format. */
const EFER_SVME = 0x1000n;
const CODE32 = 0xc9b;
const HLT = 0xf4;
const NOP = 0x90;

describe('the clock', () => {
  // mov eax, 0; mov ecx, 10; l: add eax, ecx; dec ecx; jnz l; hlt
  const LOOP = [0xb8, 0, 0, 0, 0, 0xb9, 10, 0, 0, 0, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, HLT];

  it('counts every retired instruction', () => {
    machine.long().load(LOOP);
    expect(machine.run(1000)).toBe(Stop.Halted);
    expect(machine.state.num('clock')).toBe(2 + 10 * 3 + 1);
    expect(machine.state.num('rax')).toBe(55);
  });

  it('stops at every single deadline with the state of that instruction', () => {
    const whole: number[][] = [];
    machine.long().load(LOOP);
    for (let n = 0; n < 32; n++) {
      expect(machine.run(1)).toBe(Stop.Budget);
      whole.push(['clock', 'rip', 'rax', 'rcx'].map((field) => machine.state.num(field)));
      whole.at(-1)!.push(Number(machine.rflags));
    }
    for (let n = 1; n <= 32; n++) {
      machine.long().load(LOOP);
      expect(machine.run(n)).toBe(Stop.Budget);
      const state = ['clock', 'rip', 'rax', 'rcx'].map((field) => machine.state.num(field));
      expect([...state, Number(machine.rflags)], `deadline ${n}`).toEqual(whole[n - 1]);
    }
  });

  it('counts an iteration of REP as an instruction, and stops between iterations', () => {
    // mov ecx, 100; mov edi, 0x2000; rep stosb; hlt
    machine.long().load([0xb9, 100, 0, 0, 0, 0xbf, 0, 0x20, 0, 0, 0xf3, 0xaa, HLT]);
    expect(machine.run(2 + 40)).toBe(Stop.Budget);
    expect(machine.state.num('rcx')).toBe(60);
    expect(machine.state.num('rdi')).toBe(0x2000 + 40);
    expect(machine.run(1000)).toBe(Stop.Halted);
    expect(machine.state.num('clock')).toBe(2 + 100 + 1);
  });
});

describe('code that changes', () => {
  it('sees a store to the next instruction of its own block', () => {
    // mov byte [rip + 1], 7 (the immediate of the next instruction); mov al, 1; hlt
    machine.long().load([0xc6, 0x05, 1, 0, 0, 0, 7, 0xb0, 1, HLT]);
    expect(machine.run(100)).toBe(Stop.Halted);
    expect(machine.state.num('rax')).toBe(7);
    expect(machine.state.num('clock')).toBe(3);
  });

  it('sees a store to a block that has run before', () => {
    // l: mov al, 1; add bl, al; mov byte [l + 1], 5; dec ecx; jnz l; hlt
    const code = [0xb0, 1, 0x00, 0xc3, 0xc6, 0x05, 0xf6, 0xff, 0xff, 0xff, 5, 0xff, 0xc9, 0x75, 0xf1, HLT];
    machine.long().load(code);
    machine.state.setNum('rcx', 3);
    machine.state.setNum('rbx', 0);
    expect(machine.run(100)).toBe(Stop.Halted);
    expect(machine.state.num('rbx')).toBe(1 + 5 + 5);
  });

  it('sees what the host writes', () => {
    machine.long().load([0xb0, 1, HLT]);
    machine.run(10);
    machine.core.write(CODE + 1, Uint8Array.of(9));
    machine.state.setNum('rip', CODE);
    machine.state.set('activity', 0);
    machine.run(10);
    expect(machine.state.num('rax') & 0xff).toBe(9);
  });

  it('keeps code and data of one page apart', () => {
    // mov dword [0x1800], 5; mov eax, [0x1800]; hlt: data in the page of the code
    machine.long().load([0xc7, 0x04, 0x25, 0, 0x18, 0, 0, 5, 0, 0, 0, 0x8b, 0x04, 0x25, 0, 0x18, 0, 0, HLT]);
    expect(machine.run(10)).toBe(Stop.Halted);
    expect(machine.state.num('rax')).toBe(5);
  });
});

describe('the end of the code segment', () => {
  it.each([
    ['between two instructions', [NOP, NOP, HLT], 1, CODE + 2],
    ['within one', [NOP, 0xb8, 1, 0, HLT], 2, CODE + 1],
  ])('%s, in code that a longer segment has run', (_what, code, last, faulting) => {
    machine.real().load(code);
    expect(machine.run(10)).toBe(Stop.Halted);
    const { state } = machine;
    state.set('activity', 0);
    state.setNum('rip', CODE);
    state.setSegment(Seg.Cs, { ...state.segment(Seg.Cs), limit: CODE + last });
    state.set('inGuest', 1);
    state.set('intercepts2', 1 << Vector.Gp);
    expect(machine.run(10)).toBe(Stop.Exit);
    expect(state.num('rip')).toBe(faulting);
  });
});

describe('code across pages', () => {
  it('decodes an instruction that begins in one page and ends in the next', () => {
    machine.long().load([0xb8, 1, 2, 3, 4, HLT], 0x1ffd);
    expect(machine.run(10)).toBe(Stop.Halted);
    expect(machine.state.num('rax')).toBe(0x04030201);
  });

  it('decodes it again when its second page changes', () => {
    machine.long().load([0xb8, 1, 2, 3, 4, HLT], 0x1ffd);
    machine.run(10);
    machine.core.write(0x2000, Uint8Array.of(9));
    machine.state.setNum('rip', 0x1ffd);
    machine.state.set('activity', 0);
    machine.run(10);
    expect(machine.state.num('rax')).toBe(0x04090201);
  });

  it('decodes one that goes on at address 0, and runs it again', () => {
    // The same page at both ends of the address space; mov eax, imm32 begins 2 bytes before 4 GiB.
    machine.long();
    const { state, core } = machine;
    core.words.setBigUint64(0x70000 + 3 * 0x1000, 0x3n, true);
    core.words.setBigUint64(0x73000 + 8 * 511, 0x1003n, true);
    core.words.setBigUint64(0x72000, 0x73003n, true);
    core.words.setBigUint64(0x74000 + 8 * 511, 0x73003n, true);
    core.words.setBigUint64(0x71000 + 8 * 3, 0x74003n, true);
    core.exports.flushTlb();
    core.write(0x1ffe, Uint8Array.of(0xb8, 1));
    core.write(0, Uint8Array.of(2, 3, 4, HLT));
    state.setSegment(Seg.Cs, { ...state.segment(Seg.Cs), attributes: CODE32 });
    core.exports.updateMode();
    for (let time = 0; time < 2; time++) {
      state.setNum('rip', 0xffff_fffe);
      state.setNum('rax', 0);
      state.set('activity', 0);
      expect(machine.run(10)).toBe(Stop.Halted);
      expect(state.num('rax')).toBe(0x04030201);
    }
  });

  it('decodes it again when both of its pages are the same memory and that changes', () => {
    machine.flat32();
    const { state, core } = machine;
    const tables = new PageTables(core.words, 'legacy', 0x7_0000);
    tables.map(0x1_0000, 0x1003n);
    tables.map(0x1_1000, 0x1003n);
    state.setNum('cr3', tables.root);
    state.setBig('cr0', 0x8000_0001n);
    core.exports.flushTlb();
    core.write(0x1ffd, Uint8Array.of(0xb8, 1, 2));
    for (const value of [3, 9]) {
      core.write(0x1000, Uint8Array.of(value, 4, HLT));
      state.setNum('rip', 0x1_0ffd);
      state.set('activity', 0);
      expect(machine.run(10)).toBe(Stop.Halted);
      expect(state.num('rax')).toBe(0x04000201 + (value << 16));
    }
  });

  it('raises #UD where there is no memory: the bus floats', () => {
    machine.long().load([0xf4], 0x1000);
    machine.state.setNum('rip', 0x3000_0000);
    // No IDT: the #UD cannot be delivered and the processor shuts down.
    expect(machine.run(10)).toBe(Stop.Shutdown);
    expect(machine.state.num('clock')).toBe(0);
  });
});

describe('between instructions', () => {
  /** Real mode with handlers for vectors 0 to 31 that count in `[0x500 + vector]` and return. */
  function withHandlers(): Machine {
    machine.real();
    const { words } = machine.core;
    for (let vector = 0; vector < 32; vector++) {
      const handler = 0x600 + vector * 16;
      words.setUint32(vector * 4, handler, true);
      // inc byte [0x500 + vector]; iret
      machine.core.write(handler, Uint8Array.of(0xfe, 0x06, vector, 0x05, 0xcf));
    }
    return machine;
  }
  const count = (vector: number) => machine.core.memory[0x500 + vector];

  it('traps after each instruction while TF is set', () => {
    withHandlers().load([NOP, NOP, NOP, HLT]);
    machine.rflags = 0x102n;
    machine.run(3 + 3 * 2);
    expect(count(1)).toBe(3);
    expect(machine.state.num('dr6') & 0x4000).toBe(0x4000);
  });

  it('does not trap between MOV SS and the instruction after it', () => {
    // mov ss, ax; nop; hlt with TF: the traps are those of NOP alone, then HLT's.
    withHandlers().load([0x8e, 0xd0, NOP, NOP, HLT]);
    machine.state.setNum('rax', 0);
    machine.rflags = 0x102n;
    machine.run(2 + 2);
    expect(count(1)).toBe(1);
  });

  it('stops at an instruction breakpoint before the instruction, and not under RF', () => {
    withHandlers().load([NOP, 0x40, HLT]);
    machine.state.setNum('dr0', CODE + 1);
    machine.state.setNum('dr7', 0x401);
    machine.core.exports.updateMode();
    machine.run(1 + 1);
    expect(count(1)).toBe(1);
    expect(machine.state.num('rax')).toBe(0);
    expect(machine.state.num('dr6') & 0xf).toBe(1);
  });

  it('raises a data breakpoint after the access', () => {
    // mov [0x2000], al; nop; hlt
    withHandlers().load([0xa2, 0, 0x20, NOP, HLT]);
    machine.state.setNum('dr0', 0x2000);
    machine.state.setNum('dr7', 0x401 | (1 << 16));
    machine.core.exports.updateMode();
    machine.run(2);
    expect(count(1)).toBe(1);
    expect(machine.core.words.getUint16(STACK - 6, true)).toBe(CODE + 3);
  });

  it('shuts down on the third fault', () => {
    machine.flat32().load([0x0f, 0x0b]);
    machine.state.set('idtrLimit', 0);
    expect(machine.run(10)).toBe(Stop.Shutdown);
  });

  it('names an instruction that is not implemented and leaves everything as it was', () => {
    // VMRUN by code that runs on the processor itself
    machine.long().load([NOP, 0x0f, 0x01, 0xd8, HLT]);
    machine.state.setBig('efer', machine.state.big('efer') | EFER_SVME);
    expect(machine.run(10)).toBe(Stop.Unimplemented);
    expect(machine.state.num('rip')).toBe(CODE + 1);
    expect(machine.state.num('clock')).toBe(1);
  });
});
