/** Types of copy-assets.mjs. */
export declare function copyAssets(tree: 'src' | 'dist' | 'build/tools/src'): void;
