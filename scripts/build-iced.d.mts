/** Types of build-iced.mjs. */
export declare const ICED_WASM: string;
export declare function buildIced(): void;
