/** JSON with whole numbers beyond 2^53: a bigint n is the string "<n>n". */
import { damaged } from './sections.js';
import type { Shape } from './shape.js';

const BIGINT = /^-?\d+n$/;

export function toJson(value: unknown): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'bigint' ? `${field}n` : field,
  );
  return new TextEncoder().encode(text);
}

/** @throws SnapshotError if this is no JSON, or not of that shape. */
export function fromJson<T>(bytes: Uint8Array, tag: string, shape: Shape): T {
  const value = parse(bytes, tag);
  if (!shape(value)) throw damaged(`section "${tag}" has a field that is missing or of another kind`);
  return value as T;
}

function parse(bytes: Uint8Array, tag: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text, (_, field: unknown) =>
      typeof field === 'string' && BIGINT.test(field) ? BigInt(field.slice(0, -1)) : field,
    );
  } catch (error) {
    throw damaged(`section "${tag}" is no JSON: ${(error as Error).message}`);
  }
}
