/** The consistency checks of VMRUN, each broken once (APM vol 2 §15.5.1). */
import { describe, expect, it } from 'vitest';
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import { type CheckContext, findViolations, isAcceptable } from '../../src/svm/checks.js';
import { Vmcb, type VmcbFieldName } from '../../src/svm/vmcb.js';

const CONTEXT: CheckContext = {
  isHostPaging: true,
  cr4Bits: Cr4.Defined,
  memory: new DataView(new ArrayBuffer(0x2000)),
};
const SVME = 1n << 12n;
const LME = 1n << 8n;
const LMA = 1n << 10n;
const PE = 1n;
const PG = 1n << 31n;
const CD = 1n << 30n;
const NW = 1n << 29n;
const PAE = 1n << 5n;
const V_NMI = 1n << 11n;
const V_NMI_MASK = 1n << 12n;
const V_NMI_ENABLE = 1n << 26n;
const CS_L = 0x200;
const CS_D = 0x400;
const NP = 1n;
const SSS_CHECK = 1n << 4n;
const PAT = 0x0007_0406_0007_0406n;
const MAX_PHYSICAL = 1n << 48n;
const VALID = 1n << 31n;
const NMI_INTERCEPT = 2;
const VMRUN_INTERCEPT = 1;
const EXCEPTION = 3n << 8n;

/** The smallest VMCB that VMRUN accepts; each test breaks it in one place. */
function validVmcb(): Vmcb {
  const vmcb = new Vmcb(new DataView(new ArrayBuffer(4096)), 0);
  vmcb.set('efer', SVME);
  vmcb.set('intercept4', VMRUN_INTERCEPT);
  vmcb.set('guestAsid', 1);
  vmcb.set('guestPat', PAT);
  return vmcb;
}

type Change = Partial<Record<VmcbFieldName, bigint | number>>;

function vmcbWith(change: Change): Vmcb {
  const vmcb = validVmcb();
  for (const [name, value] of Object.entries(change)) vmcb.set(name as VmcbFieldName, value as never);
  return vmcb;
}

const LONG: Change = { efer: SVME | LME, cr0: PG | PE, cr4: PAE };

it('accepts the smallest VMCB', () => {
  expect(findViolations(validVmcb(), CONTEXT)).toEqual([]);
  expect(isAcceptable(validVmcb(), CONTEXT)).toBe(true);
});

// prettier-ignore
describe.each<[rule: RegExp, change: Change, context?: CheckContext]>([
  [/EFER\.SVME is zero/,            { efer: 0n }],
  [/CR0\.CD is zero and CR0\.NW/,   { cr0: NW }],
  [/CR0\[63:32\]/,                  { cr0: 1n << 32n }],
  [/CR0\[63:32\]/,                  { cr0: 1n << 63n }],
  [/CR3 has address bits/,          { cr3: MAX_PHYSICAL }],
  [/CR3 has address bits/,          { ...LONG, cr3: 1n << 63n }],
  [/CR4 has reserved bits/,         { cr4: 1n << 12n }],
  [/CR4 has reserved bits/,         { cr4: 1n << 23n }],
  [/CR4 has reserved bits/,         { cr4: 1n << 32n }],
  [/CR4 has reserved bits/,         { cr4: BigInt(Cr4.Osxsave) }, { ...CONTEXT, cr4Bits: Cr4.Defined & ~Cr4.Osxsave }],
  [/DR6\[63:32\]/,                  { dr6: 1n << 32n }],
  [/DR7\[63:32\]/,                  { dr7: 1n << 32n }],
  [/EFER has reserved bits/,        { efer: SVME | (1n << 9n) }],
  [/EFER has reserved bits/,        { efer: SVME | (1n << 63n) }],
  [/CR4\.PAE is zero/,              { ...LONG, cr4: 0n }],
  [/CR0\.PE is zero/,               { ...LONG, cr0: PG }],
  [/CS\.L and CS\.D/,               { ...LONG, csAttributes: CS_L | CS_D }],
  [/VMRUN intercept is clear/,      { intercept4: 2 }],
  [/I\/O permission map/,           { iopmBase: MAX_PHYSICAL - 0x2000n }],
  [/I\/O permission map/,           { iopmBase: 0xffff_ffff_ffff_f000n }],
  [/MSR permission map/,            { msrpmBase: MAX_PHYSICAL - 0x2000n }],
  [/MSR permission map/,            { msrpmBase: MAX_PHYSICAL - 0x1000n }],
  [/ASID is zero/,                  { guestAsid: 0 }],
  [/reserved type/,                 { eventInjection: VALID | (1n << 8n) }],
  [/reserved type/,                 { eventInjection: VALID | (5n << 8n) }],
  [/reserved type/,                 { eventInjection: VALID | (6n << 8n) }],
  [/reserved type/,                 { eventInjection: VALID | (7n << 8n) }],
  [/not an exception/,              { eventInjection: VALID | EXCEPTION | 2n }],
  [/not an exception/,              { eventInjection: VALID | EXCEPTION | 9n }],
  [/not an exception/,              { eventInjection: VALID | EXCEPTION | 15n }],
  [/not an exception/,              { eventInjection: VALID | EXCEPTION | 31n }],
  [/not an exception/,              { eventInjection: VALID | EXCEPTION | 32n }],
  [/cannot occur in 64-bit mode/,   { ...LONG, csAttributes: CS_L, eventInjection: VALID | EXCEPTION | 5n }],
  [/host has paging off/,           { nestedControl: NP }, { ...CONTEXT, isHostPaging: false }],
  [/N_CR3 has address bits/,        { nestedControl: NP, nestedCr3: MAX_PHYSICAL }],
  [/G_PAT has a reserved/,          { nestedControl: NP, guestPat: 2n }],
  [/G_PAT has a reserved/,          { nestedControl: NP, guestPat: PAT | (8n << 56n) }],
  [/SSSCheckEn/,                    { nestedControl: SSS_CHECK }],
  [/S_CET has reserved/,            { supervisorCet: 1n << 10n }],
  [/without the NMI intercept/,     { virtualInterrupt: V_NMI_ENABLE }],
])('refuses: %s', (rule, change, context = CONTEXT) => {
  it(`with ${Object.keys(change).join(', ')}`, () => {
    const vmcb = vmcbWith(change);
    expect(findViolations(vmcb, context)).toEqual([expect.stringMatching(rule)]);
    expect(isAcceptable(vmcb, context)).toBe(false);
  });
});

