/** Which of the events that wait is recognized at a boundary, and what the others wait for (APM vol 2 §15.21). */
import { describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Watch } from '../../assembly/abi/watch.js';
import type { GuestState } from '../../src/svm/guest-state.js';
import { boundariesToWatch, nextEvent } from '../../src/svm/next-event.js';
import { Pins } from '../../src/svm/pins.js';
import { BoundaryEvent } from '../../src/svm/rulings.js';
import { Schedule } from '../../src/svm/schedule.js';

type Fields = Partial<GuestState>;

// prettier-ignore
const RESET: GuestState = {
  activity: 0, cr8: 0, gif: 0, hostInterruptFlag: 0, intercepts3: 0, nmiDelivered: 0, nmiMask: 0, shadow: 0, systemFlags: 0,
  virtualGif: 0, virtualGifEnabled: 0, virtualInterruptMasking: 0, virtualIrqIgnoreTpr: 0, virtualIrqPending: 0,
  virtualIrqPriority: 0, virtualIrqVector: 0, virtualNmiEnabled: 0, virtualNmiMask: 0, virtualNmiPending: 0, watch: 0,
};

/** A guest with everything open: GIF, IF, no shadow, no mask. */
function guest(fields: Fields = {}): GuestState {
  return { ...RESET, gif: 1, systemFlags: Rflags.If, ...fields };
}

function pins(...raised: readonly ('nmi' | 'interrupt')[]): Pins {
  const result = new Pins();
  if (raised.includes('nmi')) result.raiseNmi();
  if (raised.includes('interrupt')) result.raiseInterrupt(0x30);
  return result;
}

const V_NMI: Fields = { virtualNmiEnabled: 1, virtualNmiPending: 1 };
const V_IRQ: Fields = { virtualIrqPending: 1, virtualIrqPriority: 3 };
const { None, PhysicalNmi, PhysicalInterrupt, VirtualNmi, VirtualInterrupt } = BoundaryEvent;
const GATE = Watch.InterruptState | Watch.Iret;

// prettier-ignore
it.each<[what: string, state: GuestState, pins: Pins, event: BoundaryEvent]>([
  ['nothing waits',                         guest(),                                     pins(),                   None],
  ['a physical NMI is first of all',        guest({ ...V_NMI, ...V_IRQ }),               pins('nmi', 'interrupt'), PhysicalNmi],
  ['a physical INTR outranks both virtual', guest({ ...V_NMI, ...V_IRQ }),               pins('interrupt'),        PhysicalInterrupt],
  ['V_NMI outranks V_IRQ',                  guest({ ...V_NMI, ...V_IRQ }),               pins(),                   VirtualNmi],
  ['V_IRQ is last',                         guest(V_IRQ),                                pins(),                   VirtualInterrupt],
  ['a masked NMI lets INTR by',             guest({ nmiMask: 1 }),                       pins('nmi', 'interrupt'), PhysicalInterrupt],
  ['a masked V_NMI lets V_IRQ by',          guest({ ...V_NMI, ...V_IRQ, virtualNmiMask: 1 }), pins(),              VirtualInterrupt],
  ['IF does not gate NMIs',                 guest({ ...V_NMI, systemFlags: 0 }),         pins(),                   VirtualNmi],
  ['V_TPR does not gate V_NMI',             guest({ ...V_NMI, cr8: 15 }),                pins(),                   VirtualNmi],
  ['the physical mask does not gate V_NMI', guest({ ...V_NMI, nmiMask: 1 }),             pins(),                   VirtualNmi],
  ['V_NMI without V_NMI_ENABLE is nothing', guest({ virtualNmiPending: 1 }),             pins(),                   None],
  ['the virtual GIF gates virtual events',  guest({ ...V_NMI, virtualGifEnabled: 1 }),   pins(),                   None],
  ['and no physical ones',                  guest({ virtualGifEnabled: 1 }),             pins('interrupt'),        PhysicalInterrupt],
  ['the virtual GIF set lets them by',      guest({ ...V_NMI, virtualGifEnabled: 1, virtualGif: 1 }), pins(),      VirtualNmi],
  ['GIF gates everything',                  guest({ ...V_NMI, ...V_IRQ, gif: 0 }),       pins('nmi', 'interrupt'), None],
  ['a shadow gates everything',             guest({ ...V_NMI, ...V_IRQ, shadow: 1 }),    pins('nmi', 'interrupt'), None],
  ['V_TPR gates V_IRQ at equal priority',   guest({ ...V_IRQ, cr8: 3 }),                 pins(),                   None],
  ['V_IGN_TPR ignores it',                  guest({ ...V_IRQ, cr8: 15, virtualIrqIgnoreTpr: 1 }), pins(),          VirtualInterrupt],
  ['the host IF gates INTR under masking',  guest({ virtualInterruptMasking: 1 }),       pins('interrupt'),        None],
  ['whatever the guest IF says',            guest({ virtualInterruptMasking: 1, hostInterruptFlag: 1, systemFlags: 0 }), pins('interrupt'), PhysicalInterrupt],
  ['the host IF does not gate V_IRQ',       guest({ ...V_IRQ, virtualInterruptMasking: 1 }), pins(),               VirtualInterrupt],
])('%s', (_what, state, raised, event) => {
  expect(nextEvent(state, raised)).toBe(event);
});

