/**
 * What it costs to try something and go back: a machine of 16 MiB returns to a checkpoint, after it has changed ten pages, and
 * after an NMI has been delivered and handled.
 */
import { createVm, InvariantError, type Vm } from '../src/index.js';
import { type Budget, measure, type Timing, type Work } from './measure.js';
import { scale } from './estimate.js';
import { type Result, type Section, type Target, timedResult } from './section.js';
import { readStorm } from './storm.js';

const MEMORY_BYTES = 0x100_0000;
/** Forks in one sample. */
const PER_SAMPLE = 200;
const MS_TO_US = 1000;
const FORK_TARGET: Target = { is: 'below', value: 100 };
const NMI_TARGET: Target = { is: 'below', value: 200 };

/** Increments a word in each of ten pages, again and again. */
const PAGES = 10;
const WRITER = `
bits 64
again:  mov ecx, ${PAGES}
        mov edi, 0x200000
.page:  inc dword [rdi]
        add rdi, 4096
        dec ecx
        jnz .page
        jmp again
`;
/** Instructions of one round. */
const ROUND = 3 + 4 * PAGES;
/** More than nmi-storm's handler has, its way in and its way out. */
const HANDLED = 60;
/** The guest is at work. */
const WARM = 20_000;

/** Goes away from a checkpoint and back. */
class Forks implements Work {
  constructor(
    private readonly vm: Vm,
    private readonly stray: (vm: Vm) => void,
  ) {
    vm.advance({ maxInstructions: WARM });
  }

  readonly sample = (): void => {
    const { vm } = this;
    for (let i = 0; i < PER_SAMPLE; i++) {
      const checkpoint = vm.checkpoint();
      this.stray(vm);
      vm.returnTo(checkpoint);
      checkpoint.release();
    }
  };
}

export async function measureForks(budget: Budget): Promise<Section> {
  const writer = await createVm({ guest: { assembly: WRITER }, memoryBytes: MEMORY_BYTES });
  const storm = await createVm({ guest: (await readStorm()).guest, memoryBytes: MEMORY_BYTES });
  requirePages(writer);
  const works = {
    nothing: new Forks(writer, () => {}),
    pages: new Forks(writer, (vm) => vm.advance({ maxInstructions: ROUND })),
    nmi: new Forks(storm, handleNmi),
    hash: new Forks(writer, (vm) => {
      vm.advance({ maxInstructions: ROUND });
      vm.stateHash();
    }),
  };
  const { nothing, pages, nmi, hash } = await measure(works, budget);
  return {
    name: 'forks',
    title: 'Checkpoints, 16 MiB',
    unit: 'us',
    reading: 'Each with the checkpoint, the run in between and the return; less is better.',
    results: [
      each('checkpoint, return, release', nothing, null),
      each('the same, ten pages written', pages, FORK_TARGET),
      each('the same, and the state hashed', hash, null),
      each('the same, one NMI handled', nmi, NMI_TARGET),
    ],
  };
}

function handleNmi(vm: Vm): void {
  vm.requestNmi();
  vm.advance({ maxInstructions: HANDLED });
}

/** The round has to write what it says. */
function requirePages(vm: Vm): void {
  vm.advance({ maxInstructions: WARM });
  const checkpoint = vm.checkpoint();
  vm.advance({ maxInstructions: ROUND });
  const changed = vm.pagesChangedSince(checkpoint).length;
  checkpoint.release();
  if (changed !== PAGES) throw new InvariantError(`the round changed ${changed} pages, not ${PAGES}`);
}

function each(name: string, timing: Timing, target: Target | null): Result {
  const one = (clock: keyof Timing) => scale(timing[clock], MS_TO_US / PER_SAMPLE);
  return timedResult(name, one('processor'), one('wall'), target);
}
