/** The core's Wasm exports, nothing else. */
export { STATE_ADDRESS } from './state';
export { updateMode } from './mode';
export { executeSystem } from './system';
export { readLinear } from './memory';
export { loadGuest, loadHiddenState, storeGuest, storeHiddenState } from './world-switch';
export { reset } from './reset';
export { CPUID_TABLE_ADDRESS, CPUID_TABLE_CAPACITY, setCpuidRowCount } from './cpuid-table';
