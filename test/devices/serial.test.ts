/** The 16550 as a driver sees it (PC16550D datasheet, table II). */
import { expect, it } from 'vitest';
import { Serial } from '../../src/devices/serial.js';

const THR = 0;
const IER = 1;
const IIR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const SCR = 7;
const DLAB = 0x80;
const LOOPBACK = 0x10;

function serial(): { device: Serial; sent: number[] } {
  const sent: number[] = [];
  return { device: new Serial((byte) => sent.push(byte)), sent };
}

it('transmits each byte written to THR, in order', () => {
  const { device, sent } = serial();
  for (const byte of [0x68, 0x69, 0x1ff]) device.write(THR, 1, byte);
  expect(sent).toEqual([0x68, 0x69, 0xff]);
});

it('is always ready to transmit', () => {
  const { device } = serial();
  device.write(THR, 1, 0x41);
  expect(device.read(LSR, 1) & 0x20).toBe(0x20);
});

it('takes the divisor, not data, while DLAB is set', () => {
  const { device, sent } = serial();
  device.write(LCR, 1, DLAB | 3);
  device.write(THR, 1, 0x0c);
  device.write(IER, 1, 0x01);
  expect([device.read(THR, 1), device.read(IER, 1)]).toEqual([0x0c, 0x01]);
  device.write(LCR, 1, 3);
  expect([sent, device.read(IER, 1), device.read(LCR, 1)]).toEqual([[], 0, 3]);
});

it('loops a byte back in loopback mode, and sends nothing', () => {
  const { device, sent } = serial();
  device.write(MCR, 1, LOOPBACK);
  device.write(THR, 1, 0xae);
  expect(device.read(LSR, 1) & 1).toBe(1);
  expect(device.read(THR, 1)).toBe(0xae);
  expect(device.read(LSR, 1) & 1).toBe(0);
  expect(sent).toEqual([]);
});

it('says that it has FIFOs once they are on, and never that it interrupts', () => {
  const { device } = serial();
  expect(device.read(IIR, 1)).toBe(0x01);
  device.write(IIR, 1, 0x01);
  expect(device.read(IIR, 1)).toBe(0xc1);
});

it('keeps a byte in the scratch register', () => {
  const { device } = serial();
  device.write(SCR, 1, 0x5a);
  expect(device.read(SCR, 1)).toBe(0x5a);
});
