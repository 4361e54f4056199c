/**
 * Floating-point instructions where a rule of x86 shows. Results are those of Zen 4; test/silicon/ compares them by the
 * million where there is such a processor.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, upperHalf, xmm } from '../../helpers/vector-registers.js';

const machine = await Machine.create();

const CR4_OSXMMEXCPT = 0x400n;
const FLAGS = 0x3f;
const [IE, DE, ZE, OE, UE, PE] = [1, 2, 4, 8, 16, 32];
/** All exceptions masked, nearest even. */
const DEFAULT = 0x1f80;
const DAZ = 0x40;
const FTZ = 0x8000;
const MASK_SHIFT = 7;
const ROUND_DOWN = 0x2000;
const ROUND_UP = 0x4000;

/** MXCSR with some exceptions unmasked. */
function unmask(exceptions: number): number {
  return DEFAULT & ~(exceptions << MASK_SHIFT);
}

beforeEach(() => {
  enableVectors(machine);
  machine.state.setBig('cr4', machine.state.big('cr4') | CR4_OSXMMEXCPT);
  machine.core.exports.updateMode();
});

/** Runs an instruction; gives XMM0 and the exceptions that MXCSR shows, or the fault before them. */
function run(bytes: string, xmm0: string, xmm1: string, mxcsr = DEFAULT, xmm2 = '0'.repeat(32)) {
  setVector(machine, 0, xmm0.padStart(32, '0'));
  setVector(machine, 1, xmm1.padStart(32, '0'));
  setVector(machine, 2, xmm2.padStart(32, '0'));
  machine.state.set('mxcsr', mxcsr);
  const outcome = outcomeOf(machine, [...hex(bytes)]);
  const flags = machine.state.get('mxcsr') & FLAGS;
  const result = xmm(machine, 0).replace(/^0+(?=.)/, '');
  return outcome === 'completed' ? [result, flags] : [outcome, result, flags];
}

