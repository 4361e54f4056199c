/** Types of iced-exports.mjs. */
export declare const ICED_EXPORTS: readonly string[];
