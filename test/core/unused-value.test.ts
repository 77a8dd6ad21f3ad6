/** What of an order is unused: exact to the second and the fen, never more than was paid, and only ever less. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_AMOUNT_FEN } from '../../src/core/money.ts';
import type { StandingOrder } from '../../src/core/subscription/subscription.ts';
import { unusedValue, unusedValueOf } from '../../src/core/subscription/unused-value.ts';
import { ORDER_NO, PLACED_AT_MS } from './order-states.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400 * SECOND_MS;

/** Ten days that 1000 fen were paid for, but for the changes. */
const standing = (changes: Partial<StandingOrder> = {}): StandingOrder => ({
  id: 1,
  orderNo: ORDER_NO,
  version: 4,
  planId: '1',
  startsAtMs: PLACED_AT_MS,
  endsAtMs: PLACED_AT_MS + 10 * DAY_MS,
  worthFen: 1000,
  ...changes,
});

describe('of ten days for 1000 fen', () => {
  test.each([
    ['before they begin, all', -DAY_MS, 1000],
    ['a millisecond before they begin, all', -1, 1000],
    ['as they begin, all', 0, 1000],
    // 863,999 of 864,000 seconds are 999.99… fen.
    ['a millisecond in, a second has begun', 1, 999],
    ['after the first second', 1000, 999],
    ['after 864 seconds, a thousandth is gone to the fen', 864 * SECOND_MS, 999],
    ['a millisecond later, a second more', 864 * SECOND_MS + 1, 998],
    ['at half of them, half', 5 * DAY_MS, 500],
    ['a millisecond after half', 5 * DAY_MS + 1, 499],
    ['864 seconds before the end, the last fen', 10 * DAY_MS - 864 * SECOND_MS, 1],
    ['a second later, nothing', 10 * DAY_MS - 863 * SECOND_MS, 0],
    ['a second before the end, nothing', 10 * DAY_MS - SECOND_MS, 0],
    ['at the end, nothing', 10 * DAY_MS, 0],
    ['long after, nothing', 100 * DAY_MS, 0],
  ])('%s', (_name, elapsedMs, expected) => {
    expect(unusedValue(standing(), PLACED_AT_MS + elapsedMs)).toBe(expected);
  });
});

test.each<[string, Partial<StandingOrder>, number]>([
  ['what never ends has no share that is unused', { endsAtMs: null }, 0],
  ['what cost nothing is worth nothing', { worthFen: 0 }, 0],
  ['of what came back beyond its price, nothing is left', { worthFen: -1 }, 0],
  ['a fen of which a second has passed is used', { worthFen: 1, startsAtMs: PLACED_AT_MS - SECOND_MS }, 0],
  ['a fen of which nothing has passed is not', { worthFen: 1 }, 1],
  ['a single second counts as long as it has not begun', { endsAtMs: PLACED_AT_MS + SECOND_MS }, 1000],
  [
    'a single second that has begun does not count',
    { startsAtMs: PLACED_AT_MS - 1, endsAtMs: PLACED_AT_MS - 1 + SECOND_MS },
    0,
  ],
  [
    'the largest amounts are exact: two thirds of 100,000,000 yuan over 24 years, rounded down',
    {
      worthFen: MAX_AMOUNT_FEN,
      startsAtMs: PLACED_AT_MS - 2922 * DAY_MS,
      endsAtMs: PLACED_AT_MS + 2 * 2922 * DAY_MS,
    },
    6_666_666_666,
  ],
])('%s', (_name, changes, expected) => {
  expect(unusedValue(standing(changes), PLACED_AT_MS)).toBe(expected);
});

const orders: fc.Arbitrary<StandingOrder> = fc
  .record({
    startsAtSecond: fc.integer({ min: -5_000_000, max: 5_000_000 }),
    seconds: fc.oneof(fc.integer({ min: 1, max: 100_000_000 }), fc.constantFrom(1, 2, 2_592_000, 2_678_400)),
    worthFen: fc.oneof(fc.integer({ min: 0, max: MAX_AMOUNT_FEN }), fc.integer({ min: 0, max: 5000 })),
  })
  .map(({ startsAtSecond, seconds, worthFen }) => {
    const startsAtMs = PLACED_AT_MS + startsAtSecond * SECOND_MS;
    return standing({ startsAtMs, endsAtMs: startsAtMs + seconds * SECOND_MS, worthFen });
  });
const moments = fc.integer({ min: -10_000_000_000, max: 100_000_000_000 }).map((ms) => PLACED_AT_MS + ms);

describe('whatever was bought, whenever it is asked', () => {
  test('a whole number of fen: the share of whole seconds that are left, and not a fen more', () => {
    fc.assert(
      fc.property(orders, moments, (order, nowMs) => {
        const valueFen = unusedValue(order, nowMs);
        expect(Number.isSafeInteger(valueFen)).toBe(true);
        expect(valueFen >= 0 && valueFen <= order.worthFen).toBe(true);
        // Counted from the front: a second that has begun is used.
        const { startsAtMs, endsAtMs } = order;
        const allSeconds = ((endsAtMs ?? 0) - startsAtMs) / SECOND_MS;
        const usedSeconds = Math.min(allSeconds, Math.max(0, Math.ceil((nowMs - startsAtMs) / SECOND_MS)));
        const exact = BigInt(order.worthFen) * BigInt(allSeconds - usedSeconds);
        const all = BigInt(allSeconds);
        expect(BigInt(valueFen) * all <= exact && exact < (BigInt(valueFen) + 1n) * all).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  test('it only shrinks, from all of it at the beginning to nothing at the end', () => {
    fc.assert(
      fc.property(orders, fc.array(moments, { minLength: 2, maxLength: 20 }), (order, asked) => {
        const values = asked.toSorted((a, b) => a - b).map((nowMs) => unusedValue(order, nowMs));
        expect(values).toEqual(values.toSorted((a, b) => b - a));
        expect(unusedValue(order, order.startsAtMs)).toBe(order.worthFen);
        expect(unusedValue(order, order.endsAtMs ?? 0)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('of several it is the sum of each over its own period', () => {
    fc.assert(
      fc.property(fc.array(orders, { maxLength: 8 }), moments, (all, nowMs) => {
        const sumFen = all.map((order) => unusedValue(order, nowMs)).reduce((sum, fen) => sum + fen, 0);
        expect(unusedValueOf(all, nowMs)).toBe(sumFen);
        expect(unusedValueOf(all.toReversed(), nowMs)).toBe(sumFen);
        expect(unusedValueOf([...all, standing({ endsAtMs: null })], nowMs)).toBe(sumFen);
      }),
      { numRuns: 1000 },
    );
  });
});
