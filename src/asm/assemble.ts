/** The assembler's front door. */
import type { IcedModule } from '../decode/iced-instance.js';
import { compileBinary } from '../core/compiled-asset.js';
import { requireOptions, UsageError } from '../errors.js';
import { Assembler } from './assembler.js';
import { Assembly } from './assembly.js';
import {
  AssemblyError,
  type Diagnostic,
  formatDiagnostic,
  MOST_ERRORS,
  Problem,
  Reporter,
} from './diagnostics.js';
import type { CodeBits } from './code-bits.js';
import { IcedEncoder } from './iced-encoder.js';
import { InstructionTable } from './instruction-table.js';
import type { PassResult } from './pass.js';
import { StatementParser } from './parse-statement.js';
import { fileKey, FileWanted, SourceSet } from './source-set.js';

export { Assembly, type SourceLocation } from './assembly.js';

/** A file that a source asks for by %include or INCBIN; undefined if there is none. `from` is the file that asks. */
export type FileResolver = (
  name: string,
  from: string,
) => string | Uint8Array | undefined | Promise<string | Uint8Array | undefined>;

export interface AssembleOptions {
  /** The name of the source, for messages and for the resolver; 'source.asm' unless given. */
  readonly name?: string | undefined;
  /** The files that the source may include: by name, or on request. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | FileResolver | undefined;
  /** Code size before the source says BITS; 16 unless given. */
  readonly bits?: CodeBits | undefined;
  /** Where the output begins if the source has no ORG; 0 unless given. */
  readonly origin?: number | undefined;
  /** Macros that are defined from the start, as by %define. */
  readonly define?: Readonly<Record<string, string | number>> | undefined;
}

interface Tools {
  readonly encoder: IcedEncoder;
  readonly table: InstructionTable;
  readonly parser: StatementParser;
}

/** By module, which never changes: what iced knows about instructions is the same for all sources. */
const tools = new WeakMap<IcedModule, Tools>();

/** More files than this are a source that includes for ever. */
const MOST_FILES = 10_000;

/** Assembles a source. Rejects with an `AssemblyError` that lists every error found. */
export async function assemble(source: string, options: AssembleOptions = {}): Promise<Assembly> {
  requireOptions('assemble', options);
  const { name = 'source.asm', bits = 16, origin } = options;
  if (typeof source !== 'string') throw new UsageError('assemble takes the text of a source');
  if (![16, 32, 64].includes(bits)) throw new UsageError(`bits is ${String(bits)}: expected 16, 32 or 64`);
  const { encoder, table, parser } = toolsOf(await compileBinary('iced'));
  const resolve = resolverOf(options.files ?? {});
  const defines = Object.fromEntries(
    Object.entries(options.define ?? {}).map(([macro, value]) => [macro, String(value)]),
  );
  const files = new Map<string, { path: string; bytes: Uint8Array } | null>();
  for (;;) {
    try {
      const set = new SourceSet(name, source, files, parser, defines);
      const assembler = new Assembler(
        table,
        encoder,
        set,
        bits,
        origin === undefined ? undefined : BigInt(origin),
      );
      set.state = assembler;
      return finish(
        assembler,
        new Map([...files.values()].flatMap((file) => (file ? [[file.path, file.bytes]] : []))),
        name,
        source,
      );
    } catch (wanted) {
      if (!(wanted instanceof FileWanted) || files.size > MOST_FILES) throw wanted;
      const content = await resolve(wanted.file, wanted.from);
      const found = content === undefined ? null : { path: wanted.file, bytes: bytesOf(content) };
      files.set(fileKey(wanted.file, wanted.from), found);
    }
  }
}

function finish(
  assembler: Assembler,
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  source: string,
): Assembly {
  const parsing = new Reporter();
  let result: PassResult | undefined;
  let reporters = [parsing];
  try {
    const run = assembler.run(parsing);
    result = run.result;
    reporters = [parsing, run.reporter];
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    reporters = [parsing, ...assembler.reporters];
    // One that no line is to blame for, like sections that overlap, is nobody's report yet.
    const isReported = reporters.some(({ diagnostics }) =>
      diagnostics.some(({ message }) => message === problem.message),
    );
    const whole = { file: name, line: 1, parent: undefined, macro: undefined, column: 0 };
    if (!isReported) parsing.error(whole, problem);
  }
  const all = reporters.flatMap((reporter) => reporter.diagnostics);
  // A file that is missing is missing in every pass.
  const unique = new Map(all.map((diagnostic) => [formatDiagnostic(diagnostic), diagnostic]));
  const diagnostics = inOrder([...unique.values()]);
  if (result === undefined || diagnostics.some(({ severity }) => severity === 'error'))
    throw new AssemblyError(diagnostics.slice(0, MOST_ERRORS + 1));
  return new Assembly(result, diagnostics, new Map([...files, [name, new TextEncoder().encode(source)]]));
}

/** Those of the source that is assembled first come first; in a file, by line. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ file }) => file))];
  return [...diagnostics].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

function toolsOf(module: IcedModule): Tools {
  const known = tools.get(module);
  if (known !== undefined) return known;
  const encoder = new IcedEncoder(module);
  const table = new InstructionTable(encoder);
  const made = { encoder, table, parser: new StatementParser((name) => table.has(name)) };
  tools.set(module, made);
  return made;
}

function resolverOf(files: NonNullable<AssembleOptions['files']>): FileResolver {
  if (typeof files === 'function') return files;
  return (name) => (Object.hasOwn(files, name) ? files[name] : undefined);
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
