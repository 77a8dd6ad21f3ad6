/** Load, decide, commit: what is retried, what is looked up first, and how a lost answer is found again. */
import { describe, expect, test } from 'vitest';
import type { OpenAttempt, OrderCommand } from '../../src/core/order/command.ts';
import { REASONS } from '../../src/core/errors.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { OrderLog } from '../../src/core/order/order-log.ts';
import { submitCommand } from '../../src/core/order/submit-command.ts';
import { createMemoryOrderLog, type MemoryOrderLog } from './memory-order-log.ts';
import {
  aCapture,
  ALIPAY,
  anAttempt,
  aPaidState,
  aRefund,
  aState,
  aSubmission,
  ORDER_NO,
  SLIP_MS,
  WORDS,
  ANYTHING,
} from './order-states.ts';

const OPEN: OpenAttempt = { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' };
const CANCEL: OrderCommand = { type: 'cancel', reason: WORDS };
const OPENING = { status: 'opening' } as const;
const FIRST = `${ORDER_NO}0001`;

/** What goes wrong with one commit: before it is written, or after. */
type Trouble = 'conflict' | 'lost before' | 'lost after';

/** A log over another one that counts its calls, and in which each commit of the list goes wrong in its turn. */
function troubled(log: MemoryOrderLog, troubles: Trouble[] = [], failingLoads = 0) {
  const calls: string[] = [];
  let loadsToFail = failingLoads;
  const wrapped: OrderLog = {
    load: async (orderNo) => {
      calls.push('load');
      if (loadsToFail-- > 0) throw new Error('Network connection lost.');
      return log.load(orderNo);
    },
    commit: async (head, decision) => {
      calls.push('commit');
      const trouble = troubles.shift();
      if (trouble === 'conflict') return { status: 'conflict' };
      if (trouble === 'lost before') throw new Error('Network connection lost.');
      const outcome = await log.commit(head, decision);
      if (trouble === 'lost after') throw new Error('Network connection lost.');
      return outcome;
    },
  };
  return { log: wrapped, calls };
}

const open = (state: OrderState = aState()) => createMemoryOrderLog(state);

describe('the way through', () => {
  test('without memory: one load, one commit', async () => {
    const store = open();
    const { log, calls } = troubled(store);
    const submitted = await submitCommand(log, null, aSubmission(OPEN));
    expect(submitted).toEqual({ ok: true, subject: FIRST, state: store.state() });
    expect(calls).toEqual(['load', 'commit']);
  });

  test('with memory that is right: one commit', async () => {
    const store = open();
    const { log, calls } = troubled(store);
    expect(await submitCommand(log, store.state(), aSubmission(OPEN))).toMatchObject({ ok: true, subject: FIRST });
    expect(calls).toEqual(['commit']);
  });

  test('an order that does not exist', async () => {
    const { log, calls } = troubled(open());
    const submitted = await submitCommand(log, null, aSubmission(OPEN, { orderNo: '2022112200000000000000' }));
    expect(submitted).toEqual({ ok: false, refusal: { reason: 'order_not_found' }, state: null });
    expect(calls).toEqual(['load']);
  });

  test('a refusal carries the order that it was refused on', async () => {
    const store = open(aPaidState());
    const submitted = await submitCommand(store, null, aSubmission(CANCEL));
    expect(submitted).toEqual({ ok: false, refusal: { reason: 'order_not_unpaid' }, state: store.state() });
  });
});

describe('conflicts', () => {
  test.each([1, 2, 7])('%d in a row: decided anew on a fresh order each time', async (count) => {
    const store = open();
    const { log, calls } = troubled(store, Array.from<Trouble>({ length: count }).fill('conflict'));
    expect(await submitCommand(log, null, aSubmission(OPEN))).toMatchObject({ ok: true });
    expect(calls).toHaveLength(2 * (count + 1));
    expect(store.events()).toHaveLength(2);
  });

  test('eight in a row: busy, come back in a second, nothing written', async () => {
    const store = open();
    const { log, calls } = troubled(store, Array.from<Trouble>({ length: 8 }).fill('conflict'));
    const submitted = await submitCommand(log, null, aSubmission(OPEN));
    expect(submitted).toEqual({ ok: false, refusal: { reason: 'busy', retryAfterSeconds: 1 }, state: null });
    expect(calls.filter((call) => call === 'commit')).toHaveLength(8);
    expect(store.events()).toHaveLength(1);
  });

  test('memory that is behind loses against the version, and what is decided then is decided on the truth', async () => {
    const store = open();
    const behind = store.state();
    await submitCommand(store, null, aSubmission(CANCEL, { commitId: 'c-other' }));
    const { log, calls } = troubled(store);
    const submitted = await submitCommand(log, behind, aSubmission(OPEN));
    expect(submitted).toMatchObject({ ok: false, refusal: { reason: 'order_cancelled' } });
    expect(calls).toEqual(['commit', 'load']);
    expect(store.events()).toHaveLength(2);
  });
});

describe('what memory may answer', () => {
  test.each<[string, OrderState, string]>([
    ['a slip that is open', aState({}, { attempts: [anAttempt()] }), 'attempt_open'],
    ['an order that is paid', aPaidState(), 'order_already_paid'],
    ['one that the provider is being asked for', aState({}, { attempts: [anAttempt(1, OPENING)] }), 'attempt_open'],
  ])('the double click: %s', async (_name, state, reason) => {
    const { log, calls } = troubled(open(state));
    expect(await submitCommand(log, state, aSubmission(OPEN))).toMatchObject({ ok: false, refusal: { reason }, state });
    expect(calls).toEqual([]);
  });

  test('no other refusal: the order may have gone on since', async () => {
    const outTradeNo = FIRST;
    const refundNo = `${FIRST}01`;
    const spent = Array.from({ length: 99 }, (_, index) => anAttempt(index + 1, { status: 'closed' }));
    const cases: [OrderState, OrderCommand][] = [
      [aState({ status: 'cancelled' }), OPEN],
      [aState({ status: 'expired' }), OPEN],
      [aState({ payWith: 'nobody' }), OPEN],
      [aState({}, { attempts: [anAttempt(1, { expiresAtMs: 0 })] }), OPEN],
      [aState({}, { attempts: spent }), OPEN],
      [aPaidState(), CANCEL],
      [aState(), { type: 'close_attempt', outTradeNo, proof: 'closed' }],
      [
        aState(),
        { type: 'advance_fulfilment', to: 'completed', policy: ANYTHING, remark: null, facts: null, heldBackFen: null },
      ],
      [aState(), { type: 'request_refund', amountFen: 'all', policy: ANYTHING, reason: null, approval: 'auto' }],
      [aPaidState(), { type: 'request_refund', amountFen: 0, policy: ANYTHING, reason: null, approval: 'auto' }],
      [aPaidState(), { type: 'decide_refund', refundNo, verdict: 'approve', reason: null }],
      [aPaidState(), { type: 'settle_refund', refundNo, outcome: 'succeeded', cause: null }],
      [aPaidState(), { type: 'return_surplus', provider: 'alipay', transactionId: 't' }],
    ];
    const refused = new Set<string>();
    for (const [state, command] of cases) {
      const { log, calls } = troubled(open(state));
      const submitted = await submitCommand(log, state, aSubmission(command));
      expect([command.type, submitted.ok, calls]).toEqual([command.type, false, ['load']]);
      if (!submitted.ok) refused.add(submitted.refusal.reason);
    }
    expect(REASONS.filter((reason) => refused.has(reason))).toEqual([
      'order_expired',
      'order_cancelled',
      'order_not_paid',
      'order_not_unpaid',
      'move_not_allowed',
      'attempt_unsettled',
      'attempt_not_found',
      'attempts_exhausted',
      'provider_not_offered',
      'refund_exceeds_paid',
      'refund_not_found',
    ]);
  });

  test('not that there is nothing to write: an attempt that memory has open may be over', async () => {
    const pending = aState({}, { attempts: [anAttempt()] });
    const again: OrderCommand = { ...OPEN, whenOpen: 'hand_out_again' };
    const store = open(pending);
    const close: OrderCommand = { type: 'close_attempt', outTradeNo: FIRST, proof: 'closed' };
    await submitCommand(store, null, aSubmission(close, { commitId: 'c-other' }));
    const submitted = await submitCommand(store, pending, aSubmission(again));
    expect(submitted).toMatchObject({ ok: true, subject: `${ORDER_NO}0002` });
  });
});

describe('what memory may call done', () => {
  test('money that was taken: its repeats ask nothing of the database', async () => {
    const state = aPaidState();
    const { log, calls } = troubled(open(state));
    const { provider, ...payment } = aCapture();
    const repeat: OrderCommand = {
      type: 'settle_payment',
      provider,
      payment: { ...payment, paidAtMs: payment.capturedAtMs },
      proof: 'notification',
      receipt: null,
    };
    expect(await submitCommand(log, state, aSubmission(repeat))).toMatchObject({ ok: true, subject: FIRST });
    expect(calls).toEqual([]);
  });

  test('not a refund that memory has waiting: it may have been approved, sent, and be back by now', async () => {
    const waiting = aPaidState({}, [aRefund(aCapture(), 1, { status: 'requested' })]);
    const store = open(waiting);
    const refundNo = `${FIRST}01`;
    const approve: OrderCommand = { type: 'decide_refund', refundNo, verdict: 'approve', reason: null };
    await submitCommand(store, null, aSubmission(approve, { commitId: 'c-other' }));
    const back: OrderCommand = { type: 'settle_refund', refundNo, outcome: 'succeeded', cause: null };
    await submitCommand(store, waiting, aSubmission(back));
    expect(store.state().order.status).toBe('refunded');
  });
});

describe('a database that does not answer', () => {
  test.each<[string, Trouble[], number, string[]]>([
    ['a load, twice', [], 2, ['load', 'load', 'load', 'commit']],
    ['a commit that was not written', ['lost before'], 0, ['load', 'commit', 'load', 'commit']],
    ['a commit that was written: found by its id', ['lost after'], 0, ['load', 'commit', 'load']],
    ['one of each', ['lost before', 'lost after'], 0, ['load', 'commit', 'load', 'commit', 'load']],
  ])('%s', async (_name, troubles, failingLoads, expected) => {
    const store = open();
    const { log, calls } = troubled(store, troubles, failingLoads);
    const submitted = await submitCommand(log, null, aSubmission(OPEN));
    expect(submitted).toEqual({ ok: true, subject: FIRST, state: store.state() });
    expect(calls).toEqual(expected);
    expect(store.events()).toHaveLength(2);
  });

  test('three failures: throws what the database said, for whoever knows what to make of it', async () => {
    const store = open();
    const { log, calls } = troubled(store, [], 3);
    await expect(submitCommand(log, null, aSubmission(OPEN))).rejects.toThrow('Network connection lost.');
    expect(calls).toEqual(['load', 'load', 'load']);
  });

  test('conflicts in between do not make up for a failure', async () => {
    const { log } = troubled(open(), ['lost before', 'conflict', 'lost before', 'conflict', 'lost before']);
    await expect(submitCommand(log, null, aSubmission(OPEN))).rejects.toThrow('Network connection lost.');
  });

  test('a write whose answer never came is recognised when it is submitted again', async () => {
    const store = open();
    await submitCommand(store, null, aSubmission(OPEN));
    const again = await submitCommand(store, null, aSubmission(OPEN));
    expect(again).toMatchObject({ ok: true, state: store.state() });
    expect(store.events()).toHaveLength(2);
  });

  test('another submission of the same command is another one', async () => {
    const store = open();
    await submitCommand(store, null, aSubmission(OPEN));
    const other = await submitCommand(store, null, aSubmission(OPEN, { commitId: 'c-other' }));
    expect(other).toMatchObject({ ok: false, refusal: { reason: 'attempt_open' } });
  });
});
