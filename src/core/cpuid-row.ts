/** CPUID's answers as rows of the core's table (assembly/cpuid-table.ts). */

/** One answer. */
export interface CpuidRow {
  readonly leaf: number;
  /** The answer holds for this ECX alone; for every ECX if it is missing. */
  readonly subleaf?: number;
  readonly eax?: number;
  readonly ebx?: number;
  readonly ecx?: number;
  readonly edx?: number;
}

/** The four registers that CPUID writes. */
export interface CpuidResult {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Rows as the core has them: leaf, subleaf, any subleaf, reserved, EAX, EBX, ECX, EDX. */
export function encodeCpuidRows(rows: readonly CpuidRow[]): Uint32Array {
  return Uint32Array.from(
    rows.flatMap(({ leaf, subleaf, eax = 0, ebx = 0, ecx = 0, edx = 0 }) => [
      ...[leaf, subleaf ?? 0, subleaf === undefined ? 1 : 0, 0],
      ...[eax, ebx, ecx, edx],
    ]),
  );
}
