/** What data from outside must look like before anybody relies on it. */
export type Shape = (value: unknown) => boolean;

export const wholeNumber: Shape = (value) => Number.isSafeInteger(value);
export const bigint: Shape = (value) => typeof value === 'bigint';
export const boolean: Shape = (value) => typeof value === 'boolean';
export const text: Shape = (value) => typeof value === 'string';
export const anything: Shape = (value) => value !== undefined;

export function nullable(shape: Shape): Shape {
  return (value) => value === null || shape(value);
}

export function oneOf(...shapes: readonly Shape[]): Shape {
  return (value) => shapes.some((shape) => shape(value));
}

export function constant(...values: readonly string[]): Shape {
  return (value) => values.some((other) => other === value);
}

export function listOf(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(shape);
}

export function recordOf(shape: Shape): Shape {
  return (value) => isObject(value) && Object.values(value).every(shape);
}

/** More fields than these do no harm: a later version may have them. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  return (value) => isObject(value) && Object.entries(fields).every(([name, shape]) => shape(value[name]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
