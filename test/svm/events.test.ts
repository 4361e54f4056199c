/** Physical and virtual interrupts at the boundaries of a running guest (APM vol 2 §15.13, §15.17, §15.21). */
import { beforeAll, describe, expect, it } from 'vitest';
import { injectEvent } from '../../src/svm/event-injection.js';
import { enableVirtualGif } from '../../src/svm/gif.js';
import { intercept } from '../../src/svm/intercepts.js';
import { isInShadow, setShadow } from '../../src/svm/interrupt-shadow.js';
import { isInterruptPending, maskInterruptsVirtually, requestInterrupt } from '../../src/svm/vintr.js';
import { BareGuest, CODE, handlerAddress, STACK } from '../helpers/bare-guest.js';

let guest: BareGuest;
beforeAll(async () => {
  guest = await BareGuest.create();
});

const VMMCALL = [0x0f, 0x01, 0xd9];
const CLGI = [0x0f, 0x01, 0xdd];
const STGI = [0x0f, 0x01, 0xdc];
const NOP = 0x90;
const CLI = 0xfa;
const STI = 0xfb;
const HLT = 0xf4;
const IRETQ = [0x48, 0xcf];
const MOV_SS_AX = [0x8e, 0xd0];
const IF = 0x200n;
/** Attributes of a descriptor that is no gate: a present LDT. */
const NO_GATE = 0x8200;
const VECTOR = 0x30;
const HANDLER = handlerAddress(VECTOR);

const run = (): string => guest.processor.vmrun(guest.vmcb).kind;

describe('V_IRQ', () => {
  function pending(code: readonly number[], request = {}): void {
    guest.long(code).handler(VECTOR, VMMCALL);
    guest.vmcb.set('rflags', 2n | IF);
    requestInterrupt(guest.vmcb, { vector: VECTOR, ...request });
  }

  it('is taken with IF set, and cleared', () => {
    pending([NOP]);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(HANDLER);
    expect(guest.stack(1)).toEqual([CODE]);
    expect(isInterruptPending(guest.vmcb)).toBe(false);
    expect(guest.vmcb.get('rflags') & IF).toBe(0n);
  });

  it('waits for IF and for the shadow of STI', () => {
    pending([NOP, STI, NOP, NOP, ...VMMCALL]);
    guest.vmcb.set('rflags', 2n);
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 3]);
  });

  it('waits behind MOV SS', () => {
    pending([CLI, NOP, STI, NOP, NOP]);
    guest.long([...MOV_SS_AX, NOP, NOP, ...VMMCALL]).handler(VECTOR, VMMCALL);
    guest.vmcb.set('rax', 0x10n);
    guest.vmcb.set('rflags', 2n | IF);
    requestInterrupt(guest.vmcb, { vector: VECTOR });
    setShadow(guest.vmcb, true); // over MOV SS itself
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 3]);
  });

  it('with INTERRUPT_SHADOW set waits for exactly one instruction', () => {
    pending([NOP, NOP, ...VMMCALL]);
    setShadow(guest.vmcb, true);
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 1]);
    expect(isInShadow(guest.vmcb)).toBe(false);
  });

  it('is not taken while its priority does not exceed V_TPR', () => {
    pending([NOP, ...VMMCALL], { priority: 8 });
    guest.vmcb.setLow('virtualInterrupt', guest.vmcb.low('virtualInterrupt') | 0xa);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(CODE + 1);
    expect(isInterruptPending(guest.vmcb)).toBe(true);
  });

  it('is taken when the guest lowers CR8', () => {
    pending([0x44, 0x0f, 0x22, 0xc0, NOP, ...VMMCALL], { priority: 8 }); // mov cr8, rax
    guest.vmcb.setLow('virtualInterrupt', guest.vmcb.low('virtualInterrupt') | 0xa);
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 4]);
  });

  it('is taken whatever V_TPR says under V_IGN_TPR', () => {
    pending([NOP, ...VMMCALL], { priority: 0, ignoresTpr: true });
    guest.vmcb.setLow('virtualInterrupt', guest.vmcb.low('virtualInterrupt') | 0xf);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(HANDLER);
  });

  it('waits for the virtual GIF', () => {
    pending([...CLGI, NOP, ...STGI, NOP, ...VMMCALL]);
    enableVirtualGif(guest.vmcb);
    setShadow(guest.vmcb, true); // over CLGI
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 7]);
  });

  it('wakes HLT', () => {
    pending([HLT, ...VMMCALL]);
    setShadow(guest.vmcb, true);
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 1]);
  });

  it('intercepted, exits where it would be taken, and stays pending', () => {
    pending([NOP, STI, NOP, NOP, ...VMMCALL]);
    guest.vmcb.set('rflags', 2n);
    intercept(guest.vmcb, 'vintr');
    expect(run()).toBe('vintr');
    expect(guest.rip).toBe(CODE + 3);
    expect(isInterruptPending(guest.vmcb)).toBe(true);
    expect(guest.vmcb.getNumber('nextRip')).toBe(0);
  });

  it('cut short by a fault is in EXITINTINFO alone: V_IRQ was cleared before', () => {
    pending([NOP, ...VMMCALL]);
    guest.vmcb.set('idtrBase', 0x4000_0000n);
    intercept(guest.vmcb, 'pf');
    expect(run()).toBe('exception');
    expect(guest.vmcb.get('exitIntInfo')).toBe(0x8000_0000n | BigInt(VECTOR));
    expect(isInterruptPending(guest.vmcb)).toBe(false);
    expect(guest.rip).toBe(CODE);
  });
});

