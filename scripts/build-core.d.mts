/** Types of build-core.mjs. */
export declare const CORE_WASM: string;
export declare function buildCore(target: 'release' | 'any'): void;
