/**
 * Virtual NMIs against a model: random guests, random requests and injections, and the state machine that APM vol 2
 * §15.21.10 describes, written a second time as an interpreter of six instructions.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { injectNmi } from '../../src/svm/event-injection.js';
import { enableVirtualGif } from '../../src/svm/gif.js';
import { intercept } from '../../src/svm/intercepts.js';
import { maskInterruptsVirtually } from '../../src/svm/vintr.js';
import { requestNmi } from '../../src/svm/vnmi.js';
import { BareGuest } from '../helpers/bare-guest.js';

type Operation = 'nop' | 'sti' | 'cli' | 'clgi' | 'stgi' | 'mov ss';
/** What the host does when a kick brings it in, and how many instructions later the next kick comes. */
type Kick = readonly [action: 'request' | 'inject' | 'nothing', gap: number];

const ENCODING: Record<Operation | 'iretq' | 'vmmcall', readonly number[]> = {
  nop: [0x90],
  sti: [0xfb],
  cli: [0xfa],
  clgi: [0x0f, 0x01, 0xdd],
  stgi: [0x0f, 0x01, 0xdc],
  'mov ss': [0x8e, 0xd0],
  iretq: [0x48, 0xcf],
  vmmcall: [0x0f, 0x01, 0xd9],
};
const DATA_SELECTOR = 0x10n;
const KICK_VECTOR = 0xf0;

/** Everything that somebody outside can notice, in order. */
type Log = string[];

class Model {
  readonly log: Log = [];
  private clock = 0;
  private at = 0;
  /** Instructions of the handler that are left; null in the main program. */
  private handler: number | null = null;
  private readonly frames: { handler: number | null; isOpen: boolean }[] = [];
  private isPending = false;
  private isMasked = false;
  private isGifSet = true;
  private isOpen = false;
  private isShadowed = false;
  /** The shadow is MOV SS's, which alone also opens one behind an STI. */
  private isOfMovSs = false;

  constructor(
    private readonly program: readonly Operation[],
    private readonly handlerNops: number,
  ) {}

  run(kicks: readonly Kick[]): Log {
    const waiting = [...kicks];
    let due = waiting[0]?.[1] ?? Infinity;
    for (;;) {
      if (this.clock >= due && !this.isShadowed) {
        this.log.push(`kick ${this.clock}`);
        const action = waiting.shift()?.[0];
        due = waiting[0] === undefined ? Infinity : this.clock + waiting[0][1];
        if (action === 'request') this.isPending = true;
        if (action === 'inject') this.enterHandler('injected');
        continue;
      }
      if (this.isPending && !this.isMasked && this.isGifSet && !this.isShadowed) {
        this.isPending = false;
        this.enterHandler('virtual');
        continue;
      }
      if (this.handler === null && this.at === this.program.length) break;
      this.step();
    }
    this.log.push(`end ${this.clock} pending=${this.isPending} masked=${this.isMasked}`);
    return this.log;
  }

  private enterHandler(origin: string): void {
    this.log.push(`${origin} ${this.clock}`);
    this.isMasked = true;
    this.isShadowed = false;
    this.frames.push({ handler: this.handler, isOpen: this.isOpen });
    this.handler = this.handlerNops + 1;
    this.isOpen = false;
  }

  private step(): void {
    this.clock++;
    const wasShadowed = this.isShadowed;
    const wasOfMovSs = wasShadowed && this.isOfMovSs;
    this.isShadowed = false;
    if (this.handler === null) {
      const operation = this.program[this.at++] as Operation;
      // In a row of instructions that each open a shadow only the first does.
      if (operation === 'mov ss') this.isShadowed = !wasOfMovSs;
      this.isOfMovSs = operation === 'mov ss';
      if (operation === 'clgi') this.isGifSet = false;
      if (operation === 'stgi') this.isGifSet = true;
      if (operation === 'sti') this.isShadowed = !this.isOpen && !wasShadowed;
      if (operation === 'sti' || operation === 'cli') this.isOpen = operation === 'sti';
    } else if (--this.handler === 0) {
      const frame = this.frames.pop();
      this.handler = frame?.handler ?? null;
      this.isOpen = frame?.isOpen ?? false;
      this.isMasked = false;
    }
  }
}

function runReal(guest: BareGuest, program: readonly Operation[], nops: number, kicks: readonly Kick[]): Log {
  const { processor, vmcb } = guest;
  const log: Log = [];
  const handler = [...Array<number[]>(nops).fill([0x90]).flat(), ...ENCODING.iretq];
  guest
    .long([...program.flatMap((operation) => ENCODING[operation]), ...ENCODING.vmmcall])
    .virtualNmi()
    .handler(2, handler);
  intercept(vmcb, 'intr');
  maskInterruptsVirtually(vmcb, true);
  enableVirtualGif(vmcb);
  vmcb.set('rax', DATA_SELECTOR);
  const start = processor.clock;
  const listener = (clock: number, origin: string): void => void log.push(`${origin} ${clock - start}`);
  listeners.set(processor, listener);
  const waiting = [...kicks];
  if (waiting[0]) processor.scheduleInterrupt(start + waiting[0][1], KICK_VECTOR);
  while (processor.vmrun(vmcb).kind === 'intr') {
    log.push(`kick ${processor.clock - start}`);
    processor.acknowledgeInterrupt();
    const action = waiting.shift()?.[0];
    if (waiting[0]) processor.scheduleInterrupt(processor.clock + waiting[0][1], KICK_VECTOR);
    if (action === 'request') requestNmi(vmcb);
    if (action === 'inject') injectNmi(vmcb);
  }
  const bits = vmcb.low('virtualInterrupt');
  log.push(`end ${processor.clock - start} pending=${(bits & 0x800) !== 0} masked=${(bits & 0x1000) !== 0}`);
  return log;
}

/** The listener of the run under way: a processor keeps its observers for life. */
const listeners = new WeakMap<object, (clock: number, origin: string) => void>();

const operation = fc.constantFrom<Operation>('nop', 'nop', 'nop', 'sti', 'cli', 'clgi', 'stgi', 'mov ss');
const kick = fc.tuple(
  fc.constantFrom('request', 'request', 'inject', 'nothing'),
  fc.nat(7),
) as fc.Arbitrary<Kick>;

it('delivers when the model does, and masks as it does', async () => {
  const guest = await BareGuest.create();
  guest.processor.observe({
    nmiDelivered: (clock, origin) => listeners.get(guest.processor)?.(clock, origin),
  });
  let delivered = 0;
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 40 }),
      fc.nat(4),
      fc.array(kick, { maxLength: 12 }),
      (program, nops, kicks) => {
        const expected = new Model(program, nops).run(kicks);
        expect(runReal(guest, program, nops, kicks)).toEqual(expected);
        delivered += expected.filter((line) => line.startsWith('virtual')).length;
      },
    ),
    { numRuns: 3000, seed: 21 },
  );
  expect(delivered, 'the random runs are not empty').toBeGreaterThan(1000);
});