describe('physical INTR', () => {
  it('is gated by the guest IF without V_INTR_MASKING', () => {
    guest.long([NOP, NOP, ...VMMCALL]);
    intercept(guest.vmcb, 'intr');
    guest.processor.raiseInterrupt(VECTOR);
    expect(run()).toBe('vmmcall');
    guest.vmcb.set('rflags', 2n | IF);
    guest.vmcb.set('rip', BigInt(CODE));
    expect(run()).toBe('intr');
    expect(guest.rip).toBe(CODE);
    expect(guest.processor.isInterruptPending).toBe(true);
  });

  it('is gated by the host IF with V_INTR_MASKING', () => {
    guest.long([NOP, ...VMMCALL]);
    intercept(guest.vmcb, 'intr');
    maskInterruptsVirtually(guest.vmcb, true);
    guest.vmcb.set('rflags', 2n | IF);
    guest.processor.setHostInterruptFlag(false);
    guest.processor.raiseInterrupt(VECTOR);
    expect(run()).toBe('vmmcall');
    guest.processor.setHostInterruptFlag(true);
    guest.vmcb.set('rip', BigInt(CODE));
    guest.vmcb.set('rflags', 2n);
    expect(run()).toBe('intr');
  });

  it('outranks the virtual interrupt', () => {
    guest
      .long([NOP, ...VMMCALL])
      .handler(VECTOR, VMMCALL)
      .handler(0x31, VMMCALL);
    guest.vmcb.set('rflags', 2n | IF);
    requestInterrupt(guest.vmcb, { vector: VECTOR });
    guest.processor.raiseInterrupt(0x31);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(0x31));
    expect(isInterruptPending(guest.vmcb)).toBe(true);
  });

  it('waits while the guest holds the physical GIF clear', () => {
    guest.long([...CLGI, NOP, ...STGI, NOP, ...VMMCALL]);
    intercept(guest.vmcb, 'intr');
    guest.vmcb.set('rflags', 2n | IF);
    guest.processor.scheduleInterrupt(guest.processor.clock + 1, VECTOR);
    expect(run()).toBe('intr');
    expect(guest.rip).toBe(CODE + 7);
  });

  it('does not wait for the virtual GIF', () => {
    guest.long([...CLGI, NOP, ...VMMCALL]);
    enableVirtualGif(guest.vmcb);
    intercept(guest.vmcb, 'intr');
    guest.vmcb.set('rflags', 2n | IF);
    guest.processor.scheduleInterrupt(guest.processor.clock + 1, VECTOR);
    expect(run()).toBe('intr');
    expect(guest.rip).toBe(CODE + 3);
  });

  it('stops a repeated string instruction between iterations, RIP at the instruction', () => {
    guest.long([0xf3, 0xaa, ...VMMCALL]); // rep stosb
    guest.processor.registers.set('rcx', 1000n);
    guest.processor.registers.set('rdi', 0x6000n);
    guest.vmcb.set('rflags', 2n | IF);
    intercept(guest.vmcb, 'intr');
    guest.processor.scheduleInterrupt(guest.processor.clock + 300, VECTOR);
    expect(run()).toBe('intr');
    expect(guest.rip).toBe(CODE);
    expect(guest.processor.registers.getNumber('rcx')).toBe(700);
    expect(guest.processor.registers.getNumber('rdi')).toBe(0x6000 + 300);
  });
});

describe('physical NMI', () => {
  it('not intercepted, goes through the guest IDT and masks until IRET; a second one is held', () => {
    guest.long([NOP, NOP, ...VMMCALL]).handler(2, [NOP, NOP, ...IRETQ]);
    const origins: string[] = [];
    guest.processor.observe({ nmiDelivered: (clock, origin) => origins.push(`${origin}@${clock - start}`) });
    const start = guest.processor.clock;
    guest.processor.scheduleNmi(start + 1);
    guest.processor.scheduleNmi(start + 2);
    guest.processor.scheduleNmi(start + 3);
    expect(run()).toBe('vmmcall');
    // Of the two that come inside the handler one is latched; it is taken right after IRET.
    expect(origins).toEqual(['physical@1', 'physical@4']);
  });

  it('ignores IF, and waits for the shadow', () => {
    guest.long([NOP, NOP, ...VMMCALL]);
    intercept(guest.vmcb, 'nmi');
    setShadow(guest.vmcb, true);
    guest.processor.raiseNmi();
    expect(run()).toBe('nmi');
    expect(guest.rip).toBe(CODE + 1);
    guest.processor.acknowledgeNmi();
  });

  it('intercepted, wakes HLT: RIP is after it', () => {
    guest.long([HLT, ...VMMCALL]);
    intercept(guest.vmcb, 'nmi');
    guest.processor.scheduleNmi(guest.processor.clock + 100);
    expect(run()).toBe('nmi');
    expect(guest.rip).toBe(CODE + 1);
    guest.processor.acknowledgeNmi();
    expect(run(), 'the activity is not saved: the guest runs on').toBe('vmmcall');
  });
});

