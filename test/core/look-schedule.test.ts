/** When providers are asked: after 1, 3, 5, 10 and 30 minutes, then every half hour. */
import { describe, expect, test } from 'vitest';
import { firstLookAtMs, lastLookAtMs, nextLookAtMs } from '../../src/core/payment/look-schedule.ts';
import { MINUTE_MS } from './order-states.ts';

const STARTED_AT_MS = Date.parse('2022-11-22T08:26:08.123Z');

/** The minutes at which something is looked at, by a cron that runs each minute from a moment on. */
function looksWith(cronFromMs: number, count: number): number[] {
  const looks: number[] = [];
  let dueAtMs = firstLookAtMs(STARTED_AT_MS);
  for (let nowMs = cronFromMs; looks.length < count; nowMs += MINUTE_MS) {
    if (nowMs < dueAtMs) continue;
    looks.push((nowMs - STARTED_AT_MS) / MINUTE_MS);
    dueAtMs = nextLookAtMs(STARTED_AT_MS, looks.length, nowMs);
  }
  return looks;
}

test('on time: 1, 3, 5, 10, 30 minutes, then each half hour', () => {
  expect(looksWith(STARTED_AT_MS, 8)).toEqual([1, 3, 5, 10, 30, 60, 90, 120]);
});

test('a cron that comes an hour late makes up for nothing: a minute apart until it has caught up', () => {
  expect(looksWith(STARTED_AT_MS + 60 * MINUTE_MS, 7)).toEqual([60, 61, 62, 63, 64, 94, 124]);
});

test('the first look is a minute after the start', () => {
  expect(firstLookAtMs(STARTED_AT_MS)).toBe(STARTED_AT_MS + MINUTE_MS);
});

test('an attempt that was given up is looked at once more, a minute after it can no longer be paid', () => {
  expect(lastLookAtMs(STARTED_AT_MS)).toBe(STARTED_AT_MS + MINUTE_MS);
});

describe('the next look', () => {
  test.each([
    // looks taken, minutes since the start → minutes since the start
    [1, 1, 3],
    [2, 3, 5],
    [3, 5, 10],
    [4, 10, 30],
    [5, 30, 60],
    [6, 60, 90],
    [1, 2.5, 3.5],
    [1, 3, 4],
    [1, 500, 501],
    [40, 500, 530],
  ])('after %d looks, at minute %d: minute %d', (looks, nowMinutes, expected) => {
    const nowMs = STARTED_AT_MS + nowMinutes * MINUTE_MS;
    expect(nextLookAtMs(STARTED_AT_MS, looks, nowMs)).toBe(STARTED_AT_MS + expected * MINUTE_MS);
  });
});
