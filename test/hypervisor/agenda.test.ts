/** The schedule and what is asked for on the way, as one queue. */
import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { Agenda } from '../../src/hypervisor/agenda.js';

function drain(agenda: Agenda, now: number): number[] {
  const due: number[] = [];
  for (let at = agenda.takeDue(now); at !== null; at = agenda.takeDue(now)) due.push(at);
  return due;
}

it('gives what is due, in order, each once', () => {
  const agenda = new Agenda([10, 20, 20, 50]);
  agenda.add(30);
  agenda.add(20);
  expect(agenda.takeDue(9)).toBeNull();
  expect(drain(agenda, 20)).toEqual([10, 20, 20, 20]);
  expect(agenda.next()).toBe(30);
  expect(drain(agenda, 100)).toEqual([30, 50]);
  expect(agenda.next()).toBeNull();
});

it('reads a schedule no further than needed', () => {
  const agenda = new Agenda(
    (function* () {
      yield 5;
      yield 6;
      throw new Error('read too far');
    })(),
  );
  expect(agenda.takeDue(5)).toBe(5);
  expect(agenda.next()).toBe(6);
});

it('refuses a schedule that goes back in time', () => {
  const agenda = new Agenda([10, 5]);
  expect(() => agenda.takeDue(10)).toThrow(UsageError);
});

it.each([2000.5, NaN, Infinity, 2n as unknown as number, 'x' as unknown as number])(
  'refuses %s in a schedule: no count of instructions',
  (at) => {
    expect(() => new Agenda([at])).toThrow(UsageError);
  },
);
