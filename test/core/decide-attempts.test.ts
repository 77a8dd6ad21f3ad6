/** Opening attempts, and what becomes of those that were not paid. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/order/decide.ts';
import type {
  CloseAttempt,
  FailAttempt,
  OpenAttempt,
  OrderCommand,
  ReadyAttempt,
  ReleaseAttempt,
} from '../../src/core/order/command.ts';
import type { AttemptStatus, OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import { type Attempt, attemptRow } from '../../src/core/payment/attempt.ts';
import {
  ALIPAY,
  AMOUNT_FEN,
  anAttempt,
  aPaidState,
  aState,
  aSubmission,
  EXPIRES_AT_MS,
  LEASE_MS,
  MINUTE_MS,
  ORDER_NO,
  PLACED_AT_MS,
  SLIP_MS,
  WECHAT,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const FIRST = `${ORDER_NO}0001`;
const SECOND = `${ORDER_NO}0002`;
const open = (changes: Partial<OpenAttempt> = {}): OpenAttempt => ({
  type: 'open_attempt',
  methods: [ALIPAY, WECHAT],
  slipMs: SLIP_MS,
  whenOpen: 'refuse',
  ...changes,
});
const timeOf = (ms: number) => new Date(ms).toISOString().slice(11);
const atTime = (time: string) => Date.parse(`2022-11-22T${time}Z`);
const withAttempts = (...attempts: Attempt[]) => aState({}, { attempts });
const opening = (changes: Partial<Attempt> = {}) => withAttempts(anAttempt(1, { status: 'opening', ...changes }));
const at = (state: OrderState, command: OrderCommand, nowMs: number) => decide(state, aSubmission(command, { nowMs }));

function openedAt(state: OrderState, command: OpenAttempt, nowMs: number): Attempt {
  const [change] = decisionOf(at(state, command, nowMs)).changes;
  if (change?.type !== 'insert_attempt') throw new Error('no attempt was opened');
  return change.attempt;
}

describe('opening an attempt', () => {
  test.each<[OrderStatus, string]>([
    ['pending_payment', 'attempt_opened'],
    ['paid', 'refused order_already_paid'],
    ['completed', 'refused order_already_paid'],
    ['refunded', 'refused order_already_paid'],
    ['split', 'refused order_already_paid'],
    ['absorbed', 'refused order_already_paid'],
    ['cancelled', 'refused order_cancelled'],
    ['expired', 'refused order_expired'],
  ])('for an order that is %s: %s', (status, expected) => {
    expect(verdictOf(at(aState({ status }), open(), PLACED_AT_MS))).toBe(expected);
  });

  test.each<[string, OrderState, OpenAttempt, number, string]>([
    ['a millisecond before the end', aState(), open(), EXPIRES_AT_MS - 1, 'attempt_opened'],
    ['at the very end, cron or no cron', aState(), open(), EXPIRES_AT_MS, 'refused order_expired'],
    [
      'a cancelled one after its end',
      aState({ status: 'cancelled' }),
      open(),
      EXPIRES_AT_MS,
      'refused order_cancelled',
    ],
    ['with no method on offer', aState(), open({ methods: [] }), PLACED_AT_MS, 'refused provider_not_offered'],
    [
      'placed for a provider that is not on offer',
      aState({ payWith: 'wechat-pay' }),
      open({ methods: [ALIPAY] }),
      PLACED_AT_MS,
      'refused provider_not_offered',
    ],
    ['for nothing', aState({ amountFen: 0 }), open(), PLACED_AT_MS, 'refused provider_not_offered'],
    ['for nothing, after the end', aState({ amountFen: 0 }), open(), EXPIRES_AT_MS, 'refused order_expired'],
    ['while a slip is valid', withAttempts(anAttempt()), open(), PLACED_AT_MS + SLIP_MS - 1, 'refused attempt_open'],
    [
      'at the end of a slip nobody has asked about',
      withAttempts(anAttempt()),
      open(),
      PLACED_AT_MS + SLIP_MS,
      'refused attempt_unsettled',
    ],
    [
      'after a closed one',
      withAttempts(anAttempt(1, { status: 'closed' })),
      open(),
      PLACED_AT_MS + 1,
      'attempt_opened',
    ],
    [
      'after a failed one',
      withAttempts(anAttempt(1, { status: 'failed' })),
      open(),
      PLACED_AT_MS + 1,
      'attempt_opened',
    ],
  ])('%s', (_name, state, command, nowMs, expected) => {
    expect(verdictOf(at(state, command, nowMs))).toBe(expected);
  });

  test.each([
    [98, 'attempt_opened'],
    [99, 'refused attempts_exhausted'],
  ])('after %d attempts: %s', (count, expected) => {
    const spent = Array.from({ length: count }, (_, index) => anAttempt(index + 1, { status: 'closed' }));
    expect(verdictOf(at(withAttempts(...spent), open(), PLACED_AT_MS))).toBe(expected);
  });

  test('keeps what the customer chose, as the dialect names it', () => {
    const [change] = decisionOf(at(aState(), open({ methods: [{ ...ALIPAY, choice: '10' }] }), PLACED_AT_MS)).changes;
    expect(change).toMatchObject({ type: 'insert_attempt', attempt: { choice: '10' } });
  });

  test('takes the next number, the order’s amount, and the first method on offer', () => {
    const state = withAttempts(anAttempt(1, { status: 'closed' }));
    const decided = decisionOf(at(state, open(), PLACED_AT_MS + 1000));
    expect(decided.subject).toBe(SECOND);
    expect(decided.changes).toEqual([
      {
        type: 'insert_attempt',
        attempt: {
          outTradeNo: SECOND,
          orderNo: ORDER_NO,
          provider: 'alipay',
          kind: 'app_order_string',
          status: 'pending',
          amountFen: AMOUNT_FEN,
          createdAtMs: PLACED_AT_MS + 1000,
          expiresAtMs: PLACED_AT_MS + 1000 + SLIP_MS,
          payableUntilMs: PLACED_AT_MS + 1000 + SLIP_MS,
          paidAtMs: null,
          leasedUntilMs: null,
          choice: null,
          sealed: null,
        },
        nextQueryAtMs: PLACED_AT_MS + 1000 + MINUTE_MS,
      },
    ]);
    expect(decided.events).toEqual([
      {
        type: 'attempt_opened',
        actor: 'system',
        from: null,
        to: 'pending',
        reason: SECOND,
        orderStatus: 'pending_payment',
        orderFulfilment: 'unfulfilled',
      },
    ]);
  });

  test('an order that was placed for a provider takes that one, and waits for its network', () => {
    const attempt = openedAt(aState({ payWith: 'wechat-pay' }), open(), PLACED_AT_MS);
    expect(attempt).toMatchObject({ provider: 'wechat-pay', kind: 'app_params', status: 'opening' });
    expect(attempt).toMatchObject({ leasedUntilMs: PLACED_AT_MS + LEASE_MS, sealed: null });
  });
});

describe('an attempt whose provider has not been heard yet', () => {
  const release: ReleaseAttempt = { type: 'release_attempt', outTradeNo: FIRST, kept: null };
  const bothWays = [{ whenOpen: 'refuse' }, { whenOpen: 'hand_out_again' }] as const;

  describe.each(bothWays)('where an open slip means $whenOpen', ({ whenOpen }) => {
    test.each([
      [0, 15],
      [1, 15],
      [1000, 14],
      [1001, 14],
      [LEASE_MS - 1, 1],
    ])('%d ms into the lease of the first caller, the second is told to wait %d s', (elapsedMs, retryAfterSeconds) => {
      const refusal = { reason: 'attempt_open', retryAfterSeconds };
      for (const state of [opening(), opening({ kind: 'qr_code' }), opening({ provider: 'wechat-pay' })]) {
        expect(at(state, open({ whenOpen }), PLACED_AT_MS + elapsedMs)).toEqual({ ok: false, refusal });
      }
    });

    test('at the end of the lease it is taken up, under its own number and with a lease of its own', () => {
      const nowMs = PLACED_AT_MS + LEASE_MS;
      const submission = aSubmission(open({ whenOpen }), { nowMs, actor: 'user:1' });
      expect(decisionOf(decide(opening(), submission))).toEqual({
        events: [
          {
            type: 'attempt_taken_up',
            actor: 'user:1',
            from: 'opening',
            to: 'opening',
            reason: FIRST,
            orderStatus: 'pending_payment',
            orderFulfilment: 'unfulfilled',
          },
        ],
        changes: [{ type: 'lease_attempt', outTradeNo: FIRST, leasedUntilMs: nowMs + LEASE_MS }],
        subject: FIRST,
      });
    });

    test('released, it is taken up at once', () => {
      const nowMs = PLACED_AT_MS + 1;
      expect(verdictOf(at(opening({ leasedUntilMs: nowMs }), open({ whenOpen }), nowMs))).toBe('attempt_taken_up');
    });

    test.each([
      [SLIP_MS - ALIPAY.minimumSlipMs, 'attempt_taken_up'],
      [SLIP_MS - ALIPAY.minimumSlipMs + 1, 'refused attempt_unsettled'],
      [SLIP_MS - 1, 'refused attempt_unsettled'],
      [SLIP_MS, 'refused attempt_unsettled'],
    ])('%d ms on, with as much left as the provider accepts or not: %s', (elapsedMs, expected) => {
      expect(verdictOf(at(opening(), open({ whenOpen }), PLACED_AT_MS + elapsedMs))).toBe(expected);
    });

    test('what the provider accepts is counted from the end that it was told, not from the slip’s', () => {
      const state = opening({ expiresAtMs: PLACED_AT_MS + 30_000, payableUntilMs: PLACED_AT_MS + 80_000 });
      expect(verdictOf(at(state, open({ whenOpen }), PLACED_AT_MS + 20_000))).toBe('attempt_taken_up');
      expect(verdictOf(at(state, open({ whenOpen }), PLACED_AT_MS + 20_001))).toBe('refused attempt_unsettled');
    });

    test('for another method, with too little left for either: it has to be asked about', () => {
      const nowMs = PLACED_AT_MS + SLIP_MS - ALIPAY.minimumSlipMs + 1;
      expect(verdictOf(at(opening({ kind: 'qr_code' }), open({ whenOpen }), nowMs))).toBe('refused attempt_unsettled');
    });

    test('whoever took it up just before its slip ended still has the provider to themselves', () => {
      const endMs = PLACED_AT_MS + SLIP_MS;
      const state = opening({ leasedUntilMs: endMs + 5000 });
      const refusal = { reason: 'attempt_open', retryAfterSeconds: 5 };
      expect(at(state, open({ whenOpen }), endMs)).toEqual({ ok: false, refusal });
    });
  });

  test.each<[string, Partial<Attempt>]>([
    ['kind', { kind: 'qr_code' }],
    ['provider', { provider: 'wechat-pay' }],
    ['choice of the customer’s', { choice: '11' }],
  ])('after the lease, for another %s: wait for the slip, or have the old one settled', (_name, changes) => {
    const nowMs = PLACED_AT_MS + LEASE_MS;
    const refusal = { reason: 'attempt_open', retryAfterSeconds: (SLIP_MS - LEASE_MS) / 1000 };
    expect(at(opening(changes), open(), nowMs)).toEqual({ ok: false, refusal });
    const again = open({ whenOpen: 'hand_out_again' });
    expect(verdictOf(at(opening(changes), again, nowMs))).toBe('refused attempt_unsettled');
  });

  test('releasing it ends the lease now, and changes nothing else', () => {
    const nowMs = PLACED_AT_MS + 3000;
    expect(decisionOf(at(opening(), release, nowMs))).toEqual({
      events: [
        {
          type: 'attempt_unanswered',
          actor: 'system',
          from: 'opening',
          to: 'opening',
          reason: FIRST,
          orderStatus: 'pending_payment',
          orderFulfilment: 'unfulfilled',
        },
      ],
      changes: [{ type: 'lease_attempt', outTradeNo: FIRST, leasedUntilMs: nowMs }],
      subject: FIRST,
    });
  });

  test('released, it keeps who it was for, sealed, and tells nobody', () => {
    const kept = { row: attemptRow(FIRST), sealed: 'k.sealed' };
    const { events, changes } = decisionOf(at(opening(), { ...release, kept }, PLACED_AT_MS + 3000));
    expect(changes).toEqual([
      { type: 'lease_attempt', outTradeNo: FIRST, leasedUntilMs: PLACED_AT_MS + 3000 },
      { type: 'keep_personal', ...kept },
    ]);
    expect(JSON.stringify(events)).not.toContain('sealed');
  });

  test.each<[AttemptStatus]>([['pending'], ['closed'], ['failed'], ['paid']])(
    'one that is %s meanwhile is not released any more',
    (status) => {
      const kept = { row: attemptRow(FIRST), sealed: 'k.late' };
      const released = at(withAttempts(anAttempt(1, { status })), { ...release, kept }, PLACED_AT_MS + 1);
      expect(released).toEqual({ ok: true, value: { already: true, subject: FIRST } });
    },
  );

  test('a number that the order does not have cannot be released', () => {
    expect(verdictOf(at(withAttempts(anAttempt(2)), release, PLACED_AT_MS))).toBe('refused attempt_not_found');
  });
});

describe('an open slip that may be handed out again', () => {
  const again = open({ whenOpen: 'hand_out_again' });
  const lastMs = PLACED_AT_MS + SLIP_MS - 1;

  test.each([PLACED_AT_MS, lastMs])('to the same way to pay: the same number, and nothing to write', (nowMs) => {
    const decided = at(withAttempts(anAttempt()), again, nowMs);
    expect(decided).toEqual({ ok: true, value: { already: true, subject: FIRST } });
  });

  test.each<[string, Partial<Attempt>]>([
    ['kind', { kind: 'qr_code' }],
    ['provider', { provider: 'wechat-pay' }],
    ['choice of the customer’s', { choice: '11' }],
  ])('for another %s: the old one has to be settled first', (_name, changes) => {
    expect(at(withAttempts(anAttempt(1, changes)), again, lastMs)).toEqual({
      ok: false,
      refusal: { reason: 'attempt_unsettled' },
    });
  });

  test('once it has run out it is not handed out any more', () => {
    const decided = at(withAttempts(anAttempt()), again, lastMs + 1);
    expect(decided).toEqual({ ok: false, refusal: { reason: 'attempt_unsettled' } });
  });

  test('an order that was paid meanwhile has nothing to hand out', () => {
    expect(verdictOf(at(aPaidState(), again, PLACED_AT_MS))).toBe('refused order_already_paid');
  });
});

describe('the seconds of Retry-After', () => {
  test.each([
    [0, 120],
    [1, 120],
    [999, 120],
    [1000, 119],
    [1001, 119],
    [118_999, 2],
    [119_000, 1],
    [119_999, 1],
  ])('%d ms into a slip of two minutes: %d', (elapsedMs, retryAfterSeconds) => {
    const decided = at(withAttempts(anAttempt()), open(), PLACED_AT_MS + elapsedMs);
    expect(decided).toEqual({ ok: false, refusal: { reason: 'attempt_open', retryAfterSeconds } });
    // Whoever waits as long as they were told finds the slip over.
    const afterwardsMs = PLACED_AT_MS + elapsedMs + retryAfterSeconds * 1000;
    expect(verdictOf(at(withAttempts(anAttempt()), open(), afterwardsMs))).toBe('refused attempt_unsettled');
  });
});

describe('the times of a slip, to the second', () => {
  test.each([
    // now, slip, the order's end → the slip's end, the provider's
    ['04:00:00.000', 120_000, '04:30:00.000', '04:02:00.000Z', '04:02:00.000Z'],
    ['04:00:00.001', 120_000, '04:30:00.000', '04:02:00.001Z', '04:02:00.000Z'],
    ['04:00:00.999', 120_000, '04:30:00.000', '04:02:00.999Z', '04:02:00.000Z'],
    // The order ends first.
    ['04:29:00.000', 120_000, '04:30:00.000', '04:30:00.000Z', '04:30:00.000Z'],
    ['04:28:10.400', 120_000, '04:30:00.900', '04:30:00.900Z', '04:30:00.000Z'],
    // Shorter than the provider accepts: stretched there to its minute, and to the full second after it.
    ['04:29:30.000', 120_000, '04:30:00.000', '04:30:00.000Z', '04:30:30.000Z'],
    ['04:29:30.001', 120_000, '04:30:00.000', '04:30:00.000Z', '04:30:31.000Z'],
    ['04:29:59.999', 120_000, '04:30:00.000', '04:30:00.000Z', '04:31:00.000Z'],
    ['04:00:00.000', 30_000, '04:30:00.000', '04:00:30.000Z', '04:01:00.000Z'],
    // Exactly a minute, begun inside a second: cutting the fraction off would leave less than a minute.
    ['04:00:00.000', 60_000, '04:30:00.000', '04:01:00.000Z', '04:01:00.000Z'],
    ['04:00:00.500', 60_000, '04:30:00.000', '04:01:00.500Z', '04:01:01.000Z'],
  ])('opened at %s for %d ms, order until %s: slip until %s, payable until %s', (now, slipMs, end, slip, payable) => {
    const attempt = openedAt(aState({ expiresAtMs: atTime(end) }), open({ slipMs }), atTime(now));
    expect(timeOf(attempt.expiresAtMs)).toBe(slip);
    expect(timeOf(attempt.payableUntilMs)).toBe(payable);
    expect(attempt.payableUntilMs - atTime(now)).toBeGreaterThanOrEqual(ALIPAY.minimumSlipMs);
  });
});

const openFor = (orderMs: number) => aState({ expiresAtMs: PLACED_AT_MS + orderMs });

describe('the longest life of a slip', () => {
  const HOUR_MS = 60 * MINUTE_MS;
  const maximumSlipMs = 115 * MINUTE_MS;
  const lasting = (slipMs: number) => open({ slipMs, methods: [{ ...ALIPAY, maximumSlipMs }] });

  test.each([
    // the slip that is wanted, the order's time → the slip's
    [maximumSlipMs - 1, 4 * HOUR_MS, maximumSlipMs - 1],
    [maximumSlipMs, 4 * HOUR_MS, maximumSlipMs],
    [maximumSlipMs + 1, 4 * HOUR_MS, maximumSlipMs],
    [4 * HOUR_MS, 4 * HOUR_MS, maximumSlipMs],
    [24 * HOUR_MS, maximumSlipMs + 1, maximumSlipMs],
    // The order ends first.
    [4 * HOUR_MS, maximumSlipMs, maximumSlipMs],
    [4 * HOUR_MS, maximumSlipMs - 1, maximumSlipMs - 1],
    [4 * HOUR_MS, HOUR_MS, HOUR_MS],
    [HOUR_MS, 4 * HOUR_MS, HOUR_MS],
  ])('wanted for %d ms, for an order of %d ms: %d ms', (slipMs, orderMs, expectedMs) => {
    const attempt = openedAt(openFor(orderMs), lasting(slipMs), PLACED_AT_MS);
    expect(attempt.expiresAtMs - PLACED_AT_MS).toBe(expectedMs);
    // The provider stops taking money in the second in which the slip ends.
    expect(attempt.payableUntilMs - PLACED_AT_MS).toBe(Math.floor(expectedMs / 1000) * 1000);
  });

  test('is that of the method which the order is paid by', () => {
    const methods = [ALIPAY, { ...WECHAT, maximumSlipMs: HOUR_MS }];
    const command = open({ slipMs: 24 * HOUR_MS, methods });
    const lasts = (payWith: string | null) =>
      openedAt(aState({ expiresAtMs: PLACED_AT_MS + 24 * HOUR_MS, payWith }), command, PLACED_AT_MS).expiresAtMs -
      PLACED_AT_MS;
    expect([lasts(null), lasts('alipay'), lasts('wechat-pay')]).toEqual([maximumSlipMs, maximumSlipMs, HOUR_MS]);
  });

  test('has passed: the slip has to be settled, and the next one lasts as long again', () => {
    const first = openedAt(openFor(4 * HOUR_MS), lasting(4 * HOUR_MS), PLACED_AT_MS);
    const whenOpen = 'hand_out_again';
    const again = { ...lasting(4 * HOUR_MS), whenOpen } as const;
    const live = aState({ expiresAtMs: PLACED_AT_MS + 4 * HOUR_MS }, { attempts: [first] });
    expect(verdictOf(at(live, again, PLACED_AT_MS + maximumSlipMs - 1))).toBe('already');
    expect(verdictOf(at(live, again, PLACED_AT_MS + maximumSlipMs))).toBe('refused attempt_unsettled');
    const settled = { ...live, attempts: [{ ...first, status: 'closed' } as const] };
    const second = openedAt(settled, again, PLACED_AT_MS + maximumSlipMs);
    expect(second.expiresAtMs).toBe(PLACED_AT_MS + 2 * maximumSlipMs);
  });

  test('gives way to the shortest that the provider accepts', () => {
    const methods = [{ ...ALIPAY, minimumSlipMs: MINUTE_MS, maximumSlipMs: 30_000 }];
    const attempt = openedAt(aState(), open({ methods }), PLACED_AT_MS);
    expect(attempt.expiresAtMs).toBe(PLACED_AT_MS + 30_000);
    expect(attempt.payableUntilMs).toBe(PLACED_AT_MS + MINUTE_MS);
  });
});

describe('what becomes of an attempt', () => {
  const ready: ReadyAttempt = { type: 'ready_attempt', outTradeNo: FIRST, kept: null };
  const fail: FailAttempt = { type: 'fail_attempt', outTradeNo: FIRST, cause: 'NOT_SO' };
  const close: CloseAttempt = { type: 'close_attempt', outTradeNo: FIRST, proof: 'closed' };

  test.each<[AttemptStatus, string, string, string]>([
    // state, then the verdicts on ready, fail and close
    ['opening', 'attempt_ready', 'attempt_failed', 'attempt_closed'],
    ['pending', 'already', 'already', 'attempt_closed'],
    ['closed', 'already', 'already', 'already'],
    ['failed', 'already', 'already', 'already'],
    ['paid', 'already', 'already', 'already'],
  ])('%s: ready → %s, fail → %s, close → %s', (status, ...expected) => {
    const state = withAttempts(anAttempt(1, { status }));
    const verdicts = [ready, fail, close].map((command) => verdictOf(at(state, command, PLACED_AT_MS + 1)));
    expect(verdicts).toEqual(expected);
  });

  test.each([ready, fail, close])('$type of a number that the order does not have', (command) => {
    expect(verdictOf(at(withAttempts(anAttempt(2)), command, PLACED_AT_MS))).toBe('refused attempt_not_found');
  });

  test('also when the order has ended meanwhile: the order stays what it is', () => {
    const state = aState({ status: 'cancelled' }, { attempts: [anAttempt()] });
    expect(decisionOf(at(state, close, PLACED_AT_MS)).events).toMatchObject([{ orderStatus: 'cancelled' }]);
  });

  test.each<[string, OrderCommand, number, number | null]>([
    ['ready: the first look a minute on', ready, PLACED_AT_MS + 5, PLACED_AT_MS + 5 + MINUTE_MS],
    ['refused: never', fail, PLACED_AT_MS + 5, null],
    ['closed for good: never', close, PLACED_AT_MS + 5, null],
    [
      'never opened: once more, a minute after it can no longer be paid',
      { ...close, proof: 'never_opened' },
      PLACED_AT_MS + 5,
      PLACED_AT_MS + SLIP_MS + MINUTE_MS,
    ],
    [
      'never opened, a millisecond before that look',
      { ...close, proof: 'never_opened' },
      PLACED_AT_MS + SLIP_MS + MINUTE_MS - 1,
      PLACED_AT_MS + SLIP_MS + MINUTE_MS,
    ],
    [
      'never opened, at that look: never',
      { ...close, proof: 'never_opened' },
      PLACED_AT_MS + SLIP_MS + MINUTE_MS,
      null,
    ],
  ])('%s', (_name, command, nowMs, nextQueryAtMs) => {
    const state = withAttempts(anAttempt(1, { status: 'opening' }));
    expect(decisionOf(at(state, command, nowMs)).changes).toMatchObject([
      { type: 'move_attempt', outTradeNo: FIRST, from: 'opening', paidAtMs: null, nextQueryAtMs },
    ]);
  });

  test('what the vault sealed is kept with the attempt, and told to nobody', () => {
    const state = withAttempts(anAttempt(1, { status: 'opening' }));
    const { events, changes } = decisionOf(
      at(state, { ...ready, kept: { row: attemptRow(FIRST), sealed: 'k.sealed' } }, PLACED_AT_MS),
    );
    expect(changes).toEqual([
      expect.objectContaining({ type: 'move_attempt', from: 'opening', to: 'pending' }),
      { type: 'keep_personal', row: attemptRow(FIRST), sealed: 'k.sealed' },
    ]);
    expect(JSON.stringify(events)).not.toContain('sealed');
  });

  test.each<[AttemptStatus]>([['pending'], ['closed'], ['failed'], ['paid']])(
    'what was sealed too late, for one that is %s, is not kept',
    (status) => {
      const state = withAttempts(anAttempt(1, { status, sealed: 'k.before' }));
      const late = at(state, { ...ready, kept: { row: attemptRow(FIRST), sealed: 'k.late' } }, PLACED_AT_MS);
      expect(late).toEqual({ ok: true, value: { already: true, subject: FIRST } });
    },
  );

  test('the provider’s cause is kept beside the number', () => {
    const state = withAttempts(anAttempt(1, { status: 'opening' }));
    expect(decisionOf(at(state, fail, PLACED_AT_MS)).events).toMatchObject([{ reason: `${FIRST}: NOT_SO` }]);
  });
});

test('a paid order keeps its verdicts when its attempt is asked about', () => {
  const close: CloseAttempt = { type: 'close_attempt', outTradeNo: FIRST, proof: 'closed' };
  expect(verdictOf(at(aPaidState(), close, PLACED_AT_MS))).toBe('already');
});
