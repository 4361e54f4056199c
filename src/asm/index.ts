/**
 * vmexit/asm: an assembler with NASM's syntax. Source in, a flat binary out, with its symbols, a listing and the line of
 * each instruction.
 */
export {
  assemble,
  type AssembleOptions,
  Assembly,
  type FileResolver,
  type SourceLocation,
} from './assemble.js';
export {
  AssemblyError,
  type Diagnostic,
  type DiagnosticCode,
  type Expansion,
  formatDiagnostic,
} from './diagnostics.js';
export type { CodeBits } from './code-bits.js';
