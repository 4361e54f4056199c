/** The I/O and MSR permission maps as the processor reads them (APM vol 2 §15.10.1, §15.11). */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { IOPM_BYTES, IoPermissionMap, MSRPM_BYTES, MsrPermissionMap } from '../../src/svm/permission-maps.js';

describe('ports', () => {
  function map(): { ports: IoPermissionMap; bytes: Uint8Array } {
    const bytes = new Uint8Array(IOPM_BYTES);
    return { ports: new IoPermissionMap(bytes), bytes };
  }

  it('have one bit each', () => {
    const { ports, bytes } = map();
    ports.intercept(0x3f8);
    expect(bytes[0x3f8 >> 3]).toBe(1);
    ports.intercept(0xffff);
    expect(bytes[0x1fff]).toBe(0x80);
    ports.allow(0x3f8);
    expect(bytes[0x3f8 >> 3]).toBe(0);
  });

  // prettier-ignore
  it.each<[port: number, bytes: 1 | 2 | 4, isIntercepted: boolean]>([
    [0x60, 1, true], [0x5f, 1, false], [0x5f, 2, true], [0x5d, 4, true], [0x5c, 4, false], [0x61, 4, false],
  ])('an access at %i of %i bytes exits: %s, if port 60h does', (port, bytes, isIntercepted) => {
    const { ports } = map();
    ports.intercept(0x60);
    expect(ports.isIntercepted(port, bytes)).toBe(isIntercepted);
  });

  it('an access past port FFFFh looks at the three bits beyond', () => {
    const { ports, bytes } = map();
    expect(ports.isIntercepted(0xffff, 4)).toBe(false);
    bytes[0x2000] = 4;
    expect(ports.isIntercepted(0xffff, 4)).toBe(true);
    expect(ports.isIntercepted(0xffff, 2)).toBe(false);
  });

  it('are all intercepted or all allowed at once', () => {
    const { ports } = map();
    ports.interceptAll();
    expect(ports.isIntercepted(0x1234)).toBe(true);
    ports.intercept(0x80, 2);
    ports.allowAll();
    expect(ports.isIntercepted(0x80, 4)).toBe(false);
  });

  it('are 0 to FFFFh, and the map has 12 KiB', () => {
    expect(() => map().ports.intercept(0x1_0000)).toThrow(UsageError);
    expect(() => new IoPermissionMap(new Uint8Array(8192))).toThrow(UsageError);
  });
});

describe('MSRs', () => {
  function map(): { msrs: MsrPermissionMap; bytes: Uint8Array } {
    const bytes = new Uint8Array(MSRPM_BYTES);
    return { msrs: new MsrPermissionMap(bytes), bytes };
  }

  // prettier-ignore
  it.each<[msr: number, byte: number, readBit: number]>([
    [0x0000_0000, 0x0000, 0x01], [0x0000_0010, 0x0004, 0x01], [0x0000_1fff, 0x07ff, 0x40],
    [0xc000_0080, 0x0820, 0x01], [0xc000_0081, 0x0820, 0x04], [0xc000_1fff, 0x0fff, 0x40],
    [0xc001_0000, 0x1000, 0x01], [0xc001_0117, 0x1045, 0x40],
  ])('%i has its bits in byte %i: reads, then writes', (msr, byte, readBit) => {
    const { msrs, bytes } = map();
    msrs.intercept(msr, 'read');
    expect(bytes[byte]).toBe(readBit);
    expect([msrs.isIntercepted(msr, 'read'), msrs.isIntercepted(msr, 'write')]).toEqual([true, false]);
    msrs.intercept(msr, 'write');
    expect(bytes[byte]).toBe(readBit * 3);
    msrs.allow(msr, 'read', 'write');
    expect(bytes[byte]).toBe(0);
  });

  it.each([0x2000, 0x4000_0000, 0xbfff_ffff, 0xc000_2000, 0xc001_2000, 0xffff_ffff])(
    '%i always exits',
    (msr) => {
      const { msrs } = map();
      expect(msrs.isIntercepted(msr, 'read')).toBe(true);
      expect(() => msrs.allow(msr, 'read')).toThrow(UsageError);
    },
  );
});
