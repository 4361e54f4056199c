/**
 * NMIs, real and virtual, through a guest that runs: the self-tests that follow from APM vol 2 §15.20, §15.21.9 and
 * §15.21.10. Each test is one sentence about the processor.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualInterrupt } from '../../assembly/abi/vmcb-layout.js';
import { injectEvent, injectNmi, reinjectInterrupted } from '../../src/svm/event-injection.js';
import { enableVirtualGif, isVirtualGifSet } from '../../src/svm/gif.js';
import { intercept, removeIntercept } from '../../src/svm/intercepts.js';
import { isInShadow, setShadow } from '../../src/svm/interrupt-shadow.js';
import { NestedPageTables } from '../../src/svm/nested-paging.js';
import { isInterruptPending, requestInterrupt } from '../../src/svm/vintr.js';
import { isNmiMasked, isNmiPending, requestNmi, setNmiMask } from '../../src/svm/vnmi.js';
import {
  BareGuest,
  CODE,
  CODE_SELECTOR,
  FREE,
  GDT,
  handlerAddress,
  IDT,
  MEMORY_BYTES,
  STACK,
} from '../helpers/bare-guest.js';

let guest: BareGuest;
beforeAll(async () => {
  guest = await BareGuest.create();
});

const VMMCALL = [0x0f, 0x01, 0xd9];
const CLGI = [0x0f, 0x01, 0xdd];
const STGI = [0x0f, 0x01, 0xdc];
const NOP = 0x90;
const HLT = 0xf4;
const STI = 0xfb;
const IRETQ = [0x48, 0xcf];
const IRET = [0xcf];
const NMI = 2;
const GP = 13;
const PF = 14;
const NMI_HANDLER = handlerAddress(NMI);
/** EXITINTINFO and EVENTINJ of an NMI: valid, type 2, vector 2. */
const NMI_EVENT = 0x8000_0202n;
const IF = 0x200n;
const TF = 0x100n;

/** Runs to the next exit; says its kind. */
const run = (): string => guest.processor.vmrun(guest.vmcb).kind;

/** Goes over a VMMCALL that has just exited. */
function skip(): void {
  guest.vmcb.set('rip', guest.vmcb.get('nextRip'));
}

/** Nested tables that map all of memory to itself. */
function nest(): NestedPageTables {
  let next = FREE;
  const tables = new NestedPageTables(guest.processor.words, () => (next += 4096) - 4096);
  tables.map(0, 0, MEMORY_BYTES);
  guest.vmcb.set('nestedControl', 1n);
  guest.vmcb.setNumber('nestedCr3', tables.root);
  return tables;
}

it('1: an NMI from EVENTINJ sets no mask: a physical NMI in its handler is taken at once', () => {
  guest.long([NOP, ...VMMCALL]).handler(NMI, [NOP, ...VMMCALL]);
  injectNmi(guest.vmcb);
  guest.processor.scheduleNmi(guest.processor.clock + 1);
  expect(run()).toBe('vmmcall');
  // The second handler interrupted the first after its NOP.
  expect(guest.stack(1)).toEqual([NMI_HANDLER + 1]);
  expect(guest.processor.isNmiPending).toBe(false);
});

