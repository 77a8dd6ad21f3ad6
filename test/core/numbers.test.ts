/** The numbers of orders, attempts and refunds: unique, unguessable, and short enough for every provider. */
import { describe, expect, test } from 'vitest';
import { isOrderNo, newOrderNo, shanghaiDay } from '../../src/core/order/order-number.ts';
import { attemptNumber, MAX_ATTEMPTS, orderNoOf } from '../../src/core/payment/attempt.ts';
import { refundNumber } from '../../src/core/refund/refund.ts';

const NOW_MS = Date.parse('2022-11-22T08:26:08.000Z');
const cryptographic = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);

/** Bytes that are the same in every run (xorshift32), so that what is counted below never changes by chance. */
function seeded(seed: number): (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> {
  let state = seed;
  return (bytes) =>
    bytes.map(() => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 8) & 0xff;
    });
}

describe('an order’s number', () => {
  test('is the day in Shanghai and 14 digits', () => {
    expect(newOrderNo(NOW_MS, cryptographic)).toMatch(/^20221122\d{14}$/);
  });

  test('a hundred thousand of one day are all different', () => {
    const numbers = new Set(Array.from({ length: 100_000 }, () => newOrderNo(NOW_MS, cryptographic)));
    expect(numbers.size).toBe(100_000);
  });

  test('every digit comes up as often as every other, at each place', () => {
    const counts = Array.from({ length: 14 }, () => Array.from({ length: 10 }, () => 0));
    const random = seeded(20221122);
    const drawn = 20_000;
    for (let nth = 0; nth < drawn; nth++) {
      for (const [place, digit] of newOrderNo(NOW_MS, random).slice(8).split('').entries()) {
        const row = counts[place] ?? [];
        row[Number(digit)] = (row[Number(digit)] ?? 0) + 1;
      }
    }
    // Chi-square with 9 degrees of freedom: 33.7 is passed by chance once in 10,000 times.
    const expected = drawn / 10;
    const squares = counts.map((row) => row.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0));
    expect(Math.max(...squares)).toBeLessThan(33.7);
  });

  test('bytes that would favour the low digits are thrown away', () => {
    const asked: number[] = [];
    const random = (bytes: Uint8Array<ArrayBuffer>) => {
      asked.push(bytes.length);
      // First only bytes that must not count, then 249: the last one that may.
      return bytes.fill(asked.length === 1 ? 250 : 249);
    };
    expect(newOrderNo(NOW_MS, random)).toBe('2022112299999999999999');
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['2022-11-22T15:59:59.999Z', '20221122'],
    ['2022-11-22T16:00:00.000Z', '20221123'],
    ['2024-02-28T15:59:59.999Z', '20240228'],
    ['2024-02-28T16:00:00.000Z', '20240229'],
    ['2024-02-29T15:59:59.999Z', '20240229'],
    ['2024-02-29T16:00:00.000Z', '20240301'],
    ['2023-02-28T16:00:00.000Z', '20230301'],
    ['2022-12-31T15:59:59.999Z', '20221231'],
    ['2022-12-31T16:00:00.000Z', '20230101'],
    // No summer time: July is eight hours ahead like January.
    ['2022-07-01T15:59:59.999Z', '20220701'],
  ])('%s is %s in Shanghai', (moment, day) => {
    expect(shanghaiDay(Date.parse(moment))).toBe(day);
    expect(newOrderNo(Date.parse(moment), cryptographic).slice(0, 8)).toBe(day);
  });

  test.each([
    ['2022112212345678901234', true],
    ['ORD2022112212345678901234', true],
    ['', false],
    ['202211221234567890123', false],
    ['20221122123456789012345', false],
    ['ord2022112212345678901234', false],
    ['ORD202211221234567890123', false],
    ['2022112212345678901234\n', false],
    [' 2022112212345678901234', false],
    ['2022112212345678901２34', false],
    ["2022112212345678901234' OR 1", false],
  ])('%j can be one: %s', (text, expected) => {
    expect(isOrderNo(text)).toBe(expected);
  });
});

describe('the numbers made from it', () => {
  /** The longest order number there is. */
  const orderNo = 'ORD2022112212345678901234';

  test('an attempt names its order, from the first to the last', () => {
    for (const nth of [1, 9, 10, MAX_ATTEMPTS]) {
      const outTradeNo = attemptNumber(orderNo, nth);
      expect(orderNoOf(outTradeNo)).toBe(orderNo);
      expect(Number(outTradeNo.slice(-4))).toBe(nth);
    }
  });

  test('every one of them fits the 32 characters of the shortest limit, and is of a kind that all providers take', () => {
    const numbers = Array.from({ length: MAX_ATTEMPTS }, (_, index) => attemptNumber(orderNo, index + 1));
    const refunds = numbers.flatMap((number) => [1, 50, 99].map((nth) => refundNumber(number, nth)));
    for (const number of [...numbers, ...refunds]) expect(number).toMatch(/^[0-9A-Z]{6,32}$/);
    expect(new Set([...numbers, ...refunds]).size).toBe(numbers.length + refunds.length);
  });

  test('are in the order in which they were made', () => {
    const numbers = Array.from({ length: MAX_ATTEMPTS }, (_, index) => attemptNumber(orderNo, index + 1));
    expect(numbers.toSorted()).toEqual(numbers);
    const refunds = Array.from({ length: 99 }, (_, index) => refundNumber(attemptNumber(orderNo, 1), index + 1));
    expect(refunds.toSorted()).toEqual(refunds);
  });
});
