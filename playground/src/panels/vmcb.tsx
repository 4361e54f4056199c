/** The virtual machine control block, its bits by name: what the hypervisor and the processor tell each other. */
import type { ComponentChildren } from 'preact';
import { exitName, type VmcbFieldName } from 'vmexit';
import { previousView, view } from '../machine/machine.js';
import { describeEvent } from './event-field.js';
import { hex, hexh } from './number-format.js';
import {
  ADDRESS_ROWS,
  type BitField,
  CLEAN,
  EXIT_ROWS,
  INTERCEPT_FIELDS,
  NESTED,
  type NumberRow,
  SAVED_ROWS,
  SHADOW,
  VIRTUAL_INTERRUPT,
} from './vmcb-layout.js';

type Fields = Readonly<Partial<Record<VmcbFieldName, bigint>>>;

export function VmcbPanel() {
  const now = view.value;
  if (now === null) return null;
  return (
    <div class="vmcb">
      <p class="note">
        {now.isEntered
          ? 'The guest is entered: the processor is ahead of these fields, which are as VMRUN read them.'
          : 'The guest has exited: these fields are what the next VMRUN reads.'}
      </p>
      <Group title="Interrupts and NMIs" isOpen>
        <Bits layout={VIRTUAL_INTERRUPT} />
        <Bits layout={SHADOW} />
        <Event field="eventInjection" label="EVENTINJ" offset={0x0a8} />
      </Group>
      <Group title="Last exit" isOpen>
        <ExitCodeRow fields={now.vmcb} />
        <Event field="exitIntInfo" label="EXITINTINFO" offset={0x088} />
        <Numbers rows={EXIT_ROWS} />
      </Group>
      <Group title="Intercepts" isOpen>
        {INTERCEPT_FIELDS.map((layout) => (
          <Bits key={layout.field} layout={layout} setOnly />
        ))}
      </Group>
      <Group title="Memory and identity">
        <Bits layout={NESTED} />
        <Numbers rows={ADDRESS_ROWS} />
        <Bits layout={CLEAN} />
      </Group>
      <Group title="State save area">
        <Numbers rows={SAVED_ROWS} />
      </Group>
    </div>
  );
}

function Group({
  title,
  isOpen = false,
  children,
}: {
  title: string;
  isOpen?: boolean;
  children: ComponentChildren;
}) {
  return (
    <details class="vmcb-group" open={isOpen}>
      <summary>{title}</summary>
      <div class="vmcb-rows">{children}</div>
    </details>
  );
}

function valueOf(fields: Fields | undefined, field: VmcbFieldName): bigint {
  return fields?.[field] ?? 0n;
}

function readField(field: VmcbFieldName): { value: bigint; before: bigint } {
  const value = valueOf(view.value?.vmcb, field);
  const before = previousView.value === null ? value : valueOf(previousView.value.vmcb, field);
  return { value, before };
}

function Row({
  label,
  offset,
  isChanged,
  children,
}: {
  label: string;
  offset: number;
  isChanged: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={isChanged ? 'vmcb-row changed' : 'vmcb-row'}>
      <span class="vmcb-offset mono dim">{hex(offset, 3)}</span>
      <span class="vmcb-label">{label}</span>
      <span class="vmcb-value">{children}</span>
    </div>
  );
}

/** @param setOnly Bits that are clear are left out: a vector has 32 of them. */
function Bits({
  layout: { field, label, offset, bits },
  setOnly = false,
}: {
  layout: BitField;
  setOnly?: boolean;
}) {
  const { value, before } = readField(field);
  const isSet = (bit: number, of = value): boolean => ((of >> BigInt(bit)) & 1n) === 1n;
  const shown = setOnly ? bits.filter(({ bit }) => isSet(bit) || isSet(bit, before)) : bits;
  return (
    <Row label={label} offset={offset} isChanged={false}>
      {shown.length === 0 && <span class="dim">none</span>}
      {shown.map(({ bit, name, meaning }) => {
        const isChanged = isSet(bit) !== isSet(bit, before);
        return (
          <span
            key={bit}
            class={`bit${isSet(bit) ? ' set' : ''}${isChanged ? ' changed' : ''}`}
            title={`${name}, bit ${bit}: ${isSet(bit) ? 'set' : 'clear'}${meaning === undefined ? '' : `. Set: ${meaning}`}`}
          >
            {name}
            <span class="visually-hidden">{isSet(bit) ? ' set' : ' clear'}</span>
          </span>
        );
      })}
    </Row>
  );
}

function Numbers({ rows }: { readonly rows: readonly NumberRow[] }) {
  return (
    <>
      {rows.map((row) => (
        <NumberLine key={row[0]} row={row} />
      ))}
    </>
  );
}

function NumberLine({ row: [field, label, offset] }: { readonly row: NumberRow }) {
  const { value, before } = readField(field);
  return (
    <Row label={label} offset={offset} isChanged={value !== before}>
      <code>{hexh(value)}</code>
    </Row>
  );
}

/** The exit code that VMRUN leaves when it refuses a VMCB (APM vol 2 App. C). */
const NEVER_EXITED = 0n;

function ExitCodeRow({ fields }: { readonly fields: Fields }) {
  const { value, before } = readField('exitCode');
  const isFirst = value === NEVER_EXITED && valueOf(fields, 'nextRip') === 0n;
  return (
    <Row label="EXITCODE" offset={0x070} isChanged={value !== before}>
      <code>{hexh(BigInt.asUintN(64, value))}</code>{' '}
      {isFirst ? '' : exitName(Number(BigInt.asIntN(64, value)))}
    </Row>
  );
}

function Event({ field, label, offset }: { field: VmcbFieldName; label: string; offset: number }) {
  const { value, before } = readField(field);
  return (
    <Row label={label} offset={offset} isChanged={value !== before}>
      {describeEvent(value) ?? <span class="dim">none</span>}
    </Row>
  );
}