// prettier-ignore
const ARITHMETIC: [name: string, bytes: string, xmm0: string, xmm1: string, mxcsr: number, result: string, flags: number][] = [
  ['ADDSS: 1 + 1 is exact',                     'f30f58c1', '3f800000', '3f800000', DEFAULT, '40000000', 0],
  ['ADDSS keeps the other lanes',               'f30f58c1', '11111111222222223333333340000000', '44444444555555556666666640000000', DEFAULT, '11111111222222223333333340800000', 0],
  ['ADDSS: half an ulp goes to even',           'f30f58c1', '3f800001', '33800000', DEFAULT, '3f800002', PE],
  ['ADDSS: rounding down',                      'f30f58c1', '3f800001', '33800000', DEFAULT | ROUND_DOWN, '3f800001', PE],
  ['ADDSS: a denormal operand',                 'f30f58c1', '1',        '3f800000', DEFAULT, '3f800000', DE | PE],
  ['ADDSS: which DAZ makes zero',               'f30f58c1', '1',        '3f800000', DEFAULT | DAZ, '3f800000', 0],
  ['ADDSS: an exact denormal result',           'f30f58c1', '1',        '1',        DEFAULT, '2', DE],
  ['SUBSD: cancellation rounding down is -0',   'f20f5cc1', '3ff0000000000000', '3ff0000000000000', DEFAULT | ROUND_DOWN, '8000000000000000', 0],
  ['SUBSD: infinities',                         'f20f5cc1', '7ff0000000000000', '7ff0000000000000', DEFAULT, 'fff8000000000000', IE],
  ['MULSS: overflow',                           'f30f59c1', '7f7fffff', '7f7fffff', DEFAULT, '7f800000', OE | PE],
  ['MULSS: underflow',                          'f30f59c1', '00800001', '3f000000', DEFAULT, '400000', UE | PE],
  ['MULSS: an exact denormal is no underflow',  'f30f59c1', '00800000', '3f000000', DEFAULT, '400000', 0],
  ['MULSS: FTZ makes it zero, inexactly',       'f30f59c1', '80800000', '3f000000', DEFAULT | FTZ, '80000000', UE | PE],
  ['MULSS: what rounds to the least normal is not tiny', 'f30f59c1', '1f800001', '207ffffe', DEFAULT, '800000', PE],
  ['DIVSD: by zero',                            'f20f5ec1', 'bff0000000000000', '0', DEFAULT, 'fff0000000000000', ZE],
  ['DIVSD: a denormal by zero is no denormal',  'f20f5ec1', '1', '0', DEFAULT, '7ff0000000000000', ZE],
  ['DIVPS: exceptions of all lanes',            '0f5ec1',   '0000000000000001_3f800000_3f800000', '3f800000_3f800000_40400000_00000000', DEFAULT, '13eaaaaab7f800000', DE | ZE | PE],
  ['SQRTSD: of -0',                             'f20f51c1', '0', '8000000000000000', DEFAULT, '8000000000000000', 0],
  ['SQRTSD: of a negative denormal is invalid', 'f20f51c1', '0', '8000000000000001', DEFAULT, 'fff8000000000000', IE],
  ['a quiet NaN passes',                        'f30f58c1', '7fc00001', '7fc00002', DEFAULT, '7fc00001', 0],
  ['the first NaN passes, even if the second signals', 'f30f58c1', '7fc00001', '7f800002', DEFAULT, '7fc00001', IE],
  ['a NaN hides a denormal',                    'f30f58c1', '1', 'ffc00002', DEFAULT, 'ffc00002', 0],
  ['MINSS: the second of a NaN and a number',   'f30f5dc1', '7fc00001', '3f800000', DEFAULT, '3f800000', IE],
  ['MINSS: the second stays as it is',          'f30f5dc1', '3f800000', '7f800001', DEFAULT, '7f800001', IE],
  ['MINSS: the second of two zeros',            'f30f5dc1', '0', '80000000', DEFAULT, '80000000', 0],
  ['MAXSS: a denormal result',                  'f30f5fc1', '80000003', '80000001', DEFAULT, '80000001', DE],
  ['MAXSS: zero under DAZ',                     'f30f5fc1', 'bf800000', '80000001', DEFAULT | DAZ, '80000000', 0],
  ['CMPEQSS: a quiet NaN is quiet',             'f30fc2c100', '7fc00000', '3f800000', DEFAULT, '0', 0],
  ['CMPLTSS: and to this one invalid',          'f30fc2c101', '7fc00000', '3f800000', DEFAULT, '0', IE],
  ['CMPNLTSS: holds for a NaN',                 'f30fc2c105', '7fc00000', '3f800000', DEFAULT, 'ffffffff', IE],
  ['CMPSS: has eight predicates',               'f30fc2c108', '3f800000', '3f800000', DEFAULT, 'ffffffff', 0],
  ['ROUNDSD: by its own mode',                  '660f3a0bc102', '0', '3ff0000000000001', DEFAULT, '4000000000000000', PE],
  ['ROUNDSD: by that of MXCSR',                 '660f3a0bc104', '0', 'bfe0000000000000', DEFAULT | ROUND_DOWN, 'bff0000000000000', PE],
  ['ROUNDSD: without the precision exception',  '660f3a0bc10a', '0', '1', DEFAULT, '3ff0000000000000', 0],
  ['ADDSUBPS',                                  'f20fd0c1', '3f8000003f8000003f8000003f800000', '3f8000003f8000003f8000003f800000', DEFAULT, '40000000000000004000000000000000', 0],
  ['HADDPS',                                    'f20f7cc1', '40800000404000004000000034000000', '41000000410000003f8000003f800000', DEFAULT, '418000004000000040e000004000000' + '0', PE],
  ['HSUBPD',                                    '660f7dc1', '3ff00000000000004000000000000000', '40080000000000003ff0000000000000', DEFAULT, 'c0000000000000003ff0000000000000', 0],
  ['DPPS: the sum of sums of neighbours',       '660f3a40c1ff', '3f8000003f8000003f8000003f800000', '3380000033800000338000003f800000', DEFAULT, '3f8000013f8000013f8000013f800001', PE],
  ['DPPS: what is not selected signals nothing', '660f3a40c112', '00000000000000007f8000013f800000', '3f8000003f8000003f80000040000000', DEFAULT, '4000000000000000', 0],
  ['DPPD',                                      '660f3a41c133', '40000000000000004008000000000000', '40000000000000004008000000000000', DEFAULT, '402a000000000000402a000000000000', 0],
  ['RCPSS: of 1',                               'f30f53c1', '0', '3f800000', unmask(FLAGS), '3f7ff000', 0],
  ['RCPSS: of a denormal',                      'f30f53c1', '0', '80000001', unmask(FLAGS), 'ff800000', 0],
  ['RCPSS: a denormal result is zero',          'f30f53c1', '0', '7e800000', unmask(FLAGS), '0', 0],
  ['RSQRTSS: of 4/3',                           'f30f52c1', '0', '3faaaaab', DEFAULT, '3f5db800', 0],
  ['RSQRTSS: of a negative number',             'f30f52c1', '0', 'bf800000', unmask(FLAGS), 'ffc00000', 0],
];

