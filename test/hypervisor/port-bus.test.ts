/** Who answers at a port. */
import { expect, it } from 'vitest';
import type { PortBytes, PortDevice } from '../../src/devices/port-device.js';
import { InvariantError } from '../../src/errors.js';
import { PortBus } from '../../src/hypervisor/port-bus.js';

class Recorder implements PortDevice {
  readonly writes: (readonly [offset: number, bytes: PortBytes, value: number])[] = [];

  read(offset: number): number {
    return 0x1234_5670 + offset;
  }

  write(offset: number, bytes: PortBytes, value: number): void {
    this.writes.push([offset, bytes, value]);
  }
}

it('gives a device offsets from its first port, and values of the access width', () => {
  const bus = new PortBus();
  const device = new Recorder();
  bus.attach(0x3f8, 8, device);
  bus.write(0x3f8, 1, 0x1ff);
  bus.write(0x3ff, 4, -1);
  expect(device.writes).toEqual([
    [0, 1, 0xff],
    [7, 4, 0xffff_ffff],
  ]);
  expect([bus.read(0x3f9, 1), bus.read(0x3f9, 2), bus.read(0x3f9, 4)]).toEqual([0x71, 0x5671, 0x1234_5671]);
});

it('floats high where nobody answers', () => {
  const bus = new PortBus();
  bus.attach(0x3f8, 8, new Recorder());
  expect([bus.read(0x3f7, 1), bus.read(0x400, 2), bus.read(0xffff, 4)]).toEqual([0xff, 0xffff, 0xffff_ffff]);
  bus.write(0x80, 1, 1); // no effect, no error
});

it('refuses two devices at one port', () => {
  const bus = new PortBus();
  bus.attach(0xf4, 4, new Recorder());
  expect(() => bus.attach(0xf7, 1, new Recorder())).toThrow(InvariantError);
});
