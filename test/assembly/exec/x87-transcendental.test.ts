/**
 * Transcendental functions: the exact result in each rounding mode, by mpmath with 400 bits, arguments reduced by 66 bits of
 * pi; and the operands that have no series, as a Zen 4 does them.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../helpers/machine.js';
import {
  DENORMAL,
  INDEFINITE,
  INFINITY,
  MASK_ALL,
  ONE,
  runX87,
  SIGNALLING_NAN,
  stackOf,
  statusOf,
  TWO,
} from '../../helpers/x87.js';

const ROUNDING_SHIFT = 10;
const ROUNDINGS = [0, 1, 2, 3];
const FPTAN = 'd9f2';
const [IE, DE, ZE, OE, UE, PE] = [1, 2, 4, 8, 0x10, 0x20];
const SF = 0x40;
const C1 = 0x200;
const C2 = 0x400;
const ZERO = '0000:0000000000000000';
const MINUS_ZERO = '8000:0000000000000000';
const MINUS_ONE = 'bfff:8000000000000000';
const MINUS_INFINITY = 'ffff:8000000000000000';
const THREE = '4000:c000000000000000';
const PI = '4000:c90fdaa22168c235';
const HALF_PI = '3fff:c90fdaa22168c235';
const LIMIT = '403e:8000000000000000';
const FULL = [ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE];

const machine = await Machine.create();
beforeEach(() => machine.long());

// prettier-ignore
const EXACT: readonly (readonly [name: string, code: string, stack: readonly string[], results: readonly string[]])[] = [
  ['f2xm1', 'd9f0', ['3ffe:eed0a4a673cf256d'], ['3ffe:e8b8e908c596646d', '3ffe:e8b8e908c596646d', '3ffe:e8b8e908c596646e', '3ffe:e8b8e908c596646d']],
  ['f2xm1', 'd9f0', ['bffe:edadafd58f4d3e27'], ['bffd:f2faef01833b0a33', 'bffd:f2faef01833b0a34', 'bffd:f2faef01833b0a33', 'bffd:f2faef01833b0a33']],
  ['f2xm1', 'd9f0', ['bff6:e3fef402ec99108d'], ['bff6:9dd82622bc3b67dc', 'bff6:9dd82622bc3b67dc', 'bff6:9dd82622bc3b67db', 'bff6:9dd82622bc3b67db']],
  ['f2xm1', 'd9f0', ['3fb9:b9d5a43b7734d7c1'], ['3fb9:80cf8916571772f1', '3fb9:80cf8916571772f1', '3fb9:80cf8916571772f2', '3fb9:80cf8916571772f1']],
  ['fyl2x', 'd9f1', ['3fff:ed7222a88201e2bd', '4001:984eb5bc965eda32'], ['4001:87c67365c98f2637', '4001:87c67365c98f2637', '4001:87c67365c98f2638', '4001:87c67365c98f2637']],
  ['fyl2x', 'd9f1', ['3ffe:e6e634942f45e678', 'bfff:bce5cf43830c71c2'], ['3ffc:e0fc3c3c82ecfa22', '3ffc:e0fc3c3c82ecfa22', '3ffc:e0fc3c3c82ecfa23', '3ffc:e0fc3c3c82ecfa22']],
  ['fyl2x', 'd9f1', ['412b:ce9633f6a13ffe79', '3ffa:97d48a12cb008853'], ['4002:b255ec909f6e389d', '4002:b255ec909f6e389c', '4002:b255ec909f6e389d', '4002:b255ec909f6e389c']],
  ['fyl2x', 'd9f1', ['3fff:8000000000000001', '3fff:b929f6e318187993'], ['3fc1:85914a1bc25ade2c', '3fc1:85914a1bc25ade2c', '3fc1:85914a1bc25ade2d', '3fc1:85914a1bc25ade2c']],
  ['fyl2x', 'd9f1', ['3ffe:ffffffffffffffff', '3fff:922657ce4dabb481'], ['bfbf:d2d97cb2138e1846', 'bfbf:d2d97cb2138e1846', 'bfbf:d2d97cb2138e1845', 'bfbf:d2d97cb2138e1845']],
  ['fyl2xp1', 'd9f9', ['3ffc:c4f3e8af17362f25', '3fff:f1f7fce0cf44dd3f'], ['3ffd:f5a3796c4a0f2c36', '3ffd:f5a3796c4a0f2c36', '3ffd:f5a3796c4a0f2c37', '3ffd:f5a3796c4a0f2c36']],
  ['fyl2xp1', 'd9f9', ['bffc:d135bfb1b1852f27', '4000:cc3743650ab8ab67'], ['bfff:86aa900253c85223', 'bfff:86aa900253c85224', 'bfff:86aa900253c85223', 'bfff:86aa900253c85223']],
  ['fyl2xp1', 'd9f9', ['3fc3:b2b55eb9fb710734', '4002:b9fbbc55f6fa5db8'], ['3fc7:bb4e90f81c1821dd', '3fc7:bb4e90f81c1821dd', '3fc7:bb4e90f81c1821de', '3fc7:bb4e90f81c1821dd']],
  ['fyl2xp1', 'd9f9', ['4013:de94cba9a7677796', 'bfff:d335869c9d95847e'], ['c004:894621b5da7965c7', 'c004:894621b5da7965c7', 'c004:894621b5da7965c6', 'c004:894621b5da7965c6']],
  ['fyl2xp1', 'd9f9', ['bffe:cfc2ac5328518867', '3fff:ea7532e803d71684'], ['c001:8d2296d459956e90', 'c001:8d2296d459956e90', 'c001:8d2296d459956e8f', 'c001:8d2296d459956e8f']],
  ['fpatan', 'd9f3', ['3fff:8815c9c58743feb6', '3fff:849045320f3ebdd3'], ['3ffe:c5b4d4c4bb9ba288', '3ffe:c5b4d4c4bb9ba288', '3ffe:c5b4d4c4bb9ba289', '3ffe:c5b4d4c4bb9ba288']],
  ['fpatan', 'd9f3', ['bfff:f09595c730b17d0b', '3ffe:ccc049123deffa38'], ['4000:af5044ad44e176b2', '4000:af5044ad44e176b2', '4000:af5044ad44e176b3', '4000:af5044ad44e176b2']],
  ['fpatan', 'd9f3', ['3ffc:e3990e6007b37e14', 'c003:a9c3fb0976c468ae'], ['bfff:c7b8a85abbc49c2a', 'bfff:c7b8a85abbc49c2a', 'bfff:c7b8a85abbc49c29', 'bfff:c7b8a85abbc49c29']],
  ['fpatan', 'd9f3', ['c004:cba48f1170c6a5b8', 'bfd7:99004a75d7a94ded'], ['c000:c90fdaa221674188', 'c000:c90fdaa221674188', 'c000:c90fdaa221674187', 'c000:c90fdaa221674187']],
  ['fpatan', 'd9f3', ['4006:9de819a384e55160', '3fff:a5a6c23aa3ea284d'], ['3ff8:86466268f49c6767', '3ff8:86466268f49c6766', '3ff8:86466268f49c6767', '3ff8:86466268f49c6766']],
  ['fpatan', 'd9f3', ['4063:809687537ff12229', '3feb:8ae0e96fa9964aef'], ['3f87:8a3e563aaf44cf92', '3f87:8a3e563aaf44cf92', '3f87:8a3e563aaf44cf93', '3f87:8a3e563aaf44cf92']],
  ['fsin', 'd9fe', ['3ffd:d3d08a4875139237'], ['3ffd:cdd2fc36d61c08f9', '3ffd:cdd2fc36d61c08f8', '3ffd:cdd2fc36d61c08f9', '3ffd:cdd2fc36d61c08f8']],
  ['fsin', 'd9fe', ['bfff:b41153594735af1c'], ['bffe:fc90750bc8997f15', 'bffe:fc90750bc8997f15', 'bffe:fc90750bc8997f14', 'bffe:fc90750bc8997f14']],
  ['fsin', 'd9fe', ['4000:c68ff0edff666589'], ['3ffa:9ff003a88c5566ee', '3ffa:9ff003a88c5566ee', '3ffa:9ff003a88c5566ef', '3ffa:9ff003a88c5566ee']],
  ['fsin', 'd9fe', ['4027:f741761ffee5a5b2'], ['bffe:f5cc2b4af91346c3', 'bffe:f5cc2b4af91346c4', 'bffe:f5cc2b4af91346c3', 'bffe:f5cc2b4af91346c3']],
  ['fsin', 'd9fe', ['c03d:8aa66955d7185dda'], ['3ffe:f71b17342ee125db', '3ffe:f71b17342ee125da', '3ffe:f71b17342ee125db', '3ffe:f71b17342ee125da']],
  ['fsin', 'd9fe', ['3fd7:a082e653b53302fc'], ['3fd7:a082e653b53302fc', '3fd7:a082e653b53302fb', '3fd7:a082e653b53302fc', '3fd7:a082e653b53302fb']],
  ['fsin', 'd9fe', ['bfaf:e105d16150b601fc'], ['bfaf:e105d16150b601fc', 'bfaf:e105d16150b601fc', 'bfaf:e105d16150b601fb', 'bfaf:e105d16150b601fb']],
  ['fsin', 'd9fe', ['4000:c90fdaa22168c235'], ['bfbf:8000000000000000', 'bfbf:8000000000000000', 'bfbe:ffffffffffffffff', 'bfbe:ffffffffffffffff']],
  ['fcos', 'd9ff', ['3ffd:c1a6343d3acb6266'], ['3ffe:ede81c4327414a53', '3ffe:ede81c4327414a52', '3ffe:ede81c4327414a53', '3ffe:ede81c4327414a52']],
  ['fcos', 'd9ff', ['bfff:83cee92d49fe85b0'], ['3ffe:83d91ae2386d7a5d', '3ffe:83d91ae2386d7a5c', '3ffe:83d91ae2386d7a5d', '3ffe:83d91ae2386d7a5c']],
  ['fcos', 'd9ff', ['403c:c8150ba711fa2ac0'], ['3ffc:9552daea6b155ac2', '3ffc:9552daea6b155ac1', '3ffc:9552daea6b155ac2', '3ffc:9552daea6b155ac1']],
  ['fcos', 'd9ff', ['3faf:8dd08c97c42b7170'], ['3fff:8000000000000000', '3ffe:ffffffffffffffff', '3fff:8000000000000000', '3ffe:ffffffffffffffff']],
  ['fcos', 'd9ff', ['3fff:c90fdaa22168c235'], ['bfbe:8000000000000000', 'bfbe:8000000000000000', 'bfbd:ffffffffffffffff', 'bfbd:ffffffffffffffff']],
  ['fptan', 'd9f2', ['3ffd:8dcc7df266809a11'], ['3ffd:9189fb9624182bda', '3ffd:9189fb9624182bda', '3ffd:9189fb9624182bdb', '3ffd:9189fb9624182bda']],
  ['fptan', 'd9f2', ['c000:a53c4e59d8b9b45c'], ['3ffe:a06c4f11b579913b', '3ffe:a06c4f11b579913b', '3ffe:a06c4f11b579913c', '3ffe:a06c4f11b579913b']],
  ['fptan', 'd9f2', ['4031:888dc55562f28d1a'], ['bffd:8adc7957e9ad326e', 'bffd:8adc7957e9ad326e', 'bffd:8adc7957e9ad326d', 'bffd:8adc7957e9ad326d']],
  ['fptan', 'd9f2', ['3fdc:82297782f542441d'], ['3fdc:82297782f542441d', '3fdc:82297782f542441d', '3fdc:82297782f542441e', '3fdc:82297782f542441d']],
  ['fptan', 'd9f2', ['bfa5:d7aab877d8e94b15'], ['bfa5:d7aab877d8e94b15', 'bfa5:d7aab877d8e94b16', 'bfa5:d7aab877d8e94b15', 'bfa5:d7aab877d8e94b15']],
  ['fptan', 'd9f2', ['3fff:c90fdaa22168c235'], ['c040:8000000000000000', 'c040:8000000000000000', 'c03f:ffffffffffffffff', 'c03f:ffffffffffffffff']],
];

it.each(EXACT)('%s %s %j', (_name, code, stack, results) => {
  const found = ROUNDINGS.map((mode) => {
    runX87(machine, code, { stack, control: MASK_ALL | (mode << ROUNDING_SHIFT) });
    return stackOf(machine)[code === FPTAN ? 1 : 0];
  });
  expect(found).toEqual(results);
});

it('precision control does not matter', () => {
  runX87(machine, 'd9fe', { stack: [TWO], control: 0x07f });
  expect(stackOf(machine)).toEqual(['3ffe:e8c7b7568da22efd']);
});

describe('operands without a series', () => {
  it.each([
    ['f2xm1 of 1 is called inexact', 'd9f0', [ONE], [ONE], PE],
    ['f2xm1 of -1', 'd9f0', [MINUS_ONE], ['bffe:8000000000000000'], PE],
    ['f2xm1 out of range', 'd9f0', [THREE], [THREE], PE],
    ['f2xm1 of -infinity', 'd9f0', [MINUS_INFINITY], [MINUS_ONE], 0],
    ['f2xm1 of a denormal', 'd9f0', [DENORMAL], [DENORMAL], DE | UE | PE | C1],
    ['fyl2x of 1 is exact', 'd9f1', [ONE, MINUS_ONE], [MINUS_ZERO], 0],
    ['fyl2x of a power of two', 'd9f1', [TWO, THREE], [THREE], PE],
    ['fyl2x of a negative number', 'd9f1', [MINUS_ONE, ONE], [INDEFINITE], IE],
    ['fyl2x of zero', 'd9f1', [ZERO, ONE], [MINUS_INFINITY], ZE],
    ['fyl2x of zero and a denormal', 'd9f1', [ZERO, DENORMAL], [MINUS_INFINITY], ZE],
    ['fyl2x of zero and zero', 'd9f1', [ZERO, ZERO], [INDEFINITE], IE],
    ['fyl2x of 1 and infinity', 'd9f1', [ONE, INFINITY], [INDEFINITE], IE],
    [
      'fyl2x that overflows',
      'd9f1',
      ['7ffe:ffffffffffffffff', '7ffd:8000000000000000'],
      [INFINITY],
      OE | PE | C1,
    ],
    ['fyl2xp1 of less than -1', 'd9f9', ['c000:c000000000000000', TWO], ['c000:c000000000000000'], PE],
    ['fyl2xp1 of 3', 'd9f9', [THREE, ONE], [TWO], PE],
    ['fyl2xp1 of zero', 'd9f9', [MINUS_ZERO, ONE], [MINUS_ZERO], 0],
    ['fpatan of zeros', 'd9f3', [ZERO, MINUS_ZERO], [MINUS_ZERO], 0],
    ['fpatan of zeros, to the left', 'd9f3', [MINUS_ZERO, ZERO], [PI], PE | C1],
    ['fpatan of infinities', 'd9f3', [INFINITY, INFINITY], ['3ffe:c90fdaa22168c235'], PE | C1],
    ['fpatan upwards', 'd9f3', [MINUS_ZERO, TWO], [HALF_PI], PE | C1],
    ['fsin of zero', 'd9fe', [MINUS_ZERO], [MINUS_ZERO], 0],
    ['fsin of infinity', 'd9fe', [INFINITY], [INDEFINITE], IE],
    ['fcos of zero', 'd9ff', [MINUS_ZERO], [ONE], 0],
    ['fsin out of range', 'd9fe', [LIMIT], [LIMIT], C2],
    ['fptan out of range', FPTAN, [LIMIT], [LIMIT], C2],
    ['fsincos out of range', 'd9fb', [LIMIT], [LIMIT], C2],
    ['fptan of zero', FPTAN, [MINUS_ZERO], [ONE, MINUS_ZERO], 0],
    ['fsincos of infinity', 'd9fb', [INFINITY], [INDEFINITE, INDEFINITE], IE],
    [
      'fsincos of a signalling NaN',
      'd9fb',
      [SIGNALLING_NAN],
      ['7fff:c000000000000456', '7fff:c000000000000456'],
      IE,
    ],
    ['fptan of nothing', FPTAN, [], [INDEFINITE, INDEFINITE], IE | SF],
  ])('%s', (_name, code, stack, results, status) => {
    runX87(machine, code, { stack, status: C1 | C2 });
    // F2XM1, FYL2X, FYL2XP1 and FPATAN leave C2 alone.
    const kept = ['d9f0', 'd9f1', 'd9f3', 'd9f9'].includes(code) ? C2 : 0;
    expect([stackOf(machine), statusOf(machine)]).toEqual([results, status | kept]);
  });

  it('FPTAN overflows a full stack', () => {
    runX87(machine, FPTAN, { stack: FULL });
    expect(stackOf(machine).slice(0, 3)).toEqual([INDEFINITE, INDEFINITE, ONE]);
    expect(statusOf(machine)).toBe(IE | SF | C1);
  });

  it('an unmasked underflow leaves the exponent wrapped', () => {
    runX87(machine, 'd9fe', { stack: ['0000:0000000000000003'], control: 0x36f });
    expect(stackOf(machine)).toEqual(['5fc3:c000000000000000']);
  });
});
