/** The core's Wasm exports, nothing else. */
export { STATE_ADDRESS } from './state';
export { updateMode } from './mode';
export { executeSystem } from './system';
export { readLinear } from './memory';
export { loadGuest, loadHiddenState, storeGuest, storeHiddenState } from './world-switch';
