/** Our copies of iced-x86's enums say what the package says. */
import * as iced from 'iced-x86';
import { expect, it } from 'vitest';
import { DecoderOptions } from '../../src/decode/iced.js';
import {
  CpuidFeature,
  EncodingKind,
  MemorySize,
  Mnemonic,
  OpKind,
  Register,
} from '../../src/decode/iced-enums.js';

/** Members of an enum, without the reverse mapping. */
function members(enumeration: object): [name: string, value: number][] {
  return Object.entries(enumeration).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
}

it.each([
  ['CpuidFeature', CpuidFeature, iced.CpuidFeature],
  ['EncodingKind', EncodingKind, iced.EncodingKind],
  ['OpKind', OpKind, iced.OpKind],
  ['Register', Register, iced.Register],
  ['MemorySize', MemorySize, iced.MemorySize],
  ['Mnemonic', Mnemonic, iced.Mnemonic],
])('%s', (_name, ours, theirs) => {
  const theirMembers = new Map(members(theirs));
  expect(members(ours).length).toBeGreaterThan(2);
  for (const [name, value] of members(ours)) expect([name, value]).toEqual([name, theirMembers.get(name)]);
});

it('decoder options', () => {
  expect(DecoderOptions.Amd).toBe(iced.DecoderOptions.AMD);
  expect(DecoderOptions.NoWbnoinvd).toBe(iced.DecoderOptions.NoWbnoinvd);
  expect(DecoderOptions.NoTzcnt).toBe(iced.DecoderOptions.NoMPFX_0FBC);
  expect(DecoderOptions.NoLzcnt).toBe(iced.DecoderOptions.NoMPFX_0FBD);
  expect(DecoderOptions.NoLahf64).toBe(iced.DecoderOptions.NoLahfSahf64);
});
