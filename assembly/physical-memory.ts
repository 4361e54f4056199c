/** Physical memory, as page walks and permission maps read it: no translation, no protection, no faults. */
import { invalidateCode } from './code-cache';
import { pageHoldsCode } from './code-lines';
import { touchPage } from './page-tracking';
import { cpu } from './state';

/** Reads physical memory. Where there is none the bus floats: all ones. */
export function readPhysical<T extends number>(physical: u64): T {
  const state = cpu();
  if (physical + sizeof<T>() > <u64>state.memoryBytes) return <T>(<i64>-1);
  return load<T>(state.memoryBase + <u32>physical);
}

/** Writes physical memory. Where there is none nothing happens. */
export function writePhysical<T extends number>(physical: u64, value: T): void {
  const state = cpu();
  if (physical + sizeof<T>() > <u64>state.memoryBytes) return;
  touchPage(<u32>physical);
  store<T>(state.memoryBase + <u32>physical, value);
  const page = (<u32>physical) & ~0xfff;
  if (pageHoldsCode(page)) invalidateCode(<u32>physical, sizeof<T>());
}
