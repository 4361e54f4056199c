/** Types of stamp.mjs. */
export declare function hashOf(root: string, paths: readonly string[]): string;
export declare function readStamp(file: string): unknown;
