/**
 * 16550 UART, transmit only: enough for a guest to print and for a driver's presence test to pass.
 *
 * Register names and offsets follow the PC16550D datasheet, table II. The transmitter is infinitely fast:
 * it is always empty. No interrupts, no received data.
 */
import type { PortBytes, PortDevice, SavedDevice } from './port-device.js';

/** Transmit holding register; with DLAB, the low byte of the divisor. */
const THR = 0;
/** Interrupt enable register; with DLAB, the high byte of the divisor. */
const IER = 1;
/** Interrupt identification (read), FIFO control (write). */
const IIR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

/** No interrupt is pending. */
const IIR_NONE = 0x01;
/** The FIFOs are on. */
const IIR_FIFOS_ENABLED = 0xc0;
const FCR_FIFO_ENABLE = 0x01;
/** Registers 0 and 1 are the baud-rate divisor. */
const LCR_DLAB = 0x80;
const MCR_LOOPBACK = 0x10;
/** Holding register and shift register are both empty. */
const LSR_TRANSMITTER_EMPTY = 0x60;
const LSR_DATA_READY = 0x01;
/** Carrier detect, data set ready, clear to send: a cable is attached. */
const MSR_READY = 0xb0;

export class Serial implements PortDevice {
  private divisor = 1;
  private interruptEnable = 0;
  private fifoControl = 0;
  private lineControl = 0;
  private modemControl = 0;
  private scratch = 0;
  /** The byte a loopback write left, until it is read. */
  private looped: number | null = null;

  /** @param onByte Receives each byte the guest transmits, in order. */
  constructor(private readonly onByte: (byte: number) => void) {}

  read(offset: number, _bytes: PortBytes): number {
    switch (offset) {
      case THR:
        return this.isDivisorSelected() ? this.divisor & 0xff : this.receive();
      case IER:
        return this.isDivisorSelected() ? this.divisor >> 8 : this.interruptEnable;
      case IIR:
        return IIR_NONE | (this.fifoControl & FCR_FIFO_ENABLE ? IIR_FIFOS_ENABLED : 0);
      case LCR:
        return this.lineControl;
      case MCR:
        return this.modemControl;
      case LSR:
        return LSR_TRANSMITTER_EMPTY | (this.looped === null ? 0 : LSR_DATA_READY);
      case MSR:
        return MSR_READY;
      default:
        return this.scratch;
    }
  }

  write(offset: number, _bytes: PortBytes, value: number): void {
    const byte = value & 0xff;
    switch (offset) {
      case THR:
        if (this.isDivisorSelected()) this.divisor = (this.divisor & 0xff00) | byte;
        else this.transmit(byte);
        return;
      case IER:
        if (this.isDivisorSelected()) this.divisor = (this.divisor & 0xff) | (byte << 8);
        else this.interruptEnable = byte & 0x0f;
        return;
      case IIR:
        this.fifoControl = byte;
        return;
      case LCR:
        this.lineControl = byte;
        return;
      case MCR:
        this.modemControl = byte & 0x1f;
        return;
      case SCR:
        this.scratch = byte;
        return;
      default: // LSR and MSR: writes are for factory tests only
        return;
    }
  }

  save(): SavedDevice {
    const { divisor, interruptEnable, fifoControl, lineControl, modemControl, scratch, looped } = this;
    return { divisor, interruptEnable, fifoControl, lineControl, modemControl, scratch, looped };
  }

  restore(saved: SavedDevice): void {
    this.divisor = saved['divisor'] ?? 1;
    this.interruptEnable = saved['interruptEnable'] ?? 0;
    this.fifoControl = saved['fifoControl'] ?? 0;
    this.lineControl = saved['lineControl'] ?? 0;
    this.modemControl = saved['modemControl'] ?? 0;
    this.scratch = saved['scratch'] ?? 0;
    this.looped = saved['looped'] ?? null;
  }

  private isDivisorSelected(): boolean {
    return (this.lineControl & LCR_DLAB) !== 0;
  }

  private transmit(byte: number): void {
    if (this.modemControl & MCR_LOOPBACK) this.looped = byte;
    else this.onByte(byte);
  }

  private receive(): number {
    const byte = this.looped ?? 0;
    this.looped = null;
    return byte;
  }
}
