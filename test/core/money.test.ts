/** Money: the ways in and out of integer fen are exact, and nothing else is an amount. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatYuan, isChargeable, MAX_AMOUNT_FEN, parseYuan } from '../../src/core/money.ts';

test('every amount survives the way to yuan and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_AMOUNT_FEN }), (amountFen) => {
      expect(parseYuan(formatYuan(amountFen))).toBe(amountFen);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['196', 19600],
  ['196.0', 19600],
  ['0.01', 1],
  ['19.99', 1999],
  ['1.10', 110],
  ['100000000', MAX_AMOUNT_FEN],
])('%s yuan is %d fen', (text, amountFen) => {
  expect(parseYuan(text)).toBe(amountFen);
});

test.each(['', ' 1', '1 ', '-1', '+1', '1e2', '.5', '1.', '1.001', '1,00', '１', '0x10', 'NaN', '100000000.01'])(
  '%j is not an amount',
  (text) => {
    expect(parseYuan(text)).toBeNull();
  },
);

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_AMOUNT_FEN + 1])('%d cannot be charged', (amount) => {
  expect(isChargeable(amount)).toBe(false);
});