describe('arithmetic', () => {
  it.each(ARITHMETIC)('%s', (_name, bytes, xmm0, xmm1, mxcsr, result, flags) => {
    expect(run(bytes, xmm0.replaceAll('_', ''), xmm1.replaceAll('_', ''), mxcsr)).toEqual([result, flags]);
  });
});

describe('conversions', () => {
  // prettier-ignore
  it.each([
    ['CVTSD2SS rounds',                          'f20f5ac1', '0', '3ff0000010000001', DEFAULT, '3f800001', PE],
    ['CVTSD2SS: a denormal operand, flushed',    'f20f5ac1', '0', '1', DEFAULT | FTZ, '0', DE | UE | PE],
    ['CVTSS2SD: the payload of a NaN',           'f30f5ac1', '0', 'ff800001', DEFAULT, 'fff8000020000000', IE],
    ['CVTPD2PS clears the upper half',           '660f5ac1', 'f'.repeat(32), '3ff0000000000000c000000000000000', DEFAULT, '3f800000c0000000', 0],
    ['CVTPS2PD',                                 '0f5ac1', '0', 'ffffffffffffffff3f80000000000001', DEFAULT, '3ff000000000000036a0000000000000', DE],
    ['CVTDQ2PS rounds',                          '0f5bc1', '0', '01000001ffffffff0000000080000000', DEFAULT, '4b800000bf80000000000000cf000000', PE],
    ['CVTDQ2PD',                                 'f30fe6c1', '0', 'ffffffff80000000', DEFAULT, 'bff0000000000000c1e0000000000000', 0],
    ['CVTPS2DQ: what does not fit',              '660f5bc1', '0', '4f0000007fc00000cf00000040200000', DEFAULT, '80000000800000008000000000000002', IE | PE],
    ['CVTTPS2DQ cuts off',                       'f30f5bc1', '0', 'bfc000003fc000000000000100000000', DEFAULT | ROUND_UP, 'ffffffff000000010000000000000000', PE],
    ['CVTTPD2DQ',                                '660fe6c1', '0', '41dfffffffc000003ff8000000000000', DEFAULT, '7fffffff00000001', PE],
    ['VCVTPH2PS: denormals are exact',           'c4e27913c1', '0', '0001fc003c007c01', DEFAULT, '33800000ff8000003f8000007fc02000', IE],
    ['VCVTPS2PH rounds up by its immediate',     'c4e3791dc802', '0', '3f800001', DEFAULT, '3c01', PE],
    ['VCVTPS2PH: FTZ does not apply',            'c4e3791dc800', '0', 'b3000001', DEFAULT | FTZ, '8001', UE | PE],
    ['VCVTPS2PH overflows',                      'c4e3791dc800', '0', '477ff000', DEFAULT, '7c00', OE | PE],
  ])('%s', (_name, bytes, xmm0, xmm1, mxcsr, result, flags) => {
    const actual = run(bytes, xmm0, xmm1, mxcsr);
    expect(actual).toEqual([result.replace(/^0+(?=.)/, ''), flags]);
  });

  it.each([
    ['CVTSD2SI to 32 bits', 'f20f2dc1', 'c1e0000000100000', 0x80000000n, PE],
    ['CVTSD2SI to 64 bits', 'f2480f2dc1', 'c1e0000000100000', 0xffffffff80000000n, PE],
    ['CVTTSS2SI of a NaN', 'f3480f2cc1', '7fc00000', 0x8000000000000000n, IE],
    ['CVTTSD2SI of a denormal', 'f20f2cc1', '1', 0n, PE],
  ])('%s', (_name, bytes, xmm1, rax, flags) => {
    machine.state.setBig('rax', 0x1111111111111111n);
    expect(run(bytes, '0', xmm1)).toEqual(['0', flags]);
    expect(machine.state.big('rax')).toBe(rax);
  });

  it('CVTSI2SS takes 64 bits with REX.W', () => {
    machine.state.setBig('rcx', -0x7fffffffffffffffn & 0xffffffffffffffffn);
    expect(run('f3480f2ac1', '1111111100000000', '0')).toEqual(['11111111df000000', PE]);
    expect(run('f30f2ac1', '0', '0')).toEqual(['3f800000', 0]);
  });
});