it('2: with vNMI, an NMI from EVENTINJ sets V_NMI_MASK and is consumed', () => {
  guest
    .long([NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  injectNmi(guest.vmcb);
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(NMI_HANDLER);
  expect(isNmiMasked(guest.vmcb)).toBe(true);
  expect(guest.vmcb.get('eventInjection')).toBe(0n);
});

describe.each(['real', 'long'] as const)('3: in %s mode', (mode) => {
  it('V_NMI is taken, masks until IRET completes, and unmasks then', () => {
    const iret = mode === 'long' ? IRETQ : IRET;
    guest[mode]([NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, [...VMMCALL, ...iret]);
    requestNmi(guest.vmcb);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(NMI_HANDLER);
    expect(isNmiPending(guest.vmcb)).toBe(false);
    expect(isNmiMasked(guest.vmcb)).toBe(true);
    expect(guest.stack(1)).toEqual([CODE]);
    skip();
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(CODE + 1);
    expect(isNmiMasked(guest.vmcb)).toBe(false);
  });
});

it('4: V_NMI behind V_NMI_MASK waits for IRET, is taken right after it, and masks again', () => {
  // The guest begins inside a handler: its IRET returns to the code after it.
  guest
    .long([...Array<number>(5).fill(NOP), ...IRETQ, NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  pushFrame(CODE + 7);
  requestNmi(guest.vmcb);
  setNmiMask(guest.vmcb, true);
  const start = guest.processor.clock;
  expect(run()).toBe('vmmcall');
  expect(guest.processor.clock - start).toBe(6);
  expect(guest.rip).toBe(NMI_HANDLER);
  expect(guest.stack(1)).toEqual([CODE + 7]);
  expect(isNmiMasked(guest.vmcb)).toBe(true);
  expect(isNmiPending(guest.vmcb)).toBe(false);
});

describe('5: a nested page fault while the virtual NMI is delivered', () => {
  function faultDuringDelivery(): NestedPageTables {
    guest
      .long([NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, VMMCALL);
    const tables = nest();
    tables.unmap(IDT, 4096);
    requestNmi(guest.vmcb);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({
      kind: 'nested-page-fault',
      gpa: IDT + 16 * NMI,
      isTableWalk: false,
    });
    return tables;
  }

  it('reports the NMI in EXITINTINFO, unmasked, not pending, with the guest as it was', () => {
    faultDuringDelivery();
    expect(guest.vmcb.get('exitIntInfo')).toBe(NMI_EVENT);
    expect(isNmiPending(guest.vmcb)).toBe(false);
    expect(isNmiMasked(guest.vmcb)).toBe(false);
    expect(guest.rip).toBe(CODE);
    expect(guest.vmcb.getNumber('rsp')).toBe(STACK);
    expect(guest.vmcb.getNumber('nextRip')).toBe(0);
    expect(guest.vmcb.get('instructionBytesFetched')).toBe(0);
  });

  it('6: EVENTINJ := EXITINTINFO delivers it, and masks', () => {
    const tables = faultDuringDelivery();
    tables.map(IDT, IDT, 4096);
    reinjectInterrupted(guest.vmcb);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(NMI_HANDLER);
    expect(isNmiMasked(guest.vmcb)).toBe(true);
    expect(guest.vmcb.get('exitIntInfo')).toBe(0n);
  });

  it.each([
    ['without an error code', null, NMI_EVENT],
    ['with one', 5, NMI_EVENT | 0x5_0000_0800n],
  ])('an injected NMI %s that is cut short is unmasked too ([REC])', (_what, errorCode, info) => {
    guest
      .long([NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, VMMCALL);
    nest().unmap(IDT, 4096);
    injectEvent(guest.vmcb, { type: 2, vector: NMI, errorCode });
    expect(run()).toBe('nested-page-fault');
    expect(guest.vmcb.get('exitIntInfo')).toBe(info);
    expect(isNmiMasked(guest.vmcb)).toBe(false);
    expect(guest.vmcb.get('eventInjection')).toBe(0n);
  });
});

it('7: an IRET that faults does not unmask; a good one then does', () => {
  const badIret = [0x6a, 0x00, ...IRETQ]; // push 0 shifts the frame: RIP = 0, CS = old RIP
  guest
    .long([NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, [NOP, ...badIret])
    .handler(GP, [
      ...VMMCALL,
      0x48,
      0x83,
      0xc4,
      0x08,
      0x48,
      0x83,
      0xc4,
      0x28,
      0x48,
      0x83,
      0xc4,
      0x08,
      ...IRETQ,
    ]);
  requestNmi(guest.vmcb);
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(handlerAddress(GP));
  expect(isNmiMasked(guest.vmcb)).toBe(true);
  // The handler drops the error code, its own frame and the pushed zero, and returns through the NMI's frame.
  skip();
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(CODE + 1);
  expect(isNmiMasked(guest.vmcb)).toBe(false);
});

it('8: an intercepted IRET unmasks nothing; run again without the intercept it does', () => {
  guest
    .long([NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, [NOP, ...IRETQ]);
  intercept(guest.vmcb, 'iret');
  requestNmi(guest.vmcb);
  expect(run()).toBe('iret');
  expect(guest.rip).toBe(NMI_HANDLER + 1);
  expect(guest.vmcb.getNumber('nextRip')).toBe(NMI_HANDLER + 3);
  expect(isNmiMasked(guest.vmcb)).toBe(true);
  removeIntercept(guest.vmcb, 'iret');
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(CODE + 1);
  expect(isNmiMasked(guest.vmcb)).toBe(false);
});

it('9: an interrupt shadow holds V_NMI for one instruction', () => {
  guest
    .long([NOP, NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  requestNmi(guest.vmcb);
  setShadow(guest.vmcb, true);
  expect(run()).toBe('vmmcall');
  expect(guest.stack(1)).toEqual([CODE + 1]);
  expect(isInShadow(guest.vmcb)).toBe(false);
});

it('10: V_NMI waits for the virtual GIF: it is taken after STGI', () => {
  guest
    .long([NOP, ...STGI, NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  enableVirtualGif(guest.vmcb);
  guest.vmcb.setLow('virtualInterrupt', guest.vmcb.low('virtualInterrupt') & ~VirtualInterrupt.Gif);
  requestNmi(guest.vmcb);
  expect(run()).toBe('vmmcall');
  expect(guest.stack(1)).toEqual([CODE + 4]);
  expect(isVirtualGifSet(guest.vmcb)).toBe(true);
});

it('11: V_NMI is not taken while the guest holds the virtual GIF clear', () => {
  guest
    .long([...CLGI, ...VMMCALL, NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  enableVirtualGif(guest.vmcb);
  expect(run()).toBe('vmmcall');
  expect(isVirtualGifSet(guest.vmcb)).toBe(false);
  requestNmi(guest.vmcb);
  skip();
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(CODE + 7);
  expect(isNmiPending(guest.vmcb)).toBe(true);
});

describe('12: STI; HLT with V_NMI', () => {
  it('the shadow lets HLT complete, and the NMI wakes it', () => {
    guest
      .long([HLT, NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, VMMCALL);
    requestNmi(guest.vmcb);
    setShadow(guest.vmcb, true); // as if STI had just been executed
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 1]);
  });

  it('a shadow that is open keeps STI from opening another', () => {
    guest
      .long([STI, HLT, NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, VMMCALL);
    requestNmi(guest.vmcb);
    setShadow(guest.vmcb, true);
    expect(run()).toBe('vmmcall');
    expect(guest.stack(1)).toEqual([CODE + 1]);
  });

  it('masked, it does not wake HLT', () => {
    guest.long([HLT, ...VMMCALL]).virtualNmi();
    requestNmi(guest.vmcb);
    setNmiMask(guest.vmcb, true);
    expect(run()).toBe('halted');
    guest.processor.leave();
  });
});

it('13: a physical NMI exits before V_NMI is taken; it stays pending for the host', () => {
  guest
    .long([NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  requestNmi(guest.vmcb);
  guest.processor.raiseNmi();
  expect(run()).toBe('nmi');
  expect(guest.rip).toBe(CODE);
  expect(isNmiPending(guest.vmcb)).toBe(true);
  expect(isNmiMasked(guest.vmcb)).toBe(false);
  expect(guest.processor.isNmiPending).toBe(true);
  expect(guest.processor.gif).toBe(false);
  // A host that never takes it meets it again at once (§15.21.9).
  expect(run()).toBe('nmi');
  guest.processor.acknowledgeNmi();
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(NMI_HANDLER);
});

it('14: V_NMI comes before V_IRQ, which waits for the handler to return', () => {
  guest
    .long([NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, [...VMMCALL, ...IRETQ])
    .handler(0x30, VMMCALL);
  guest.vmcb.set('rflags', 2n | IF);
  requestNmi(guest.vmcb);
  requestInterrupt(guest.vmcb, { vector: 0x30 });
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(NMI_HANDLER);
  expect(isInterruptPending(guest.vmcb)).toBe(true);
  skip();
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(handlerAddress(0x30));
  expect(guest.stack(1)).toEqual([CODE]);
  expect(isInterruptPending(guest.vmcb)).toBe(false);
});

it('15: without V_NMI_ENABLE the other two bits mean nothing and stay as they are', () => {
  guest.long([NOP, ...VMMCALL]).handler(NMI, VMMCALL);
  requestNmi(guest.vmcb);
  setNmiMask(guest.vmcb, true);
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(CODE + 1);
  expect(isNmiPending(guest.vmcb)).toBe(true);
  expect(isNmiMasked(guest.vmcb)).toBe(true);
});

it('16: V_NMI_ENABLE without the NMI intercept is INVALID, and the save area is untouched', () => {
  guest.long([NOP, ...VMMCALL]).virtualNmi();
  removeIntercept(guest.vmcb, 'nmi');
  injectNmi(guest.vmcb);
  const before = guest.processor.read(guest.vmcb.physical + 0x400, 0xc00);
  expect(guest.processor.vmrun(guest.vmcb)).toEqual({ kind: 'invalid', code: -1 });
  expect(guest.processor.read(guest.vmcb.physical + 0x400, 0xc00)).toEqual(before);
  expect(guest.vmcb.get('exitCode')).toBe(0xffff_ffff_ffff_ffffn);
  expect(guest.vmcb.get('eventInjection')).toBe(0n);
  expect(guest.processor.gif).toBe(false);
  expect(guest.processor.findViolations(guest.vmcb)).toEqual([expect.stringMatching(/NMI intercept/)]);
});

it('17: IRET clears the mask with the virtual GIF clear, and V_NMI goes on waiting', () => {
  guest
    .long([...CLGI, ...IRETQ, NOP, ...VMMCALL, ...STGI, NOP])
    .virtualNmi()
    .handler(NMI, VMMCALL);
  enableVirtualGif(guest.vmcb);
  pushFrame(CODE + 5);
  setNmiMask(guest.vmcb, true);
  requestNmi(guest.vmcb);
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(CODE + 6);
  expect(isNmiMasked(guest.vmcb)).toBe(false);
  expect(isNmiPending(guest.vmcb)).toBe(true);
  skip();
  expect(run()).toBe('vmmcall');
  expect(guest.stack(1)).toEqual([CODE + 12]);
});

it('18: EVENTINJ goes first; V_NMI is taken before the first instruction of its handler', () => {
  guest
    .long([NOP, ...VMMCALL])
    .virtualNmi()
    .handler(NMI, VMMCALL)
    .handler(0x30, [NOP, ...VMMCALL]);
  injectEvent(guest.vmcb, { type: 0, vector: 0x30, errorCode: null });
  requestNmi(guest.vmcb);
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(NMI_HANDLER);
  expect(guest.stack(1)).toEqual([handlerAddress(0x30)]);
});

it('19: a #PF while an injected #PF is delivered exits with the first in EXITINTINFO', () => {
  guest.long([NOP, ...VMMCALL]);
  intercept(guest.vmcb, 'pf');
  guest.vmcb.set('idtrBase', 0x4000_0000n); // beyond what the guest maps
  injectEvent(guest.vmcb, { type: 3, vector: PF, errorCode: 6 });
  const address = 0x4000_0000n + 16n * BigInt(PF);
  expect(guest.processor.vmrun(guest.vmcb)).toEqual({
    kind: 'exception',
    code: 0x4e,
    vector: PF,
    errorCode: 0,
    address,
  });
  expect(guest.vmcb.get('exitIntInfo')).toBe(0x6_8000_0b0en);
  expect(guest.rip).toBe(CODE);
});

describe('20: an injected software interrupt', () => {
  it('returns to nRIP', () => {
    guest.long([0xcd, 0x30, NOP, ...VMMCALL]).handler(0x30, VMMCALL);
    guest.vmcb.setNumber('nextRip', CODE + 2);
    injectEvent(guest.vmcb, { type: 4, vector: 0x30, errorCode: null });
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(0x30));
    expect(guest.stack(1)).toEqual([CODE + 2]);
  });

  it('through a gate above its privilege raises #GP(vector * 8 + 2), at the instruction', () => {
    guest.long([0xcd, 0x30, NOP, ...VMMCALL]).handler(0x30, VMMCALL);
    guest.vmcb.set('cpl', 3);
    intercept(guest.vmcb, 'gp');
    guest.vmcb.setNumber('nextRip', CODE + 2);
    injectEvent(guest.vmcb, { type: 4, vector: 0x30, errorCode: null });
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ vector: GP, errorCode: 0x30 * 8 + 2 });
    expect(guest.vmcb.get('exitIntInfo')).toBe(0x8000_0430n);
    expect(guest.rip).toBe(CODE);
  });
});

it("21: Xen's way over IRET: the shadow set at the IRET exit is used up by the IRET", () => {
  guest.long([NOP, ...VMMCALL]).handler(NMI, IRETQ);
  intercept(guest.vmcb, 'iret');
  injectNmi(guest.vmcb);
  expect(run()).toBe('iret');
  removeIntercept(guest.vmcb, 'iret');
  setShadow(guest.vmcb, true);
  expect(run()).toBe('vmmcall');
  expect(guest.rip).toBe(CODE + 1);
  expect(isInShadow(guest.vmcb)).toBe(false);
});

it("22: KVM's way over IRET: TF traps after it, at the return address", () => {
  guest.long([NOP, ...VMMCALL]).handler(NMI, IRETQ);
  intercept(guest.vmcb, 'iret', 'db');
  injectNmi(guest.vmcb);
  expect(run()).toBe('iret');
  removeIntercept(guest.vmcb, 'iret');
  guest.vmcb.set('rflags', guest.vmcb.get('rflags') | TF);
  expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ kind: 'exception', vector: 1 });
  expect(guest.rip).toBe(CODE);
  expect(guest.vmcb.low('dr6') & 0x4000).toBe(0x4000);
  expect(guest.vmcb.get('rflags') & TF, 'RFLAGS that IRET popped').toBe(0n);
  expect(run()).toBe('vmmcall');
});

/** A frame for IRETQ on the guest's stack, back to `rip` on the same stack. */
function pushFrame(rip: number): void {
  const { words } = guest.processor;
  const frame = STACK - 40;
  [rip, CODE_SELECTOR, 2, STACK, 0x10].forEach((value, i) =>
    words.setBigUint64(frame + 8 * i, BigInt(value), true),
  );
  guest.vmcb.setNumber('rsp', frame);
}

describe('an IRET that returns to another task', () => {
  const NT = 0x4000n;
  const OUTER_TSS = 0x6000;
  const CURRENT_TSS = 0x6100;
  const RETURN = CODE + 0x40;

  /** In a handler that a task gate entered: NT is set, and the link of the TSS leads to selector 28h. */
  function inNestedTask(): void {
    guest.protected([...IRET, NOP]).virtualNmi();
    const { words, memory } = guest.processor;
    memory[GDT + 0x28 + 5] = 0x8b; // busy
    words.setUint16(CURRENT_TSS, 0x28, true);
    const registers: readonly (readonly [offset: number, value: number])[] = [
      [0x20, RETURN],
      [0x24, 2],
      [0x38, STACK],
      [0x48, 0x10],
      [0x4c, 0x08],
      [0x50, 0x10],
      [0x54, 0x10],
    ];
    for (const [offset, value] of registers) words.setUint32(OUTER_TSS + offset, value, true);
    guest.processor.write(RETURN, Uint8Array.from(VMMCALL));
    guest.vmcb.setSegment('tr', { selector: 0x20, attributes: 0x8b, limit: 0x67, base: BigInt(CURRENT_TSS) });
    words.setBigUint64(GDT + 0x20, 0x0000_8b00_6100_0067n, true);
    guest.processor.vmload(guest.vmcb);
    guest.vmcb.set('rflags', 2n | NT);
    setNmiMask(guest.vmcb, true);
  }

  it('clears V_NMI_MASK when the switch is complete ([REC])', () => {
    inNestedTask();
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(RETURN);
    expect(isNmiMasked(guest.vmcb)).toBe(false);
  });

  it('intercepted as a task switch clears nothing', () => {
    inNestedTask();
    intercept(guest.vmcb, 'task-switch');
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({
      kind: 'task-switch',
      selector: 0x28,
      cause: 'iret',
    });
    expect(isNmiMasked(guest.vmcb)).toBe(true);
    expect(guest.rip).toBe(CODE);
  });
});

describe('V_NMI and what else happens at its boundary', () => {
  it('a single-step trap of the instruction before comes first ([REC])', () => {
    guest
      .long([NOP, NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, VMMCALL)
      .handler(1, [NOP, ...VMMCALL]);
    guest.vmcb.set('rflags', 2n | TF);
    setShadow(guest.vmcb, true); // V_NMI waits for the first NOP
    requestNmi(guest.vmcb);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(NMI_HANDLER);
    expect(guest.stack(1), 'the NMI interrupted the #DB handler before its first instruction').toEqual([
      handlerAddress(1),
    ]);
  });

  it('a physical INTR comes first ([REC])', () => {
    guest
      .long([NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, VMMCALL);
    intercept(guest.vmcb, 'intr');
    guest.vmcb.set('rflags', 2n | IF);
    requestNmi(guest.vmcb);
    guest.processor.raiseInterrupt(0x40);
    expect(run()).toBe('intr');
    expect(isNmiPending(guest.vmcb)).toBe(true);
  });

  it('an NMI from EVENTINJ while V_NMI_MASK is set is delivered; the mask stays, V_NMI waits ([REC])', () => {
    guest
      .long([NOP, ...VMMCALL])
      .virtualNmi()
      .handler(NMI, [...VMMCALL, ...IRETQ]);
    setNmiMask(guest.vmcb, true);
    requestNmi(guest.vmcb);
    injectNmi(guest.vmcb);
    expect(run()).toBe('vmmcall');
    expect([guest.rip, isNmiMasked(guest.vmcb), isNmiPending(guest.vmcb)]).toEqual([NMI_HANDLER, true, true]);
    skip();
    expect(run(), 'its IRET lets the waiting one in').toBe('vmmcall');
    expect([guest.rip, isNmiMasked(guest.vmcb), isNmiPending(guest.vmcb)]).toEqual([
      NMI_HANDLER,
      true,
      false,
    ]);
    expect(guest.stack(1)).toEqual([CODE]);
  });

  it('an exception while it is delivered that nobody intercepts leaves the mask set ([REC])', () => {
    guest
      .long([NOP, ...VMMCALL])
      .virtualNmi()
      .handler(GP, VMMCALL);
    guest.gate(NMI, 0, 0); // vector 2 has no valid gate
    requestNmi(guest.vmcb);
    expect(run()).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(GP));
    expect(guest.stack(2)).toEqual([NMI * 8 + 3, CODE]);
    expect(isNmiMasked(guest.vmcb)).toBe(true);
    expect(isNmiPending(guest.vmcb)).toBe(false);
  });

  it('the same exception intercepted: EXITINTINFO is the NMI, and the mask is clear', () => {
    guest.long([NOP, ...VMMCALL]).virtualNmi();
    guest.gate(NMI, 0, 0);
    intercept(guest.vmcb, 'gp');
    requestNmi(guest.vmcb);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ vector: GP, errorCode: NMI * 8 + 3 });
    expect(guest.vmcb.get('exitIntInfo')).toBe(NMI_EVENT);
    expect(isNmiMasked(guest.vmcb)).toBe(false);
  });

  it('a physical NMI that is delivered and cut short keeps the physical mask ([REC])', () => {
    guest.long([NOP, ...VMMCALL]).handler(NMI, VMMCALL);
    nest().unmap(IDT, 4096);
    guest.processor.raiseNmi();
    expect(run()).toBe('nested-page-fault');
    expect(guest.vmcb.get('exitIntInfo')).toBe(NMI_EVENT);
    expect(guest.processor.isNmiPending).toBe(false);
    expect(guest.processor.core.state.get('nmiMask')).toBe(1);
  });

  it('a guest IRET under vNMI leaves the physical mask alone ([REC])', () => {
    guest.long([...IRETQ, ...VMMCALL]).virtualNmi();
    pushFrame(CODE + 2);
    guest.processor.core.state.set('nmiMask', 1);
    expect(run()).toBe('vmmcall');
    expect(guest.processor.core.state.get('nmiMask')).toBe(1);
  });
});