// prettier-ignore
it.each<[what: string, state: GuestState, pins: Pins, watch: number]>([
  ['nothing',                      guest({ shadow: 1, gif: 0 }),                        pins(),                   0],
  ['an NMI behind its mask',       guest({ nmiMask: 1 }),                               pins('nmi'),              Watch.Iret],
  ['a V_NMI behind its mask',      guest({ ...V_NMI, virtualNmiMask: 1 }),              pins(),                   Watch.Iret],
  ['an INTR behind IF',            guest({ systemFlags: 0 }),                           pins('interrupt'),        GATE],
  ['a V_IRQ behind V_TPR',         guest({ ...V_IRQ, cr8: 9 }),                         pins(),                   GATE],
  ['a V_NMI behind the GIF',       guest({ ...V_NMI, virtualGifEnabled: 1 }),           pins(),                   GATE],
  ['anything behind a shadow',     guest({ ...V_NMI, shadow: 1 }),                      pins(),                   Watch.ShadowEnd],
  ['all that holds any of them',   guest({ ...V_NMI, virtualNmiMask: 1, shadow: 1 }),   pins('nmi'),              Watch.Iret | Watch.ShadowEnd],
])('watches for %s', (_what, state, raised, watch) => {
  expect(boundariesToWatch(state, raised)).toBe(watch);
});

describe('pins', () => {
  it('latch one NMI', () => {
    const raised = pins('nmi');
    raised.raiseNmi();
    raised.acknowledgeNmi();
    expect(raised.hasNmi).toBe(false);
  });

  it('offer the highest vector first, each once', () => {
    const raised = new Pins();
    for (const vector of [0x31, 0xf0, 0x20, 0x31]) raised.raiseInterrupt(vector);
    const taken = Array.from({ length: 4 }, () => raised.acknowledgeInterrupt());
    expect(taken).toEqual([0xf0, 0x31, 0x20, undefined]);
  });
});

describe('schedule', () => {
  it('raises what is due, in order, and keeps the rest', () => {
    const schedule = new Schedule();
    const raised = new Pins();
    schedule.addInterrupt(30, 0x40);
    schedule.addInterrupt(10, 0x20);
    schedule.addNmi(20);
    expect(schedule.nextClock).toBe(10);
    schedule.release(9, raised);
    expect(raised.hasInterrupt).toBe(false);
    schedule.release(20, raised);
    expect([raised.hasNmi, raised.acknowledgeInterrupt(), schedule.nextClock]).toEqual([true, 0x20, 30]);
  });

  it('withdraws interrupts and keeps NMIs', () => {
    const schedule = new Schedule();
    schedule.addInterrupt(10, 0x20);
    schedule.addNmi(20);
    schedule.cancelInterrupts();
    expect(schedule.nextClock).toBe(20);
  });
});
