/** What the page and the worker with the machine say to each other. */
import type { ProgressView } from './view.js';

/** A call of a method of `MachineSession`, by name. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

/** What the worker says unasked. */
export type Notice = { readonly progress: ProgressView };

/** The methods of a class, as somebody sees them who has to wait for the answers. */
export type Remote<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};
