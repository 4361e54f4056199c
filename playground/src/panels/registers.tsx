/** Registers: general, RIP, flags by name, segments, control. What the last stop changed is marked. */
import type { MachineView } from '../machine/view.js';
import { previousView, view } from '../machine/machine.js';
import { Panel } from './panel.js';
import { hex } from './number-format.js';

const LEFT = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'];
const RIGHT = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const CONTROL = ['cr0', 'cr2', 'cr3', 'cr4', 'efer'];
const SEGMENTS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'];

/** RFLAGS by bit (APM vol 1 §3.1.4, vol 2 §3.1.6). */
const FLAGS: readonly (readonly [name: string, bit: number, meaning: string])[] = [
  ['CF', 0, 'carry'],
  ['PF', 2, 'parity of the low byte is even'],
  ['AF', 4, 'carry out of bit 3'],
  ['ZF', 6, 'result is zero'],
  ['SF', 7, 'result is negative'],
  ['TF', 8, 'single-step trap'],
  ['IF', 9, 'interrupts are enabled (NMIs do not ask)'],
  ['DF', 10, 'strings go down'],
  ['OF', 11, 'signed overflow'],
  ['NT', 14, 'nested task'],
  ['RF', 16, 'resume: no instruction breakpoint'],
  ['VM', 17, 'virtual-8086 mode'],
  ['AC', 18, 'alignment check'],
  ['ID', 21, 'CPUID can be used'],
];

export function Registers() {
  const now = view.value;
  return (
    <Panel title="Registers" class="registers" aside={now && <ModeName view={now} />}>
      {now === null ? null : <RegisterTable now={now} before={previousView.value} />}
    </Panel>
  );
}

interface Props {
  readonly now: MachineView;
  readonly before: MachineView | null;
}

function RegisterTable({ now, before }: Props) {
  const names = now.bits === 64 ? [LEFT, RIGHT] : [LEFT.slice(0, 4), LEFT.slice(4)];
  return (
    <>
      <div class={`register-grid mono bits-${now.bits}`}>
        {names.map((column, index) => (
          <dl key={index}>
            {column.map((name) => (
              <Register key={name} name={name} now={now} before={before} />
            ))}
          </dl>
        ))}
      </div>
      <div class="register-line mono">
        <dl>
          <Register name="rip" now={now} before={before} />
        </dl>
        <Flags now={now} before={before} />
      </div>
      <details class="more-registers">
        <summary>Segments and control registers</summary>
        <SegmentTable now={now} />
        <dl class="control-registers mono">
          {CONTROL.map((name) => (
            <Register key={name} name={name} now={now} before={before} wide />
          ))}
        </dl>
      </details>
    </>
  );
}

function Register({
  name,
  now,
  before,
  wide = false,
}: Props & { readonly name: string; readonly wide?: boolean }) {
  const value = now.registers[name] ?? 0n;
  const isChanged = before !== null && before.registers[name] !== value;
  const is64 = wide || now.bits === 64;
  const text = hex(value, is64 ? 16 : 8).slice(is64 ? -16 : -8);
  const zeros = /^0*/.exec(text.slice(0, -1))?.[0].length ?? 0;
  return (
    <div class={isChanged ? 'register changed' : 'register'}>
      <dt>{is64 ? name : name.replace(/^r/, 'e')}</dt>
      <dd title={`${BigInt.asIntN(64, value)}${isChanged ? ' (changed)' : ''}`}>
        <span class="zeros">{text.slice(0, zeros)}</span>
        {text.slice(zeros)}
        {isChanged && <span class="visually-hidden"> changed</span>}
      </dd>
    </div>
  );
}

function Flags({ now, before }: Props) {
  const flags = now.registers['rflags'] ?? 0n;
  const old = before?.registers['rflags'] ?? flags;
  return (
    <ul class="flags" aria-label="Flags that are set">
      {FLAGS.map(([name, bit, meaning]) => {
        const isSet = ((flags >> BigInt(bit)) & 1n) === 1n;
        const isChanged = (((flags ^ old) >> BigInt(bit)) & 1n) === 1n;
        const classes = `flag${isSet ? ' set' : ''}${isChanged ? ' changed' : ''}`;
        return (
          <li key={name} class={classes} title={`${name}: ${meaning}`} aria-hidden={!isSet}>
            {name}
          </li>
        );
      })}
    </ul>
  );
}

function SegmentTable({ now }: { readonly now: MachineView }) {
  return (
    <table class="segments mono">
      <thead>
        <tr>
          <th scope="col">segment</th>
          <th scope="col">selector</th>
          <th scope="col">base</th>
          <th scope="col">limit</th>
          <th scope="col">attributes</th>
        </tr>
      </thead>
      <tbody>
        {SEGMENTS.map((name) => {
          const segment = now.segments[name];
          return (
            segment && (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{hex(segment.selector, 4)}</td>
                <td>{hex(segment.base, 8)}</td>
                <td>{hex(segment.limit, 8)}</td>
                <td>{hex(segment.attributes, 3)}</td>
              </tr>
            )
          );
        })}
      </tbody>
    </table>
  );
}

/** Bits of CR0, EFER and RFLAGS that make the mode. */
const CR0_PE = 1n;
const CR0_PG = 1n << 31n;
const EFER_LMA = 1n << 10n;
const RFLAGS_VM = 1n << 17n;

function ModeName({ view: { registers, bits } }: { readonly view: MachineView }) {
  const [cr0 = 0n, efer = 0n, rflags = 0n] = [registers['cr0'], registers['efer'], registers['rflags']];
  const isLong = (efer & EFER_LMA) !== 0n;
  const name =
    (cr0 & CR0_PE) === 0n
      ? 'real mode'
      : (rflags & RFLAGS_VM) !== 0n
        ? 'virtual-8086 mode'
        : isLong
          ? bits === 64
            ? '64-bit mode'
            : 'compatibility mode'
          : `protected mode, ${bits}-bit`;
  const paging = (cr0 & CR0_PG) === 0n ? '' : ', paging';
  return (
    <span class="dim">
      {name}
      {isLong ? '' : paging}, CPL {String(registers['cpl'] ?? 0n)}
    </span>
  );
}