// What software might fear is checked, and is not.
// prettier-ignore
it.each<[what: string, change: Change]>([
  ['CR0.CD with CR0.NW',                     { cr0: CD | NW }],
  ['CR0.CD alone',                           { cr0: CD }],
  ['paged real mode (§15.19)',               { cr0: PG }],
  ['EFER.LMA without LME',                   { efer: SVME | LMA }],
  ['LME without paging, PAE and PE',         { efer: SVME | LME }],
  ['low reserved bits of CR3',               { cr3: 0xfe7n }],
  ['CS.L and CS.D outside of long mode',     { csAttributes: CS_L | CS_D }],
  ['a base that is not canonical',           { csBase: 1n << 62n, gdtrBase: 1n << 62n }],
  ['RIP beyond CS.limit',                    { rip: 1n << 62n }],
  ['V_NMI without V_NMI_ENABLE',             { virtualInterrupt: V_NMI | V_NMI_MASK }],
  ['V_NMI with V_NMI_MASK',                  { virtualInterrupt: V_NMI_ENABLE | V_NMI | V_NMI_MASK, intercept3: NMI_INTERCEPT }],
  ['an injected NMI with V_NMI_ENABLE',      { virtualInterrupt: V_NMI_ENABLE, intercept3: NMI_INTERCEPT, eventInjection: VALID | (2n << 8n) }],
  ['a reserved type without the valid bit',  { eventInjection: 7n << 8n }],
  ['injected #OF in 64-bit mode',            { ...LONG, csAttributes: CS_L, eventInjection: VALID | EXCEPTION | 4n }],
  ['injected #BR outside of 64-bit mode',    { eventInjection: VALID | EXCEPTION | 5n }],
  ['reserved bits 30:12 of EVENTINJ',        { eventInjection: VALID | 0x7fff_f000n }],
  ['an IOPM that ends at the last address',  { iopmBase: MAX_PHYSICAL - 0x3000n }],
  ['low bits of the IOPM address',           { iopmBase: MAX_PHYSICAL - 0x2002n }],
  ['an MSRPM a page below the last address', { msrpmBase: MAX_PHYSICAL - 0x3000n }],
  ['a G_PAT without nested paging',          { guestPat: 2n }],
  ['any SSSCheckEn with nested paging',      { nestedControl: NP | SSS_CHECK }],
  ['clean bits',                             { clean: 0xffff_ffff }],
])('accepts %s', (_what, change) => {
  expect(findViolations(vmcbWith(change), CONTEXT)).toEqual([]);
});

describe('page-directory pointers of a PAE guest', () => {
  const PAE_GUEST: Change = { cr0: PG | PE, cr4: PAE, cr3: 0x1000n };

  function memoryWith(entry: bigint): CheckContext {
    const memory = new DataView(new ArrayBuffer(0x2000));
    memory.setBigUint64(0x1018, entry, true);
    return { ...CONTEXT, memory };
  }

  it.each([1n << 62n, 1n << 52n, 1n << 48n, 2n, 1n << 5n, 1n << 8n])('refuses present with bit %s', (bit) => {
    const vmcb = vmcbWith(PAE_GUEST);
    expect(findViolations(vmcb, memoryWith(1n | bit))).toEqual([
      expect.stringMatching(/page-directory pointer/),
    ]);
    expect(findViolations(vmcb, memoryWith(bit)), 'not present').toEqual([]);
    expect(
      findViolations(vmcbWith({ ...PAE_GUEST, nestedControl: NP }), memoryWith(1n | bit)),
      'nested',
    ).toEqual([]);
  });

  it('accepts addresses and the bits for caching and software', () => {
    expect(findViolations(vmcbWith(PAE_GUEST), memoryWith(0xffff_ffff_fe19n))).toEqual([]);
  });
});

it('knows every PAT type, in every entry of G_PAT', () => {
  const types = [0, 1, 4, 5, 6, 7];
  for (let entry = 0n; entry < 64n; entry += 8n) {
    for (let type = 0; type < 256; type++) {
      const vmcb = vmcbWith({ nestedControl: NP, guestPat: BigInt(type) << entry });
      expect(isAcceptable(vmcb, CONTEXT), `type ${type} at bit ${entry}`).toBe(types.includes(type));
    }
  }
});
