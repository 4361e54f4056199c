/**
 * A snapshot of a virtual machine as a file, and back.
 *
 * Sections: "MACH" which machine and which schedule; "PROC" state record, pins and schedule of the processor; "YMM ",
 * "X87 ", "NMIF", "HOST" its other registers (core-snapshot.ts); "PAGE" numbers and bytes of the pages that are not
 * zero; "HYPV" the hypervisor's state; "CONS" what the guest has printed.
 */
import { restoreVm, type RestoreVmOptions } from '../../create-vm.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { VmSnapshot } from '../../hypervisor/vm-snapshot.js';
import { fromJson, toJson } from './json.js';
import { damaged, readSections, type Sections, writeSections } from './sections.js';
import { HYPERVISOR, MACHINE, PROCESSOR } from './shapes.js';

const PAGE = 4096;
/** Bytes of a page's number. */
const NUMBER = 4;
/** More than the largest machine with all its memory in use. */
export const MOST_BYTES = 0x5000_0000;

type Registers = 'vectorRegisters' | 'x87Registers' | 'nmiFrames' | 'hostSaveArea';
const REGISTERS: Readonly<Record<string, Registers>> = {
  'YMM ': 'vectorRegisters',
  'X87 ': 'x87Registers',
  NMIF: 'nmiFrames',
  HOST: 'hostSaveArea',
};

/** The bytes of a file that `readSnapshot` reads. The same snapshot gives the same bytes on the same platform. */
export function writeSnapshot(snapshot: VmSnapshot): Promise<Uint8Array<ArrayBuffer>> {
  return writeSections(sectionsOf(snapshot));
}

/** The sections of a snapshot's file; a file may have others. */
export function sectionsOf(snapshot: VmSnapshot): Map<string, Uint8Array<ArrayBuffer>> {
  const { machine, schedule, processor, serial, ...hypervisor } = snapshot;
  const { core, ...outside } = processor;
  const sections = new Map<string, Uint8Array<ArrayBuffer>>([
    ['MACH', toJson({ machine, schedule })],
    ['PROC', toJson({ ...outside, fields: core.fields })],
  ]);
  for (const [tag, name] of Object.entries(REGISTERS)) sections.set(tag, new Uint8Array(core[name]));
  sections.set('PAGE', joinPages(core.pages));
  sections.set('HYPV', toJson(hypervisor));
  sections.set('CONS', new Uint8Array(serial));
  return sections;
}

/**
 * Reads a file that `writeSnapshot` wrote. Rejects with a `SnapshotError` that says what is wrong with it. Sections that
 * this version does not know are left out.
 */
export async function readSnapshot(file: Uint8Array): Promise<VmSnapshot> {
  return snapshotOf(await readSections(new Uint8Array(file), MOST_BYTES));
}

/** The snapshot that a file's sections have. @throws SnapshotError */
export function snapshotOf(sections: Sections): VmSnapshot {
  const section = (tag: string): Uint8Array<ArrayBuffer> => find(sections, tag);
  const machine = fromJson<Pick<VmSnapshot, 'machine' | 'schedule'>>(section('MACH'), 'MACH', MACHINE);
  type Outside = Omit<VmSnapshot['processor'], 'core'> & Pick<VmSnapshot['processor']['core'], 'fields'>;
  const { fields, ...outside } = fromJson<Outside>(section('PROC'), 'PROC', PROCESSOR);
  const hypervisor = fromJson<Omit<VmSnapshot, 'machine' | 'schedule' | 'processor' | 'serial'>>(
    section('HYPV'),
    'HYPV',
    HYPERVISOR,
  );
  const registers = Object.fromEntries(
    Object.entries(REGISTERS).map(([tag, name]) => [name, section(tag)]),
  ) as Record<Registers, Uint8Array>;
  const core = { fields, ...registers, pages: splitPages(section('PAGE')) };
  return { ...machine, ...hypervisor, processor: { ...outside, core }, serial: section('CONS') };
}

/** The machine that the file is a snapshot of, ready to go on. */
export async function openSnapshot(file: Uint8Array, options?: RestoreVmOptions): Promise<Vm> {
  return restoreVm(await readSnapshot(file), options);
}

function find(sections: Sections, tag: string): Uint8Array<ArrayBuffer> {
  const contents = sections.get(tag);
  if (contents === undefined) throw damaged(`section "${tag}" is missing`);
  return contents;
}

type Pages = VmSnapshot['processor']['core']['pages'];

/** All numbers, then all bytes, which deflate better by themselves. */
function joinPages(pages: Pages): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pages.length * (NUMBER + PAGE));
  const view = new DataView(joined.buffer);
  pages.forEach(({ number, bytes }, i) => {
    view.setUint32(i * NUMBER, number, true);
    joined.set(bytes, pages.length * NUMBER + i * PAGE);
  });
  return joined;
}

function splitPages(joined: Uint8Array): Pages {
  const count = joined.length / (NUMBER + PAGE);
  if (!Number.isInteger(count)) throw damaged('section "PAGE" does not have whole pages');
  const view = new DataView(joined.buffer, joined.byteOffset, joined.byteLength);
  return Array.from({ length: count }, (_, i) => {
    const start = count * NUMBER + i * PAGE;
    return { number: view.getUint32(i * NUMBER, true), bytes: joined.subarray(start, start + PAGE) };
  });
}
