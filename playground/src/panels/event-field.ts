/** EVENTINJ and EXITINTINFO in words (APM vol 2 §15.20, §15.7.2). */
import { EventType } from 'vmexit';
import { hexh } from './number-format.js';

const VALID = 1n << 31n;
const HAS_CODE = 1n << 11n;

/** Null if the field holds no event. */
export function describeEvent(field: bigint): string | null {
  if ((field & VALID) === 0n) return null;
  const type = EventType[Number((field >> 8n) & 7n)] ?? 'reserved type';
  const code = (field & HAS_CODE) === 0n ? '' : `, error code ${hexh(field >> 32n)}`;
  return `${type === 'Nmi' ? 'NMI' : type}, vector ${field & 0xffn}${code}`;
}
