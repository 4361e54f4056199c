/** INT n and IRET within compiled loops: the same as interpreted, wherever the run is stopped and whatever the tables say. */
import { describe, expect, it } from 'vitest';
import { Watch } from '../../assembly/abi/watch.js';
import { assemble } from '../../src/asm/assemble.js';
import {
  CODE,
  CODE0,
  DPL3,
  GDT,
  HANDLER,
  IDT,
  INTERRUPT_GATE,
  SegmentedMachine,
} from '../helpers/segmented-machine.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const VECTOR = 0x40;
const OTHER_HANDLER = 0xa000;
const COUNTER = 0x30000;
const STOPS = 12;
/** Vectors of #DB to #PF. */
const EXCEPTIONS = Array.from({ length: 14 }, (_, i) => i + 1);
const MODES = [32, 64] as const;

interface Program {
  readonly code: string;
  readonly handler: string;
  /** Of every exception, and of VECTOR if the program says so. */
  readonly other?: string;
}

function machineOf(bits: number, jit: boolean): Promise<SegmentedMachine> {
  const options = jit ? { hotThreshold: 8 } : { jit: false };
  return bits === 64 ? SegmentedMachine.long(options) : SegmentedMachine.protected(options);
}

async function place(
  machine: SegmentedMachine,
  bits: 32 | 64,
  address: number,
  source: string,
): Promise<void> {
  const define = {
    VECTOR,
    OTHER_HANDLER,
    HANDLER,
    COUNTER,
    IDT,
    GDT,
    CODE0,
    GATE_BYTES: bits / 4,
    WORD: bits / 8,
  };
  const { bytes } = await assemble(source, { bits, origin: address, define });
  machine.core.write(address, bytes);
}

async function load(bits: 32 | 64, jit: boolean, program: Program): Promise<SegmentedMachine> {
  const machine = await machineOf(bits, jit);
  const iret = bits === 64 ? 'iretq' : 'iret';
  const source = (text: string): string =>
    text.replaceAll('@iret', iret).replaceAll('@sp', bits === 64 ? 'rsp' : 'esp');
  await place(machine, bits, CODE, source(program.code));
  await place(machine, bits, HANDLER, source(program.handler));
  await place(machine, bits, OTHER_HANDLER, source(program.other ?? '@iret'));
  for (const vector of [...EXCEPTIONS, VECTOR]) {
    const target = vector === VECTOR ? HANDLER : OTHER_HANDLER;
    if (bits === 64) machine.setLongGate(vector, target, INTERRUPT_GATE | DPL3);
    else machine.setGate(vector, target, INTERRUPT_GATE | DPL3);
  }
  return machine;
}

const look = ({ core }: SegmentedMachine): string =>
  visibleState(core, { fields: ['eventsDelivered', 'nmiMask'], memory: [[GDT, COUNTER + 0x1000]] });

/** Runs both tiers from stop to stop. */
async function agree(bits: 32 | 64, program: Program): Promise<void> {
  const machines = await Promise.all([load(bits, false, program), load(bits, true, program)]);
  const before = machines[1].core.functionCount;
  const random = new Random(SEED);
  machines.forEach((machine) => machine.core.state.setBig('rip', BigInt(CODE)));
  for (let i = 0; i < STOPS; i++) {
    const instructions = 1 + random.below(random.chance(0.5) ? 30 : 4000);
    const [interpreted, compiled] = machines.map((machine) => {
      const stop = machine.run(instructions);
      return `${stop} ${look(machine)}`;
    });
    expect(compiled, `stop ${i}`).toBe(interpreted);
  }
  expect(machines[1].core.functionCount).toBeGreaterThan(before);
}

describe.each(MODES)('in %i-bit code', (bits) => {
  const COUNT = 'inc dword [COUNTER]\n @iret';
  const LOOP = 'again: int VECTOR\n inc eax\n cmp eax, 100000\n jne again\n xor eax, eax\n jmp again';

  it('a loop of interrupts', () => agree(bits, { code: LOOP, handler: COUNT }));

  it('through a gate that the handler changes now and then', () =>
    agree(bits, {
      code: LOOP,
      handler: `inc dword [COUNTER]
        test byte [COUNTER], 31
        jnz on
        xor word [IDT + VECTOR * GATE_BYTES], HANDLER ^ OTHER_HANDLER
        on: @iret`,
      other: `add dword [COUNTER], 7
        test byte [COUNTER], 3
        jnz on
        xor word [IDT + VECTOR * GATE_BYTES], HANDLER ^ OTHER_HANDLER
        on: @iret`,
    }));

  it('through a gate that is not present now and then', () =>
    agree(bits, {
      code: LOOP,
      handler: `inc dword [COUNTER]
        test byte [COUNTER], 31
        jnz on
        and byte [IDT + VECTOR * GATE_BYTES + 5], 7fh
        on: @iret`,
      // #NP with an error code: makes it present and takes the code off.
      other: 'or byte [IDT + VECTOR * GATE_BYTES + 5], 80h\n add @sp, WORD\n @iret',
    }));

  it('with returns to elsewhere, and with the single-step flag set', () =>
    agree(bits, {
      code: `again: int VECTOR
        inc eax
        elsewhere: add ebx, 3
        test al, 15
        jnz again
        lea ecx, [elsewhere]
        jmp again`,
      handler: `inc dword [COUNTER]
        test byte [COUNTER], 31
        jnz one
        or word [@sp + 2 * WORD], 100h
        one: test byte [COUNTER], 7
        jnz two
        jecxz two
        mov [@sp], ecx
        two: @iret`,
      other: 'add edx, 5\n and word [@sp + 2 * WORD], 0feffh\n @iret',
    }));

  it('from level 3, whose interrupts change the level', async () => {
    const program = { code: LOOP, handler: COUNT };
    const machines = await Promise.all([load(bits, false, program), load(bits, true, program)]);
    for (const machine of machines) {
      machine.enterLevel(3);
      machine.run(5000, CODE);
    }
    expect(look(machines[1])).toBe(look(machines[0]));
  });

  it('with somebody who waits for the IRET', async () => {
    const program = { code: LOOP, handler: COUNT };
    const machines = await Promise.all([load(bits, false, program), load(bits, true, program)]);
    for (const machine of machines) machine.run(200, CODE);
    for (let i = 0; i < 4; i++) {
      const [interpreted, compiled] = machines.map((machine) => {
        machine.core.state.set('watch', Watch.Iret);
        const stop = machine.run(1000);
        return `${stop} ${look(machine)}`;
      });
      expect(compiled).toBe(interpreted);
    }
  });
});
