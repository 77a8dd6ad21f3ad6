/** When a subscription begins and ends: Shanghai's calendar, held against one that is counted day by day. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addMonths, periodOf } from '../../src/core/subscription/period.ts';
import {
  runningPlan,
  type StandingOrder,
  type SubscriptionEffect,
  type SubscriptionTerms,
} from '../../src/core/subscription/subscription.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

/** The lengths of months that orders are sold for, and three years. */
const MONTHS = [1, 3, 6, 12, 24, 36] as const;

/** A date in Shanghai, months counted from 1, and the time since its midnight. */
type Local = { year: number; month: number; day: number; timeMs: number };

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function daysIn(year: number, month: number): number {
  return [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** Counts the days since 1970, year by year and month by month; no library is asked. */
function utcOf({ year, month, day, timeMs }: Local): number {
  let days = day - 1;
  for (let one = 1970; one < year; one++) days += isLeap(one) ? 366 : 365;
  for (let one = 1; one < month; one++) days += daysIn(year, one);
  return days * DAY_MS + timeMs - 8 * HOUR_MS;
}

/** The same day of a later month, or its last, found by turning over one leaf of the calendar after the other. */
function later({ year, month, day, timeMs }: Local, months: number): Local {
  let [nextYear, nextMonth] = [year, month];
  for (let nth = 0; nth < months; nth++) {
    nextMonth = nextMonth === 12 ? 1 : nextMonth + 1;
    if (nextMonth === 1) nextYear += 1;
  }
  return { year: nextYear, month: nextMonth, day: Math.min(day, daysIn(nextYear, nextMonth)), timeMs };
}

const dates: fc.Arbitrary<Local> = fc
  .record({
    year: fc.oneof(fc.integer({ min: 2000, max: 2110 }), fc.constantFrom(2024, 2028, 2099, 2100)),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constantFrom(28, 29, 30, 31)),
    timeMs: fc.oneof(
      fc.integer({ min: 0, max: DAY_MS - 1 }),
      fc.constantFrom(0, 1, 999, 8 * HOUR_MS - 1, 8 * HOUR_MS, 16 * HOUR_MS, DAY_MS - 1000, DAY_MS - 1),
    ),
  })
  .map((date) => ({ ...date, day: Math.min(date.day, daysIn(date.year, date.month)) }));

const shanghai = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

describe('months on', () => {
  test.each([
    // The last of a month that the next one does not have.
    ['2024-01-31T10:00:00+08:00', 1, '2024-02-29T10:00:00+08:00'],
    ['2024-01-30T10:00:00+08:00', 1, '2024-02-29T10:00:00+08:00'],
    ['2024-01-29T10:00:00+08:00', 1, '2024-02-29T10:00:00+08:00'],
    ['2024-01-28T10:00:00+08:00', 1, '2024-02-28T10:00:00+08:00'],
    ['2023-01-31T10:00:00+08:00', 1, '2023-02-28T10:00:00+08:00'],
    ['2028-01-31T10:00:00+08:00', 1, '2028-02-29T10:00:00+08:00'],
    ['2100-01-31T10:00:00+08:00', 1, '2100-02-28T10:00:00+08:00'],
    ['2024-03-31T10:00:00+08:00', 1, '2024-04-30T10:00:00+08:00'],
    ['2024-03-31T10:00:00+08:00', 3, '2024-06-30T10:00:00+08:00'],
    ['2024-08-31T10:00:00+08:00', 6, '2025-02-28T10:00:00+08:00'],
    // It comes back where there is such a day again: the length is counted from the beginning.
    ['2024-01-31T10:00:00+08:00', 3, '2024-04-30T10:00:00+08:00'],
    ['2024-01-31T10:00:00+08:00', 6, '2024-07-31T10:00:00+08:00'],
    // Leap days.
    ['2024-02-29T10:00:00+08:00', 1, '2024-03-29T10:00:00+08:00'],
    ['2024-02-29T10:00:00+08:00', 12, '2025-02-28T10:00:00+08:00'],
    ['2024-02-29T10:00:00+08:00', 24, '2026-02-28T10:00:00+08:00'],
    ['2024-02-29T10:00:00+08:00', 48, '2028-02-29T10:00:00+08:00'],
    ['2099-02-28T10:00:00+08:00', 12, '2100-02-28T10:00:00+08:00'],
    // Years.
    ['2023-12-31T10:00:00+08:00', 1, '2024-01-31T10:00:00+08:00'],
    ['2022-11-22T16:26:08+08:00', 24, '2024-11-22T16:26:08+08:00'],
    // The day changes at 16:00 of London.
    ['2024-01-30T15:59:59Z', 1, '2024-02-29T15:59:59Z'],
    ['2024-01-30T16:00:00Z', 1, '2024-02-28T16:00:00Z'],
    ['2024-02-28T15:59:59Z', 1, '2024-03-28T15:59:59Z'],
    ['2024-02-28T16:00:00Z', 1, '2024-03-28T16:00:00Z'],
    ['2024-02-29T15:59:59Z', 12, '2025-02-28T15:59:59Z'],
    ['2024-02-29T16:00:00Z', 12, '2025-02-28T16:00:00Z'],
    ['2023-12-31T15:59:59Z', 2, '2024-02-29T15:59:59Z'],
    ['2023-12-31T16:00:00Z', 2, '2024-02-29T16:00:00Z'],
    ['2024-11-30T15:59:59Z', 3, '2025-02-28T15:59:59Z'],
  ])('%s, %d on: %s', (from, months, expected) => {
    expect(new Date(addMonths(Date.parse(from), months)).toISOString()).toBe(new Date(expected).toISOString());
  });

  test('are what another calendar counts, to the millisecond', () => {
    fc.assert(
      fc.property(dates, fc.oneof(fc.constantFrom(...MONTHS), fc.nat(60)), (date, months) => {
        const expected = later(date, months);
        const ms = addMonths(utcOf(date), months);
        expect(ms).toBe(utcOf(expected));
        const [month, day] = [expected.month, expected.day].map((part) => String(part).padStart(2, '0'));
        expect(shanghai.format(ms)).toBe(`${expected.year}-${month}-${day}`);
      }),
      { numRuns: 20_000 },
    );
  });

  test('none change nothing, and each one more ends later', () => {
    fc.assert(
      fc.property(dates, fc.nat(36), (date, months) => {
        const ms = utcOf(date);
        expect(addMonths(ms, 0)).toBe(ms);
        expect(addMonths(ms, months + 1)).toBeGreaterThan(addMonths(ms, months));
      }),
      { numRuns: 5000 },
    );
  });
});

const NOW_MS = Date.parse('2024-01-31T04:00:00.000Z');
const at = (text: string) => Date.parse(text);

const terms = (effect: SubscriptionEffect, months: number | null = 1): SubscriptionTerms => ({
  planId: '2',
  effect,
  months,
  surplusFen: 0,
  creditFen: 0,
});

/** An order that stands, of plan 2, from a month ago until the given time. */
const standing = (endsAtMs: number | null, changes: Partial<StandingOrder> = {}): StandingOrder => ({
  id: 1,
  orderNo: '2022112212345678901234',
  version: 4,
  worthFen: 1000,
  planId: '2',
  startsAtMs: addMonths(NOW_MS, -1),
  endsAtMs,
  ...changes,
});

describe('the period of an order', () => {
  const monthFromNow = { planId: '2', startsAtMs: NOW_MS, endsAtMs: at('2024-02-29T04:00:00Z') };
  const inTenDays = NOW_MS + 10 * DAY_MS;

  test.each<[string, SubscriptionTerms, StandingOrder[], object | null]>([
    ['begins now', terms('begin'), [], monthFromNow],
    ['begins now, and never ends', terms('begin', null), [], { ...monthFromNow, endsAtMs: null }],
    ['of a reset is none', terms('reset'), [standing(inTenDays)], null],
    ['of a reset is none, whatever its length', terms('reset', null), [standing(inTenDays)], null],
    ['takes the place of what runs, now', terms('replace'), [standing(inTenDays)], monthFromNow],
    ['takes the place of what never ends, now', terms('replace'), [standing(null)], monthFromNow],
    [
      'goes on where what runs ends',
      terms('extend'),
      [standing(inTenDays)],
      { planId: '2', startsAtMs: inTenDays, endsAtMs: at('2024-03-10T04:00:00Z') },
    ],
    [
      'goes on where the last of what was bought ends, whichever was bought first',
      terms('extend', 12),
      [standing(inTenDays + DAY_MS), standing(inTenDays)],
      { planId: '2', startsAtMs: inTenDays + DAY_MS, endsAtMs: at('2025-02-11T04:00:00Z') },
    ],
    [
      'goes on where what runs ends, and never ends',
      terms('extend', null),
      [standing(inTenDays)],
      { planId: '2', startsAtMs: inTenDays, endsAtMs: null },
    ],
    ['goes on from now where nothing runs any more', terms('extend'), [], monthFromNow],
    ['goes on from now where what ran ends at this moment', terms('extend'), [standing(NOW_MS)], monthFromNow],
    ['goes on from now where what ran has ended', terms('extend'), [standing(NOW_MS - SECOND_MS)], monthFromNow],
    ['lies within what never ends', terms('extend'), [standing(null), standing(inTenDays)], monthFromNow],
  ])('%s', (_name, wanted, orders, expected) => {
    expect(periodOf(wanted, orders, NOW_MS)).toEqual(expected);
  });

  test.each([0, 1, 500, 999])('begins with the second, %d ms into it', (ms) => {
    expect(periodOf(terms('begin'), [], NOW_MS + ms)).toEqual(monthFromNow);
    expect(periodOf(terms('replace'), [standing(inTenDays)], NOW_MS + ms)).toEqual(monthFromNow);
    expect(periodOf(terms('extend'), [standing(NOW_MS + SECOND_MS)], NOW_MS + ms)?.startsAtMs).toBe(NOW_MS + SECOND_MS);
  });

  test('renewals follow one another without a gap, each as long as the calendar says', () => {
    const renewal = fc.record({ months: fc.constantFrom(...MONTHS), atMs: fc.nat(60 * DAY_MS) });
    fc.assert(
      fc.property(dates, fc.array(renewal, { minLength: 1, maxLength: 12 }), (date, renewals) => {
        const orders: StandingOrder[] = [];
        let nowMs = utcOf(date);
        for (const { months, atMs } of renewals) {
          nowMs += atMs;
          const runs = runningPlan(orders, nowMs);
          const period = periodOf(terms(orders.length === 0 ? 'begin' : 'extend', months), orders, nowMs);
          if (period === null || period.endsAtMs === null) throw new Error('a renewal has an end');
          const secondMs = nowMs - (nowMs % SECOND_MS);
          expect(period.startsAtMs).toBe(runs?.endsAtMs ?? secondMs);
          const startedAt = localOf(period.startsAtMs);
          expect(period.endsAtMs).toBe(utcOf(later(startedAt, months)));
          orders.push(standing(period.endsAtMs, { startsAtMs: period.startsAtMs }));
        }
        const ends = orders.map(({ endsAtMs }) => endsAtMs ?? 0);
        expect(ends).toEqual(ends.toSorted((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });

  test('a year of months from the 31st is a year but for the days that its shortest month took', () => {
    let endMs = at('2024-01-31T10:00:00+08:00');
    const days: string[] = [];
    for (let nth = 0; nth < 12; nth++) {
      endMs = periodOf(terms('extend'), [standing(endMs)], endMs - DAY_MS)?.endsAtMs ?? 0;
      days.push(shanghai.format(endMs).slice(5));
    }
    expect(days).toEqual(
      ['02-29', '03-29', '04-29', '05-29', '06-29', '07-29'].concat([
        '08-29',
        '09-29',
        '10-29',
        '11-29',
        '12-29',
        '01-29',
      ]),
    );
  });
});

/** A moment's date in Shanghai, by counting on from 2000. */
function localOf(ms: number): Local {
  const local = { year: 2000, month: 1, day: 1, timeMs: 0 };
  while (utcOf({ ...local, year: local.year + 1 }) <= ms) local.year += 1;
  while (local.month < 12 && utcOf({ ...local, month: local.month + 1 }) <= ms) local.month += 1;
  const sinceFirst = ms - utcOf(local);
  return { ...local, day: 1 + Math.floor(sinceFirst / DAY_MS), timeMs: sinceFirst % DAY_MS };
}

describe('what is running', () => {
  const [soon, inTenDays] = [NOW_MS + SECOND_MS, NOW_MS + 10 * DAY_MS];

  test.each<[string, StandingOrder[], object | null]>([
    ['is nothing where nothing stands', [], null],
    ['is what ends later', [standing(soon)], { planId: '2', endsAtMs: soon }],
    ['is no longer what ends at this moment', [standing(NOW_MS)], null],
    ['is what ends in a millisecond', [standing(NOW_MS + 1)], { planId: '2', endsAtMs: NOW_MS + 1 }],
    ['ends with the last of all', [standing(soon), standing(inTenDays)], { planId: '2', endsAtMs: inTenDays }],
    [
      'ends with the last of all, in any order',
      [standing(inTenDays), standing(soon)],
      { planId: '2', endsAtMs: inTenDays },
    ],
    ['never ends where one of all does not', [standing(inTenDays), standing(null)], { planId: '2', endsAtMs: null }],
    [
      'is also what has not begun',
      [standing(inTenDays, { startsAtMs: soon, planId: '9' })],
      { planId: '9', endsAtMs: inTenDays },
    ],
  ])('%s', (_name, orders, expected) => {
    expect(runningPlan(orders, NOW_MS)).toEqual(expected);
  });
});
