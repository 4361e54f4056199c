/**
 * The compiled tier: regions of hot blocks as WebAssembly functions in the core's table.
 *
 * Their number is bounded: when there are too many, or their records do not fit, everything decoded is dropped, and what
 * is still hot will be compiled again.
 */
import { Uop } from '../../assembly/abi/uop.js';
import type { Core } from '../core/core.js';
import { compileRegion } from './compile-region.js';
import { IMPORTS, StateAddresses, X87_IMPORTS } from './core-layout.js';
import { HOT_THRESHOLD, Patience } from './patience.js';
import { Reach, Reaches, type RegionReach } from './reach.js';
import { BlockField, discoverRegion, type Region } from './region.js';
import { EXPORT_NAME, IMPORT_MODULE } from './wasm-module.js';

/** Regions that live at the same time. */
export const MOST_REGIONS = 1000;

export class Compiler {
  private readonly addresses: StateAddresses;
  /** Where our functions begin in the core's table, and how many there are. */
  private readonly firstEntry: number;
  private regions = 0;
  /** Physical addresses of blocks that indirect branches went to. */
  private readonly indirectTargets = new Set<number>();
  private readonly reaches: Reaches;
  /** Undefined if the caller has said when to compile. */
  private readonly patience: Patience | undefined;
  private generation = -1;

  constructor(
    private readonly core: Core,
    /** Executions of a block after which it is compiled in any case; unless given, `HOT_THRESHOLD` and `Patience` decide. */
    hotThreshold?: number,
    /** Of regions that have not left often. */
    reach = Reach.Runs,
  ) {
    this.reaches = new Reaches(core, reach);
    this.addresses = new StateAddresses(core);
    this.firstEntry = core.functionCount;
    this.patience = hotThreshold === undefined ? new Patience() : undefined;
    core.exports.setHotThreshold(hotThreshold ?? HOT_THRESHOLD);
  }

  /** Compiles the region around the block that `Stop.Hot` is about, if it can be. */
  compileHotBlock(): void {
    const { exports } = this.core;
    const generation = exports.codeGeneration.value as number;
    if (generation !== this.generation) this.forget();
    this.generation = generation;
    const block = exports.hotBlock.value as number;
    this.noteIndirectBranch(block);
    const region = discoverRegion(this.core, block, this.indirectTargets);
    if (region === undefined || this.waits(block, region)) return;
    const reach = this.reaches.of(block);
    if (this.regions >= MOST_REGIONS || !this.install(region, reach)) exports.dropAllCode();
  }

  private forget(): void {
    this.regions = 0;
    this.indirectTargets.clear();
    this.reaches.forget();
    this.patience?.forget();
  }

  /** Whether a block is to be executed more often first. What is compiled already but leaves too often waits for nothing. */
  private waits(block: number, region: Region): boolean {
    const { bytes, exports } = this.core;
    if (this.patience === undefined || exports.isHotAgain.value !== 0) return false;
    const view = new DataView(bytes.buffer);
    const executions = this.patience.executionsToWait(region, this.core.state.num('clock'), ({ address }) =>
      view.getInt32(address + BlockField.Heat, true),
    );
    if (executions === 0) return false;
    // The block is hot again when it has come up to the threshold.
    view.setInt32(block + BlockField.Heat, HOT_THRESHOLD - executions, true);
    return true;
  }

  /** Remembers a block that an indirect branch went to last, for the indirect branches of regions to come. */
  private noteIndirectBranch(block: number): void {
    const { bytes, exports } = this.core;
    const view = new DataView(bytes.buffer);
    const last = exports.runningUop.value as number;
    if (last !== 0 && view.getUint16(last, true) === Uop.JmpReg)
      this.indirectTargets.add(view.getUint32(block + BlockField.Physical, true));
  }

  /** False: there is no room for the region's records. */
  private install(region: Region, reach: RegionReach): boolean {
    const { core } = this;
    const { exports } = core;
    const entry = this.firstEntry + this.regions;
    core.setFunction(entry, compileRegion(region, this.addresses, reach), {
      module: IMPORT_MODULE,
      names: [...IMPORTS, ...X87_IMPORTS].map(({ name }) => name),
      exportName: EXPORT_NAME,
    });
    this.regions++;
    const record = exports.createRegion(entry, region.pages.length);
    if (record === 0) return false;
    region.pages.forEach(({ distance, physical }, i) => {
      exports.setRegionPage(record, i, distance, physical);
    });
    for (const { address } of region.blocks) {
      if (exports.addRegionBlock(record, address) === 0) return false;
    }
    exports.setRegionEntry(region.blocks[0]!.address, record);
    this.patience?.note(region);
    return true;
  }
}
