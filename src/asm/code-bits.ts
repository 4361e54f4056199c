/** Code sizes, as BITS gives them. */
export type CodeBits = 16 | 32 | 64;
