/** The interrupt shadow: one instruction during which no interrupt and no NMI is taken (APM vol 2 §15.21.5). */
import { Watch } from './abi/watch';
import { cpu } from './state';

/** MOV SS and POP SS: the shadow also holds back debug traps, so that the stack can be switched in two instructions. */
export function openStackShadow(): void {
  const state = cpu();
  state.shadow = 1;
  state.shadowHoldsDebug = 1;
}

/** A handler or another task begins: it has no shadow, and an event that waited for its end can be taken now. */
export function discardShadow(): void {
  const state = cpu();
  if (state.shadow != 0) state.boundary |= state.watch & Watch.ShadowEnd;
  state.shadow = 0;
  state.shadowHoldsDebug = 0;
}