describe('while GIF is clear', () => {
  const DATA = 0x7000;
  const MOV_AL_DATA = [0x8a, 0x04, 0x25, 0, DATA >> 8, 0, 0];

  // prettier-ignore
  it.each<[what: string, dr0: number, dr7: bigint]>([
    ['an instruction breakpoint', CODE + CLGI.length + 1, 0x401n],
    ['a data breakpoint',         DATA,                   0x3_0401n],
  ])('%s is discarded', (_what, dr0, dr7) => {
    const start = (first: readonly number[]): string => {
      guest.long([...first, NOP, ...MOV_AL_DATA, ...VMMCALL]);
      intercept(guest.vmcb, 'db');
      guest.processor.core.state.setNum('dr0', dr0);
      guest.vmcb.set('dr7', dr7);
      return run();
    };
    expect(start(STGI)).toBe('exception');
    expect(start(CLGI)).toBe('vmmcall');
    expect(guest.vmcb.low('dr6')).toBe(0xffff_0ff0);
  });

  it('a single-step trap is taken', () => {
    guest.long([...CLGI, NOP, ...VMMCALL]);
    intercept(guest.vmcb, 'db');
    guest.vmcb.set('rflags', 0x102n);
    expect(run()).toBe('exception');
  });
});

describe('EVENTINJ', () => {
  // prettier-ignore
  it.each<[what: string, event: { type: number; vector: number; errorCode: number | null }, stack: number[]]>([
    ['an external interrupt',        { type: 0, vector: VECTOR, errorCode: null }, [CODE, 8, 2, STACK, 0x10]],
    ['an exception with error code', { type: 3, vector: 13, errorCode: 0x18 },     [0x18, CODE, 8, 0x1_0002, STACK, 0x10]],
    ['an exception without',         { type: 3, vector: 6, errorCode: null },      [CODE, 8, 0x1_0002, STACK, 0x10]],
  ])('%s is delivered whatever masks it', (_what, event, stack) => {
    guest.long([NOP, ...VMMCALL]).handler(event.vector, VMMCALL);
    setShadow(guest.vmcb, true);
    injectEvent(guest.vmcb, event);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(event.vector));
    expect(guest.stack(stack.length)).toEqual(stack);
    expect(isInShadow(guest.vmcb)).toBe(false);
    expect(guest.vmcb.get('eventInjection')).toBe(0n);
  });

  it('is not subject to its own intercepts', () => {
    guest
      .long([NOP, ...VMMCALL])
      .handler(13, VMMCALL)
      .handler(2, VMMCALL);
    intercept(guest.vmcb, 'gp', 'nmi', 'intr');
    injectEvent(guest.vmcb, { type: 3, vector: 13, errorCode: 0 });
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(13));
  });

  it('does not touch CR2 for an injected #PF', () => {
    guest.long([NOP, ...VMMCALL]).handler(14, VMMCALL);
    guest.vmcb.set('cr2', 0x1234_5000n);
    injectEvent(guest.vmcb, { type: 3, vector: 14, errorCode: 2 });
    expect(run()).toBe('vmmcall');
    expect(guest.vmcb.get('cr2')).toBe(0x1234_5000n);
  });

  it.each([3, 4])('vector %i as an exception returns to nRIP, as INT3 and INTO do', (vector) => {
    guest.long([0xcc, NOP, ...VMMCALL]).handler(vector, VMMCALL);
    guest.vmcb.setNumber('nextRip', CODE + 1);
    injectEvent(guest.vmcb, { type: 3, vector, errorCode: null });
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 1]);
  });

  // prettier-ignore
  it.each([[0, 8], [6, 13], [10, 8], [12, 8], [13, 8], [14, 8], [17, 13], [21, 8], [30, 8]])(
    'a #GP while vector %i is delivered gets to handler %i', (vector, handler) => {
      guest.long([NOP, ...VMMCALL]).handler(8, VMMCALL).handler(13, VMMCALL);
      guest.gate(vector, 0, NO_GATE);
      injectEvent(guest.vmcb, { type: 3, vector, errorCode: null });
      expect(run()).toBe('vmmcall');
      expect(guest.rip).toBe(handlerAddress(handler));
    });

  it('a fault while it is delivered that nobody intercepts goes to its own handler', () => {
    guest.long([NOP, ...VMMCALL]).handler(13, VMMCALL);
    guest.vmcb.set('idtrLimit', 16 * 14 - 1); // vector 30h has no entry
    injectEvent(guest.vmcb, { type: 0, vector: VECTOR, errorCode: null });
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(13));
    expect(guest.stack(2)).toEqual([VECTOR * 8 + 3, CODE]);
  });
});
