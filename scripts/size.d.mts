/** Types of size.mjs. */
export interface Tarball {
  readonly filename: string;
  /** Bytes to download: compressed. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}
export declare const BUDGET: number;
export declare function pack(...options: string[]): Tarball;
export declare function sizeReport(tarball: Tarball): string;