describe('comparisons that set flags', () => {
  const [ZF, PF, CF] = [0x40, 4, 1];
  const STATUS = 0x8d5;
  // prettier-ignore
  it.each([
    ['COMISS: less',              '0f2fc1', 'bf800000', '3f800000', CF, 0],
    ['COMISS: greater',           '0f2fc1', '3f800000', 'bf800000', 0, 0],
    ['COMISS: zeros',             '0f2fc1', '80000000', '00000000', ZF, 0],
    ['COMISS: unordered',         '0f2fc1', '7fc00000', '00000000', ZF | PF | CF, IE],
    ['UCOMISS: a quiet NaN',      '0f2ec1', '7fc00000', '00000000', ZF | PF | CF, 0],
    ['UCOMISS: a signalling one', '0f2ec1', '7f800001', '00000001', ZF | PF | CF, IE],
  ])('%s', (_name, bytes, xmm0, xmm1, flags, exceptions) => {
    machine.rflags = 0x8d7n;
    expect(run(bytes, xmm0, xmm1)[1]).toBe(exceptions);
    expect(Number(machine.rflags) & STATUS).toBe(flags);
  });
});

describe('fused multiplication and addition', () => {
  const [Q1, Q2, Q3] = ['7fc00001', '7fc00002', '7fc00003'];
  // XMM0 is the first operand, XMM2 the second, XMM1 the third.
  // prettier-ignore
  it.each([
    ['rounds once',                   'c4e269a9c1', '3f800001', '3f800001', 'bf800002', '28800000', 0],
    ['132: the first before the third', 'c4e26999c1', Q1, Q2, Q3, Q1, 0],
    ['132: then the third',           'c4e26999c1', '3f800000', Q2, Q3, Q3, 0],
    ['213: the second before the first', 'c4e269a9c1', Q1, Q2, Q3, Q2, 0],
    ['231: the second, then the third', 'c4e269b9c1', Q1, '3f800000', Q3, Q3, 0],
    ['0 * infinity is invalid',       'c4e269a9c1', '0', '7f800000', '3f800000', 'ffc00000', IE],
    ['but not if a NaN is added',     'c4e269a9c1', '0', '7f800000', Q3, Q3, 0],
    ['VFNMSUB does not negate a NaN', 'c4e269afc1', Q1, '3f800000', '3f800000', Q1, 0],
    ['VFNMSUB negates both',          'c4e269afc1', '3f800000', '3f800000', '3f800000', 'c0000000', 0],
  ])('%s', (_name, bytes, first, second, third, result, flags) => {
    expect(run(bytes, first, third, DEFAULT, second)).toEqual([result, flags]);
  });

  it('VFMADDSUB subtracts in even lanes', () => {
    const ones = '3f800000'.repeat(4);
    expect(run('c4e269a6c1', ones, ones, DEFAULT, ones)).toEqual(['40000000000000004000000000000000', 0]);
  });
});

