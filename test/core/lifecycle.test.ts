/** The four machines as tables: nothing unreachable, nothing unknown, no way out of an end. */
import { describe, expect, test } from 'vitest';
import { MACHINES, mayMove, type OrderStatus, wasPaid } from '../../src/core/order/lifecycle.ts';

type Table = Readonly<Record<string, readonly string[]>>;

/** Each machine, where it may start, and where it must never be left again. */
const EXPECTED: readonly { name: string; table: Table; starts: string[]; ends: string[] }[] = [
  {
    name: 'order',
    table: MACHINES.order,
    starts: ['pending_payment'],
    ends: ['cancelled', 'expired', 'refunded', 'split', 'absorbed'],
  },
  { name: 'fulfilment', table: MACHINES.fulfilment, starts: ['unfulfilled'], ends: ['fulfilled'] },
  { name: 'attempt', table: MACHINES.attempt, starts: ['opening', 'pending'], ends: ['paid'] },
  {
    name: 'refund',
    table: MACHINES.refund,
    starts: ['requested', 'processing'],
    ends: ['succeeded', 'failed', 'rejected'],
  },
];

function reachable(table: Table, starts: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const ahead = [...starts];
  for (let state = ahead.pop(); state !== undefined; state = ahead.pop()) {
    if (seen.has(state)) continue;
    seen.add(state);
    ahead.push(...(table[state] ?? []));
  }
  return seen;
}

test('there are these four machines', () => {
  expect(Object.keys(MACHINES)).toEqual(EXPECTED.map(({ name }) => name));
});

describe.each(EXPECTED)('$name', ({ table, starts, ends }) => {
  const states = Object.keys(table);

  test('every state can be reached from a start', () => {
    expect([...reachable(table, starts)].toSorted()).toEqual(states.toSorted());
  });

  test('every target is a state of the machine, named once, and never the state itself', () => {
    for (const [from, targets] of Object.entries(table)) {
      expect(targets.filter((to) => !(to in table) || to === from)).toEqual([]);
      expect(new Set(targets).size).toBe(targets.length);
    }
  });

  test('exactly the ends have no way out', () => {
    expect(states.filter((state) => table[state]?.length === 0).toSorted()).toEqual(ends.toSorted());
  });

  test('a move is allowed exactly where the table has it', () => {
    for (const from of states) {
      for (const to of states) expect(mayMove(table, from, to)).toBe(table[from]?.includes(to));
    }
  });
});

test.each<[OrderStatus, boolean]>([
  ['pending_payment', false],
  ['cancelled', false],
  ['expired', false],
  ['paid', true],
  ['completed', true],
  ['refunded', true],
  ['split', true],
  ['absorbed', true],
])('an order that is %s was paid: %s', (status, expected) => {
  expect(wasPaid(status)).toBe(expected);
  expect(reachable(MACHINES.order, ['paid']).has(status)).toBe(expected);
});
