/** The files of one assembly: the source, what it includes, and the statements in them. */
import type { LineSource, ParsedLine } from './pass.js';
import { FatalProblem, type Origin, Problem, type Reporter } from './diagnostics.js';
import { evaluateConstant, type Scope } from './evaluate.js';
import { expressionOf } from './expression.js';
import type { Location } from './location.js';
import { tokenize } from './lexer.js';
import type { StatementParser } from './parse-statement.js';
import { Preprocessor } from './preprocess/preprocessor.js';
import { quoteString } from './quoted-string.js';
import { STANDARD_MACROS, STANDARD_MACROS_FILE } from './standard-macros.js';
import type { Token } from './token.js';

/** A file that is wanted and not here yet. */
export class FileWanted extends Error {
  constructor(
    readonly file: string,
    readonly from: string,
  ) {
    super(file);
  }
}

/** Files by `from` and name: null for one that is known not to be there. */
export type KnownFiles = ReadonlyMap<string, { readonly path: string; readonly bytes: Uint8Array } | null>;

export function fileKey(name: string, from: string): string {
  return `${from}\0${name}`;
}

/** What macros can ask about where they stand. */
export interface AssemblyState {
  readonly bits: number;
  readonly location: Location;
  /** Read since it was cleared: see `SymbolTable`. */
  readonly symbols: { hasTouchedAddress: boolean };
}

export class SourceSet implements LineSource {
  dependsOnAddresses = false;
  /** Set when the assembler is made. */
  state: AssemblyState | undefined;

  constructor(
    private readonly name: string,
    private readonly text: string,
    private readonly files: KnownFiles,
    private readonly parser: StatementParser,
    private readonly defines: Readonly<Record<string, string>>,
  ) {}

  parse(reporter: Reporter, scope: Scope, use: (line: ParsedLine) => void): void {
    this.dependsOnAddresses = false;
    const preprocessor = new Preprocessor(this.name, this.text, {
      reporter,
      readText: (name, origin) => this.readText(name, origin),
      constant: (tokens, what) => this.constant(tokens, what, scope),
      dynamic: (name, origin) => this.dynamic(name, origin),
    });
    preprocessor.preload(STANDARD_MACROS_FILE, STANDARD_MACROS);
    for (const [name, value] of Object.entries(this.defines))
      preprocessor.single.define(name, undefined, tokenize(value), false);
    for (const { origin, tokens } of preprocessor.lines()) {
      reporter.guard(origin, () => {
        const statement = this.parser.parse(tokens);
        if (statement.warning !== undefined) reporter.warn(origin, statement.warning, statement.column);
        use({ origin, statement });
      });
      if (reporter.isFull) return;
    }
  }

  readBinary(name: string, origin: Origin): Uint8Array {
    return this.find(name, origin).bytes;
  }

  private readText(name: string, origin: Origin): { file: string; text: string } {
    const { path, bytes } = this.find(name, origin);
    return { file: path, text: new TextDecoder().decode(bytes) };
  }

  private find(name: string, { file }: Origin): { readonly path: string; readonly bytes: Uint8Array } {
    const found = this.files.get(fileKey(name, file));
    if (found === undefined) throw new FileWanted(name, file);
    // What a missing file would define is missing everywhere: its consequences are no news.
    if (found === null) throw new FatalProblem('FILE', `there is no file ${JSON.stringify(name)}`);
    return found;
  }

  private constant(tokens: readonly Token[], what: string, scope: Scope): bigint {
    const { symbols } = this.state ?? {};
    if (tokens.length === 0) throw new Problem('SYNTAX', `${what} needs a value`);
    if (symbols !== undefined) symbols.hasTouchedAddress = false;
    const number = evaluateConstant(expressionOf(tokens), scope, what);
    if (symbols?.hasTouchedAddress === true) this.dependsOnAddresses = true;
    return number;
  }

  /** Both spellings: `__LINE__` and `__?LINE?__`. */
  private dynamic(name: string, origin: Origin): readonly Token[] | undefined {
    if (!name.startsWith('__')) return undefined;
    switch (name.replace(/^__\??|\??__$/g, '')) {
      case 'LINE':
        return tokenize(String(origin.line));
      case 'FILE':
        return tokenize(quoteString(origin.file));
      case 'BITS':
        return tokenize(String(this.state?.bits ?? 16));
      case 'SECT':
        return tokenize(`[section ${this.state?.location.sectionName ?? '.text'}]`);
      case 'OUTPUT_FORMAT':
        return tokenize('bin');
      case 'NASM_MAJOR':
        return tokenize('2');
      case 'NASM_MINOR':
        return tokenize('16');
      default:
        return undefined;
    }
  }
}