describe('unmasked exceptions', () => {
  // prettier-ignore
  it.each([
    ['raise #XF and keep the destination', 'f30f5ec1', '3f800000', '0', unmask(ZE), ZE],
    ['of an operand hide those of rounding', '0f5ec1', '3f8000003f8000003f8000003f800000', '3f8000003f8000004040000000000000', unmask(ZE), ZE],
    ['of rounding do not hide others',       '0f5ec1', '3f8000003f8000003f8000003f800000', '3f8000003f8000004040000000000000', unmask(PE), ZE | PE],
    ['an exact overflow',                    'f30f59c1', '71800000', '71800000', unmask(OE), OE],
    ['an exact underflow, in spite of FTZ',  'f30f59c1', '800000', '3f000000', unmask(UE) | FTZ, UE],
    ['a step of DPPS hides the next',        '660f3a40c1ff', 'f1800000' + '71800000', '71800000' + '71800000', unmask(OE), OE],
    ['of the next, the first one shows',     '660f3a40c1ff', 'f1800000' + '71800000', '71800000' + '71800000', unmask(IE), IE | OE | PE],
  ])('%s', (_name, bytes, xmm0, xmm1, mxcsr, flags) => {
    expect(run(bytes, xmm0, xmm1, mxcsr)).toEqual(['#XF', xmm0, flags]);
  });

  it('raise #UD without CR4.OSXMMEXCPT', () => {
    machine.state.setBig('cr4', machine.state.big('cr4') & ~CR4_OSXMMEXCPT);
    machine.core.exports.updateMode();
    expect(run('f30f5ec1', '3f800000', '0', unmask(ZE))).toEqual(['#UD', '3f800000', ZE]);
  });

  it('do not change flags', () => {
    machine.rflags = 0x2n;
    expect(run('0f2fc1', '7fc00000', '0', unmask(IE))[0]).toBe('#XF');
    expect(machine.rflags).toBe(2n);
  });
});

describe('VEX forms', () => {
  const TWO = '40000000';
  beforeEach(() => setVector(machine, 0, 'ee'.repeat(32)));

  it('of scalars take the rest from the second operand', () => {
    expect(run('c5ea58c1', 'ff'.repeat(16), TWO, DEFAULT, `${'11111111'.repeat(3)}${TWO}`)).toEqual([
      `${'11111111'.repeat(3)}40800000`,
      0,
    ]);
    expect(upperHalf(machine, 0)).toBe('0'.repeat(32));
  });

  it('of packed numbers have 256 bits', () => {
    setVector(machine, 1, TWO.repeat(8));
    setVector(machine, 2, TWO.repeat(8));
    machine.state.set('mxcsr', DEFAULT);
    expect(outcomeOf(machine, [...hex('c5ec58c1')])).toBe('completed');
    expect([upperHalf(machine, 0), xmm(machine, 0)]).toEqual(Array(2).fill('40800000'.repeat(4)));
  });

  it('of comparisons have 32 predicates', () => {
    expect(run('c5e8c2c119', '0', '7fc00000', DEFAULT, '0')).toEqual(['ffffffff', 0]);
    expect(run('c5e8c2c109', '0', '7fc00000', DEFAULT, '0')).toEqual(['ffffffff', IE]);
    expect(run('c5e8c2c11b', '0', '7fc00000', DEFAULT, '0')).toEqual(['0', IE]);
    expect(run('c5e8c2c10b', '0', '7fc00000', DEFAULT, '0')).toEqual(['0', 0]);
  });
});

describe('conversions with MMX registers', () => {
  const X87_TOP = 3;
  beforeEach(() => {
    machine.core.x87Registers.set(hex('02000000feffffff'), 16);
    machine.state.set('x87Top', X87_TOP);
    machine.state.set('x87Tags', 0);
  });
  const x87 = () => [machine.state.get('x87Top'), machine.state.get('x87Tags')];

  it('CVTPI2PS from a register is an MMX instruction', () => {
    expect(run('0f2ac1', '3f800000'.repeat(4), '0')).toEqual(['3f8000003f800000c000000040000000', 0]);
    expect(x87()).toEqual([0, 0xff]);
  });

  it('CVTPI2PS from memory is not', () => {
    machine.state.setNum('rcx', 0x2000);
    machine.core.write(0x2000, hex('0100000003000000'));
    expect(run('0f2a01', '0', '0')).toEqual(['404000003f800000', 0]);
    expect(x87()).toEqual([X87_TOP, 0]);
  });

  it('CVTPS2PI looks at the lower half only, and is one even if it faults', () => {
    expect(run('0f2dc9', '0', '7fc000007fc000004040000040800000')).toEqual(['0', 0]);
    expect([...machine.core.x87Registers.subarray(16, 24)]).toEqual([...hex('0400000003000000')]);
    machine.state.set('x87Top', X87_TOP);
    expect(run('0f2dc9', '0', '7fc00000', unmask(IE))).toEqual(['#XF', '0', IE]);
    expect(x87()).toEqual([0, 0xff]);
  });
});
