/**
 * A bare processor for tests of instructions: host mode, no hypervisor, code bytes at a fixed address.
 *
 * `real`, `flat32` and `long` put the processor into a mode directly, without tables; tests that need a GDT, an IDT or
 * page tables write them into memory.
 */
import { Seg } from '../../assembly/abi/register.js';
import type { Stop } from '../../assembly/abi/stop.js';
import { Engine, type EngineOptions } from '../../src/engine/engine.js';

export const CODE = 0x1000;
export const STACK = 0x8000;

const CR0_PE = 1;
const CR0_PG = 0x80000000n;
const CR0_ET = 0x10;
const EFER_LONG = 0x500n;
const CR4_PAE = 0x20n;
/** Attributes in VMCB format: present, accessed, writable data and readable code. */
const DATA16 = 0x93;
const DATA32 = 0xc93;
const CODE16 = 0x9b;
const CODE32 = 0xc9b;
const CODE64 = 0xa9b;
const PAGE_TABLES = 0x70000;

export class Machine {
  private constructor(readonly engine: Engine) {}

  static async create(
    memoryBytes = 1 << 20,
    options: Omit<EngineOptions, 'memoryBytes'> = {},
  ): Promise<Machine> {
    return new Machine(await Engine.create({ memoryBytes, ...options }));
  }

  get state() {
    return this.engine.core.state;
  }

  get core() {
    return this.engine.core;
  }

  /** Real mode, all segments at 0. */
  real(): this {
    this.#reset();
    this.#segments({ base: 0n, limit: 0xffff, code: CODE16, data: DATA16 });
    return this.#done();
  }

  /** 32-bit protected mode at a privilege level, flat segments, paging off. */
  flat32(cpl = 0): this {
    this.#reset();
    this.state.setNum('cr0', CR0_PE | CR0_ET);
    this.#segments({ base: 0n, limit: 0xffffffff, code: CODE32 | (cpl << 5), data: DATA32 | (cpl << 5) });
    this.state.set('cpl', cpl);
    return this.#done();
  }

  /** 64-bit mode at a privilege level, the first GiB mapped to itself for everybody. */
  long(cpl = 0): this {
    this.#reset();
    const { words } = this.core;
    words.setBigUint64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1007), true);
    words.setBigUint64(PAGE_TABLES + 0x1000, BigInt(PAGE_TABLES + 0x2007), true);
    for (let i = 0; i < 512; i++) {
      words.setBigUint64(PAGE_TABLES + 0x2000 + 8 * i, BigInt(i * 0x200000) | 0xe7n, true);
    }
    this.state.setBig('cr0', CR0_PG | BigInt(CR0_PE | CR0_ET));
    this.state.setBig('cr3', BigInt(PAGE_TABLES));
    this.state.setBig('cr4', CR4_PAE);
    this.state.setBig('efer', EFER_LONG);
    this.#segments({ base: 0n, limit: 0xffffffff, code: CODE64 | (cpl << 5), data: DATA32 | (cpl << 5) });
    this.state.set('cpl', cpl);
    return this.#done();
  }

  /** Puts code at `address` and RIP on it. */
  load(code: ArrayLike<number>, address = CODE): this {
    this.core.write(address, Uint8Array.from(code));
    this.state.setNum('rip', address);
    return this;
  }

  /** Runs at most `instructions` more; returns why it stopped. */
  run(instructions: number): Stop {
    this.state.setNum('deadline', this.state.num('clock') + instructions);
    return this.engine.run();
  }

  /** RFLAGS. */
  get rflags(): bigint {
    return this.core.exports.rflags();
  }

  set rflags(value: bigint) {
    this.core.exports.setRflags(value);
    this.core.exports.updateMode();
  }

  #reset(): void {
    this.core.exports.reset();
    this.core.exports.dropAllCode();
    this.core.memory.fill(0);
    this.state.setNum('rsp', STACK);
  }

  #segments(s: { base: bigint; limit: number; code: number; data: number }): void {
    for (const seg of [Seg.Es, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs]) {
      this.state.setSegment(seg, { selector: 0, attributes: s.data, limit: s.limit, base: s.base });
    }
    this.state.setSegment(Seg.Cs, { selector: 0, attributes: s.code, limit: s.limit, base: s.base });
  }

  #done(): this {
    this.core.exports.updateMode();
    return this;
  }
}
