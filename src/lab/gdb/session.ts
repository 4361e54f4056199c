/**
 * One GDB's conversation with one machine: the remote serial protocol above its packets (GDB manual, appendix E). It knows
 * nothing of sockets: packets come in as bytes and answers go out as text of one byte a character.
 */
import { VmexitError } from '../../errors.js';
import { describeStop } from '../../hypervisor/run-result.js';
import type { Debugger } from '../debugger/debugger.js';
import type { DebugStop } from '../debugger/stop.js';
import type { Watchpoint } from '../../svm/traps.js';
import { bytesToHex, hexToBytes, parseHex, textToHex } from './hex.js';
import { monitor } from './monitor.js';
import { PACKET_BYTES } from './packet.js';
import { RegisterFile } from './register-file.js';

/** How a session ends: GDB lets go of the guest, or wants it gone. */
export type SessionEnd = 'detached' | 'killed';

export interface SessionHost {
  /** Sends a packet. */
  reply(data: string): void;
  /** GDB has said goodbye. */
  end(how: SessionEnd): void;
}

/** GDB's numbers of errors mean nothing to it; these are errno's. */
const EINVAL = 'E16';
const EFAULT = 'E0e';

const SIGINT = 2;
const SIGTRAP = 5;

const ACCESSES: Readonly<Record<string, Watchpoint['access']>> = { 2: 'write', 3: 'read', 4: 'access' };
/** Names of watchpoints in a stop reply. */
const WATCH_NAMES = { write: 'watch', read: 'rwatch', access: 'awatch' } as const;

export class GdbSession {
  /** GDB and this side trust the transport: no acknowledgements. */
  isAckless = false;
  private readonly registers: RegisterFile;
  private running: AbortController | null = null;
  private lastStop = `T05thread:1;`;

  /** @param isLong Whether GDB is to see x86-64 or i386; unless given, what the guest executes now. */
  constructor(
    private readonly debug: Debugger,
    private readonly host: SessionHost,
    isLong?: boolean,
  ) {
    this.registers = new RegisterFile(debug.vm, isLong);
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.running?.abort();
  }

