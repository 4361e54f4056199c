/** Types of copy-assets.mjs. */
export declare function copyAssets(tree: 'src' | 'dist/src' | 'build/tools/src'): void;
