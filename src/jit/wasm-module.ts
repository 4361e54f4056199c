/**
 * A WebAssembly module of one function, which imports the core's memory and functions (WebAssembly core specification
 * 2.0, §5.5).
 */
import { CodeWriter } from './code-writer.js';
import { Type } from './wasm-opcodes.js';

/** A function of the core that compiled code calls. */
export interface ImportedFunction {
  readonly name: string;
  readonly parameters: readonly Type[];
  readonly result: Type;
}

/** Locals of one type, in order of their indices. */
export interface LocalGroup {
  readonly type: Type;
  readonly count: number;
}

enum Section {
  Types = 1,
  Imports = 2,
  Functions = 3,
  Exports = 7,
  Code = 10,
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION_TYPE = 0x60;
const KIND_FUNCTION = 0;
const KIND_MEMORY = 2;
/** Limits with a minimum and a maximum. */
const HAS_MAXIMUM = 1;
const MOST_PAGES = 65536;
const END = 0x0b;

/** Name under which the function is exported, and of the module that its imports come from. */
export const EXPORT_NAME = 'run';
export const IMPORT_MODULE = 'core';

export class WasmModule {
  private readonly out = new CodeWriter();
  private readonly section = new CodeWriter();

  constructor(
    private readonly imports: readonly ImportedFunction[],
    /** Pages of 64 KiB that the memory has at least. */
    private readonly leastPages = 0,
  ) {}

  /** The bytes of a module whose function takes nothing, returns an i32 and has this body. */
  assemble(locals: readonly LocalGroup[], body: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const { out } = this;
    out.clear();
    out.append(Uint8Array.from(MAGIC_AND_VERSION));
    this.write(Section.Types, (section) => this.types(section));
    this.write(Section.Imports, (section) => this.importList(section));
    this.write(Section.Functions, (section) => {
      section.unsigned(1);
      section.unsigned(this.imports.length);
    });
    this.write(Section.Exports, (section) => {
      section.unsigned(1);
      name(section, EXPORT_NAME);
      section.byte(KIND_FUNCTION);
      section.unsigned(this.imports.length);
    });
    this.write(Section.Code, (section) => code(section, locals, body));
    return out.bytes.slice();
  }

  private write(id: Section, fill: (section: CodeWriter) => void): void {
    this.section.clear();
    fill(this.section);
    this.out.byte(id);
    this.out.unsigned(this.section.bytes.length);
    this.out.append(this.section.bytes);
  }

  /** One type for each import, and the last for the function itself. */
  private types(section: CodeWriter): void {
    section.unsigned(this.imports.length + 1);
    for (const { parameters, result } of this.imports) {
      section.byte(FUNCTION_TYPE);
      section.unsigned(parameters.length);
      for (const type of parameters) section.byte(type);
      section.unsigned(result === Type.Empty ? 0 : 1);
      if (result !== Type.Empty) section.byte(result);
    }
    section.append(Uint8Array.of(FUNCTION_TYPE, 0, 1, Type.I32));
  }

  private importList(section: CodeWriter): void {
    section.unsigned(this.imports.length + 1);
    this.imports.forEach((imported, index) => {
      name(section, IMPORT_MODULE);
      name(section, imported.name);
      section.byte(KIND_FUNCTION);
      section.unsigned(index);
    });
    name(section, IMPORT_MODULE);
    name(section, 'memory');
    section.byte(KIND_MEMORY);
    section.byte(HAS_MAXIMUM);
    section.unsigned(this.leastPages);
    section.unsigned(MOST_PAGES);
  }
}

function code(section: CodeWriter, locals: readonly LocalGroup[], body: readonly Uint8Array[]): void {
  const head = new CodeWriter();
  head.unsigned(locals.length);
  for (const { type, count } of locals) {
    head.unsigned(count);
    head.byte(type);
  }
  const size = body.reduce((sum, bytes) => sum + bytes.length, head.bytes.length + 1);
  section.unsigned(1);
  section.unsigned(size);
  section.append(head.bytes);
  for (const bytes of body) section.append(bytes);
  section.byte(END);
}

function name(section: CodeWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  section.unsigned(bytes.length);
  section.append(bytes);
}
