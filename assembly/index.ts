/** The core's Wasm exports, nothing else. */
export * from './layout';
export { STATE_ADDRESS } from './state';
export { updateMode } from './mode';
export { rflags, setRflags } from './flags';
export { VECTOR_FILE_ADDRESS } from './vector-file';
export { initializeX87, setX87StatusWord, X87_REGISTERS_ADDRESS, x87StatusWord } from './x87-state';
export { flushTlb, TLB_ADDRESS, TLB_BYTES, TLB_ENTRY_ADDEND, TLB_ENTRY_BYTES } from './tlb';
export {
  commitBlock,
  dropAllCode,
  initializeMemory,
  invalidateCode,
  nextBlockUops,
  pageHoldsCode,
} from './code-cache';
export { fetchNextPage, refuseFetch, run, setTransientBlock } from './run';
export { deliverEvent } from './settle';
export { exitAtBoundary, loadGuest, loadHiddenState, storeGuest, storeHiddenState } from './world-switch';
export { reset } from './reset';
export { answerCpuid, CPUID_ANSWER_ADDRESS } from './exec/cpuid';
export { setXcr0, xcr0Bits } from './exec/extended-control';
export { CPUID_TABLE_ADDRESS, CPUID_TABLE_CAPACITY, setCpuidRowCount } from './cpuid-table';