  /** GDB has gone: its breakpoints go, the guest stays where it is. */
  async leave(): Promise<void> {
    this.running?.abort();
    this.debug.breakpoints.clear();
    this.debug.watchpoints.length = 0;
    while (this.debug.isRunning) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Answers a packet; what the library refuses is an error to GDB. */
  async handle(data: Uint8Array): Promise<void> {
    const text = String.fromCharCode(...data.subarray(0, 64 * 1024));
    if (this.running) return this.host.reply(EINVAL);
    try {
      const answer = await this.answer(text, data);
      if (answer !== null) this.host.reply(answer);
    } catch (error) {
      if (!(error instanceof VmexitError)) throw error;
      this.host.reply(EINVAL);
    }
  }

  /** Null: the answer has been sent, or there is none. An empty one says that the packet is not supported. */
  private answer(text: string, data: Uint8Array): Promise<string | null> | string | null {
    switch (text.charAt(0)) {
      case '?':
        return this.lastStop;
      case 'g':
        return this.registers.readAll();
      case 'G':
        return this.registers.writeAll(text.slice(1)) ? 'OK' : EINVAL;
      case 'p':
        return this.registers.read(number(text.slice(1))) ?? EINVAL;
      case 'P':
        return this.writeRegister(text.slice(1));
      case 'm':
        return this.readMemory(text.slice(1));
      case 'M':
        return this.writeHex(text.slice(1));
      case 'X':
        return this.writeBinary(text, data);
      case 'Z':
      case 'z':
        return this.changePoint(text);
      case 'c':
      case 's':
      case 'b':
        return this.resume(text);
      case 'v':
        return this.answerVerb(text);
      case 'q':
      case 'Q':
        return this.answerQuery(text);
      case 'H':
      case 'T':
        return 'OK';
      case 'D':
        this.host.reply('OK');
        this.host.end('detached');
        return null;
      case 'k':
        this.host.end('killed');
        return null;
      default:
        return '';
    }
  }

  private answerVerb(text: string): Promise<string | null> | string | null {
    if (text === 'vCont?') return 'vCont;c;C;s;S';
    const action = /^vCont;([cCsS])/.exec(text);
    if (action) return this.resume(action[1]!.toLowerCase());
    if (!text.startsWith('vKill')) return '';
    this.host.reply('OK');
    this.host.end('killed');
    return null;
  }

  private answerQuery(text: string): string {
    const features = /^qXfer:features:read:target\.xml:([0-9a-f]+),([0-9a-f]+)$/.exec(text);
    if (features) return slice(this.registers.xml, number(features[1]!), number(features[2]!));
    if (text.startsWith('qRcmd,')) {
      const command = hexToBytes(text.slice('qRcmd,'.length));
      return command ? textToHex(monitor(this.debug, new TextDecoder().decode(command))) : EINVAL;
    }
    if (text.startsWith('qSupported')) {
      const size = `PacketSize=${PACKET_BYTES.toString(16)}`;
      return `${size};qXfer:features:read+;vContSupported+;QStartNoAckMode+;ReverseStep+;ReverseContinue+`;
    }
    switch (text) {
      case 'QStartNoAckMode':
        this.isAckless = true;
        return 'OK';
      case 'qC':
        return 'QC1';
      case 'qfThreadInfo':
        return 'm1';
      case 'qsThreadInfo':
        return 'l';
      case 'qAttached':
        return '1';
      default:
        return '';
    }
  }

  private writeRegister(text: string): string {
    const [index, value = ''] = text.split('=');
    return this.registers.write(number(index ?? ''), value) ? 'OK' : EINVAL;
  }

  private readMemory(text: string): string {
    const range = parseRange(text);
    if (!range || range.length > PACKET_BYTES / 2) return EINVAL;
    const { bytes } = this.debug.vm.virtual.read(range.address, range.length);
    return bytes.length > 0 || range.length === 0 ? bytesToHex(bytes) : EFAULT;
  }

  private writeHex(text: string): string {
    const [where = '', digits = ''] = text.split(':');
    const range = parseRange(where);
    const bytes = hexToBytes(digits);
    if (!range || bytes?.length !== range.length) return EINVAL;
    return this.debug.vm.virtual.write(range.address, bytes) ? EFAULT : 'OK';
  }

  private writeBinary(text: string, data: Uint8Array): string {
    const colon = text.indexOf(':');
    const range = parseRange(text.slice(1, colon));
    if (colon < 0 || !range) return EINVAL;
    const bytes = data.subarray(colon + 1);
    if (bytes.length !== range.length) return EINVAL;
    return this.debug.vm.virtual.write(range.address, bytes) ? EFAULT : 'OK';
  }

  /** Z and z: breakpoints of both kinds are the same here, watchpoints have a length. */
  private changePoint(text: string): string {
    const match = /^([Zz])([0-4]),([0-9a-f]{1,16}),([0-9a-f]{1,8})$/i.exec(text);
    if (!match) return /^[Zz][0-4]/.test(text) ? EINVAL : '';
    const [, verb, kind, where, length] = match as unknown as [string, string, string, string, string];
    const address = BigInt(`0x${where}`);
    const { breakpoints, watchpoints } = this.debug;
    const access = ACCESSES[kind];
    if (access === undefined) {
      if (verb === 'Z') breakpoints.add(address);
      else breakpoints.delete(address);
      return 'OK';
    }
    const bytes = Math.max(1, number(length));
    const known = watchpoints.findIndex(
      (one) => one.address === address && one.bytes === bytes && one.access === access,
    );
    if (verb === 'Z' && known < 0) watchpoints.push({ address, bytes, access });
    if (verb === 'z' && known >= 0) watchpoints.splice(known, 1);
    return 'OK';
  }

  /** c and s, perhaps with an address to go on from; bc and bs. */
  private async resume(text: string): Promise<string | null> {
    const address = /^[cs]([0-9a-f]{1,16})$/.exec(text)?.[1];
    if (address !== undefined) this.debug.vm.registers.set('rip', BigInt(`0x${address}`));
    else if (!/^(c|s|bc|bs)$/.test(text)) return text.startsWith('b') ? '' : EINVAL;
    const running = new AbortController();
    this.running = running;
    try {
      const stop = await this.go(address === undefined ? text : text.charAt(0), running.signal);
      this.lastStop = this.stopReply(stop);
    } finally {
      this.running = null;
    }
    return this.lastStop;
  }

  private go(verb: string, signal: AbortSignal): Promise<DebugStop> {
    switch (verb) {
      case 's':
        return this.debug.step(1, { signal });
      case 'bs':
        return this.debug.stepBack(1, { signal });
      case 'bc':
        return this.debug.runBack({ signal });
      default:
        return this.debug.continue({ signal });
    }
  }

  /** T packets. A guest that is over stays, as the end of a recording, so that one can go back from there. */
  private stopReply(stop: DebugStop): string {
    const signal = stop.kind === 'cancelled' ? SIGINT : SIGTRAP;
    const head = `T${signal.toString(16).padStart(2, '0')}thread:1;`;
    if (stop.kind === 'history-start') return `${head}replaylog:begin;`;
    if (stop.kind === 'watchpoint')
      return `${head}${WATCH_NAMES[stop.watchpoint.access]}:${stop.watchpoint.address.toString(16)};`;
    if (stop.kind !== 'over') return head;
    this.host.reply(`O${textToHex(`vmexit: ${describeStop(stop.stop)}\n`)}`);
    return `${head}replaylog:end;`;
  }
}

function parseRange(text: string): { readonly address: bigint; readonly length: number } | null {
  const [where, bytes] = text.split(',');
  const address = parseHex(where);
  const length = parseHex(bytes);
  return address === null || length === null ? null : { address, length: Number(length) };
}

/** NaN where there is no number. */
function number(text: string): number {
  return Number(parseHex(text) ?? NaN);
}

/** A piece of a document, and whether there is more. */
function slice(document: string, from: number, length: number): string {
  const piece = document.slice(from, from + length);
  return `${from + length < document.length ? 'm' : 'l'}${piece}`;
}
