/** The core's Wasm exports, nothing else. */
export * from './layout';
export { multiplyHigh } from './wide-integer';
export { STATE_ADDRESS } from './state';
export { updateMode } from './mode';
export { rflags, setRflags } from './flags';
export { VECTOR_FILE_ADDRESS } from './vector-file';
export {
  initializeX87,
  setX87ControlWord,
  setX87StatusWord,
  setX87TagWord,
  X87_REGISTERS_ADDRESS,
  x87StatusWord,
  x87TagWord,
} from './x87-state';
export {
  FETCH_CACHE_ADDRESS,
  flushFetchCache,
  flushTlb,
  probeFetch,
  protectPages,
  TLB_ADDRESS,
  TLB_BYTES,
  TLB_ENTRY_ADDEND,
  TLB_ENTRY_BYTES,
  translationsReplaced,
} from './tlb';
export { flushNestedTlb } from './nested-tlb';
export { TLB_CONTEXT_ADDRESS, TLB_CONTEXT_BYTES } from './tlb-context';
export { touchPage, trackingFlags } from './page-tracking';
export { HASH_BUFFER_ADDRESS, hashBytes, isZero } from './hash';
export { findDecoded } from './block-index';
export {
  addRegionBlock,
  codeGeneration,
  commitBlock,
  setRegionEntry,
  dropAllCode,
  initializeMemory,
  invalidateCode,
  nextBlockUops,
  reviveBlock,
  runningUop,
} from './code-cache';
export { pageHoldsCode } from './code-lines';
export {
  compiledRead16,
  compiledRead32,
  compiledRead64,
  compiledRead8,
  compiledReadForWrite16,
  compiledReadForWrite32,
  compiledReadForWrite64,
  compiledReadForWrite8,
  compiledWrite16,
  compiledWrite32,
  compiledWrite64,
  compiledWrite8,
  conditionHolds,
  executeUop,
} from './compiled';
export { compiledString, fillString, moveString } from './compiled-string';
export { compiledInterrupt, compiledReturn } from './compiled-transfer';
export { handlerInLevel } from './same-level';
export {
  x87Add,
  x87ArithmeticFloat32,
  x87ArithmeticFloat64,
  x87Compare,
  x87CompareFlags,
  x87CompareFloat32,
  x87CompareFloat64,
  x87Divide,
  x87FromFloat32,
  x87FromFloat64,
  x87Multiply,
  x87Quotient,
  x87Root,
  x87RoundToInteger,
  x87SquareRoot,
  x87StoreExtended,
  x87Subtract,
  x87ToFloat32,
  x87ToFloat64,
  x87ToInteger,
} from './compiled-x87';
export { publishX87, publishX87Register } from './compiled-x87-exit';
export { X87_RESULT_TOP_ADDRESS } from './exec/x87-fast';
export { carryOf, FLAG_CELLS_ADDRESS, settleFlags } from './lazy-flags';
export { chooseExtent } from './extent-search';
export { EXTENTS_ADDRESS } from './extents';
export { likelyExtent } from './likely-extent';
export {
  createRegion,
  ENTRY_RIP_ADDRESS,
  EXIT_BLOCK_ADDRESS,
  hotBlock,
  isHotAgain,
  MISSES_ADDRESS,
  MISSES_COUNT,
  setHotThreshold,
  setRegionPage,
  STALENESS_ADDRESS,
} from './region';
export { fetchNextPage, refuseFetch, setTransientBlock } from './find-block';
export { run } from './run';
export { deliverEvent } from './settle';
export { GUEST_IMAGE_ADDRESS, loadGuestImage, storeGuestImage } from './guest-image';
export { NMI_FRAMES_ADDRESS, NMI_FRAMES_BYTES } from './nmi-frames';
export {
  exitAtBoundary,
  HOST_SAVE_AREA_ADDRESS,
  loadGuest,
  loadHiddenState,
  storeGuest,
  storeHiddenState,
} from './world-switch';
export { reset } from './reset';
export {
  addBreakpoint,
  addWatchpoint,
  clearTraps,
  passBreakpoint,
  trapAddress,
  trapDeliveries,
  trapIndex,
  trapIsWrite,
  trapKind,
} from './traps';
export { answerCpuid, CPUID_ANSWER_ADDRESS } from './exec/cpuid';
export { setXcr0, xcr0Bits } from './exec/extended-control';
export { CPUID_TABLE_ADDRESS, CPUID_TABLE_CAPACITY, setCpuidRowCount } from './cpuid-table';
