/** Money: the ways in and out of integer fen are exact, and nothing else is an amount. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fenOfYuan, formatYuan, isChargeable, MAX_AMOUNT_FEN, parseYuan, yuanOfFen } from '../../src/core/money.ts';

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

describe('yuan as a JSON number', () => {
  test('every amount survives the way there, over the wire and back, and is printed with its own digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_AMOUNT_FEN }), (amountFen) => {
        const yuan = yuanOfFen(amountFen);
        const printed = JSON.stringify(yuan);
        expect(fenOfYuan(yuan)).toBe(amountFen);
        expect(fenOfYuan(JSON.parse(printed))).toBe(amountFen);
        expect(printed).toBe(formatYuan(amountFen).replace(/\.?0+$/, ''));
        // As a client that writes both decimals sends it.
        expect(fenOfYuan(JSON.parse(formatYuan(amountFen)))).toBe(amountFen);
      }),
      { numRuns: 5000 },
    );
  });

  test('every amount up to a hundred yuan, one by one', () => {
    for (let amountFen = 0; amountFen <= 10_000; amountFen++) expect(fenOfYuan(yuanOfFen(amountFen))).toBe(amountFen);
  });

  test.each([
    ['0', 0],
    ['-0', 0],
    ['0.01', 1],
    ['0.07', 7],
    ['0.29', 29],
    ['1.1', 110],
    ['2.99e2', 29_900],
    ['299', 29_900],
    ['299.0', 29_900],
    ['299.00', 29_900],
    ['1.0049999999999999', null],
    ['1.005', null],
    ['0.30000000000000004', null],
    ['299.001', null],
    ['99999999.99', MAX_AMOUNT_FEN - 1],
    ['100000000', MAX_AMOUNT_FEN],
    ['1e8', MAX_AMOUNT_FEN],
    ['100000000.01', null],
    ['1e9', null],
    ['1e21', null],
    ['1e400', null],
    ['-1', null],
    ['-0.01', null],
    ['1e-7', null],
    ['0.001', null],
    ['5e-324', null],
  ])('%s is %s fen', (json, amountFen) => {
    expect(fenOfYuan(JSON.parse(json))).toBe(amountFen);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is no amount', (yuan) => {
    expect(fenOfYuan(yuan)).toBeNull();
  });

  test('what has a third decimal, or is beyond the limit, is refused and never rounded', () => {
    const thousandths = fc.integer({ min: 1, max: 10_000_000_000 }).filter((value) => value % 10 !== 0);
    fc.assert(
      fc.property(thousandths, (value) => {
        const text = `${Math.trunc(value / 1000)}.${String(value % 1000).padStart(3, '0')}`;
        expect(fenOfYuan(JSON.parse(text))).toBeNull();
        expect(fenOfYuan(-JSON.parse(text))).toBeNull();
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.double({ min: 100_000_000.01, noNaN: true }), (yuan) => {
        expect(fenOfYuan(yuan)).toBeNull();
      }),
    );
  });
});
