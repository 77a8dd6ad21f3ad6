/** What the cron does each minute, and what it does when a minute, an hour, or everything else goes wrong. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { prepare } from '../../src/compose.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { OrderEvent } from '../../src/core/order/order-event.ts';
import type { PaymentProvider } from '../../src/core/payment/provider.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createOrderStore } from '../../src/db/order-store.ts';
import { pay, place, placeAndPay, type Slip, slipOf } from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ORDER_TTL_MS = 30 * MINUTE_MS;
const SLIP_MS = 2 * MINUTE_MS;
const AMOUNT_FEN = 19_600;

let shop: Shop;
/** The alerts of a test, by their event. */
let alerts: string[];

beforeEach(async () => {
  vi.restoreAllMocks();
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  shop = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
  // Alipay outlives the database that was emptied: what went wrong there on purpose must not.
  shop.alipay.faults.heal();
  alerts = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => {
    alerts.push(String(/"event":"(\w+)"/.exec(line)?.[1]));
  });
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});

/** Does a thing so many times, one after the other. */
async function times<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let nth = 0; nth < count; nth++) made.push(await make());
  return made;
}

/** Lets minutes pass, with the cron at the end of each. */
async function minutes(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    shop.pass(MINUTE_MS);
    await shop.cron();
  }
}

/** An order and its log, read behind everybody's back: no glance at the provider is set off. */
async function look(orderNo: string): Promise<{ state: OrderState; events: OrderEvent[] }> {
  const found = await createOrderStore(openDatabase(env.DB, 'first-primary').db, new Map()).history(orderNo);
  if (found === null) throw new Error('there is no such order');
  return found;
}
const stateOf = async (orderNo: string) => (await look(orderNo)).state;
const orderStatus = async (orderNo: string) => (await stateOf(orderNo)).order.status;

async function eventsOf(orderNo: string, type: string): Promise<number> {
  return (await look(orderNo)).events.filter((event) => event.type === type).length;
}

/** The provider that this shop's Worker asks. */
async function alipayOfWorker(): Promise<PaymentProvider> {
  const prepared = await prepare(shop.bindings);
  const provider = prepared.ok ? prepared.isolate.providers.get('alipay') : undefined;
  if (!provider) throw new Error('Alipay is not configured');
  return provider;
}

/** Pays at the cashier; what Alipay has to say of it gets lost. */
function payUnheard(slip: Slip): void {
  const outcome = shop.alipay.pay(slip.order_str);
  if (!outcome.ok) throw new Error(`the cashier refused: ${outcome.subCode}`);
  shop.alipay.takeNotifications();
}

/** Makes the database fail on every statement that matches, as if it had gone away for that one. */
function failStatements(pattern: RegExp): void {
  const open = env.DB.withSession.bind(env.DB);
  vi.spyOn(env.DB, 'withSession').mockImplementation((from) => {
    const session = open(from);
    const prepareStatement = session.prepare.bind(session);
    session.prepare = (query) => {
      if (pattern.test(query)) throw new Error('D1_ERROR: Network connection lost.');
      return prepareStatement(query);
    };
    return session;
  });
}

const refundsAt = (slip: Slip) => shop.alipay.ledger.trade(slip.payment_id)?.refunds ?? [];

describe('a payment that nobody told of', () => {
  test.each([
    // seconds after the slip: the first cron run, and the payment
    [60, 1],
    [60, 59],
    [60, 61],
    [60, 119],
    [1, 2],
    [1, 62],
    [59, 60],
    [59, 119.5],
  ])('is found within two runs, with runs from second %d on and paid at second %d', async (firstRun, paidAt) => {
    const { orderId, slip } = await placeAndPay(shop);
    let runs = 0;
    let clock = 0;
    const goTo = (second: number) => {
      shop.pass((second - clock) * SECOND_MS);
      clock = second;
    };
    for (let run = firstRun; (await orderStatus(orderId)) !== 'paid' && run < 600; run += 60) {
      if (clock < paidAt && paidAt <= run) {
        goTo(paidAt);
        payUnheard(slip);
      }
      goTo(run);
      await shop.cron();
      if (run >= paidAt) runs += 1;
    }
    expect(await orderStatus(orderId)).toBe('paid');
    expect(runs).toBeLessThanOrEqual(2);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });
});

describe('a slip that is not paid', () => {
  test.each([
    ['was never opened', false],
    ['was opened and left', true],
  ])('and %s is closed once its time is up, and then left alone', async (_name, opened) => {
    const { orderId, slip } = await placeAndPay(shop);
    if (opened) shop.alipay.openWithoutPaying(slip.order_str);
    await minutes(1);
    expect((await stateOf(orderId)).attempts).toMatchObject([{ status: 'pending' }]);
    await minutes(2);
    expect((await stateOf(orderId)).attempts).toMatchObject([{ status: 'closed' }]);
    await minutes(2);
    const query = vi.spyOn(await alipayOfWorker(), 'query');
    await minutes(20);
    expect(query).not.toHaveBeenCalled();
    expect(await orderStatus(orderId)).toBe('pending_payment');
  });

  test('is asked about once more after it was closed unseen, and money found there counts', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    await shop.send(`/V1/order/pay/${slip.payment_id}`, { method: 'DELETE' });
    expect((await stateOf(orderId)).attempts).toMatchObject([{ status: 'closed' }]);
    // The order string in the customer's hands works until its time is up, whatever this service thinks.
    shop.pass(SLIP_MS - 1);
    payUnheard(slip);
    await minutes(2);
    expect(await orderStatus(orderId)).toBe('paid');
  });

  test('and was closed unseen is asked about that once, and then left alone', async () => {
    const { slip } = await placeAndPay(shop);
    await shop.send(`/V1/order/pay/${slip.payment_id}`, { method: 'DELETE' });
    const query = vi.spyOn(await alipayOfWorker(), 'query');
    await minutes(20);
    expect(query).toHaveBeenCalledTimes(1);
  });

  test('is asked about after 1, 3, 5, 10 and 30 minutes, once each, whether one run comes or two', async () => {
    shop = await openShop({ limits: 'off', vars: { ORDER_TTL_SECONDS: '7200', PAYMENT_TTL_SECONDS: '3600' } });
    await placeAndPay(shop);
    const openedAtMs = Date.now();
    const askedAt: number[] = [];
    vi.spyOn(await alipayOfWorker(), 'query').mockImplementation(() => {
      askedAt.push((Date.now() - openedAtMs) / MINUTE_MS);
      return Promise.resolve({ status: 'unpaid' });
    });
    for (let minute = 0; minute < 40; minute++) {
      shop.pass(MINUTE_MS);
      await Promise.all([shop.cron(), shop.cron()]);
    }
    expect(askedAt).toEqual([1, 3, 5, 10, 30]);
  });
});

describe('expiry', () => {
  test('is done by the first run after the end, not before', async () => {
    const orderId = await place(shop);
    shop.pass(ORDER_TTL_MS - 1);
    await shop.cron();
    expect(await orderStatus(orderId)).toBe('pending_payment');
    shop.pass(1);
    await shop.cron();
    expect(await orderStatus(orderId)).toBe('expired');
  });

  test('by two runs at once is one event for each order, with and without slips', async () => {
    const idle = await times(10, () => place(shop));
    shop.pass(ORDER_TTL_MS - MINUTE_MS);
    const paying = await Promise.all(idle.slice(0, 5).map(async (orderId) => pay(shop, orderId)));
    expect(paying.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    shop.pass(MINUTE_MS);
    await Promise.all([shop.cron(), shop.cron()]);
    expect(await Promise.all(idle.map((orderId) => orderStatus(orderId)))).toEqual(idle.map(() => 'expired'));
    expect(await Promise.all(idle.map((orderId) => eventsOf(orderId, 'order_expired')))).toEqual(idle.map(() => 1));
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('waits while Alipay cannot be asked about a slip; paying is refused all the same; then it is done', async () => {
    const orderId = await place(shop);
    const quiet = await place(shop);
    shop.pass(ORDER_TTL_MS - MINUTE_MS);
    slipOf(await pay(shop, orderId));
    shop.alipay.faults.plan({ when: 'before', kind: 'timeout', times: 1000 });
    await minutes(5);
    expect(await Promise.all([orderStatus(orderId), orderStatus(quiet)])).toEqual(['pending_payment', 'expired']);
    expect((await pay(shop, orderId)).json).toMatchObject({ message: '订单已过期' });
    expect(alerts).toContain('provider_unanswered');
    shop.alipay.faults.heal();
    await minutes(1);
    expect(await orderStatus(orderId)).toBe('expired');
  });

  test('does not happen to an order whose money is found in the last look', async () => {
    const orderId = await place(shop);
    shop.pass(ORDER_TTL_MS - MINUTE_MS);
    payUnheard(slipOf(await pay(shop, orderId)));
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await orderStatus(orderId)).toBe('paid');
    expect(await eventsOf(orderId, 'order_expired')).toBe(0);
  });
});

describe('a poison row does not stop the others', () => {
  test('among payments to be found', async () => {
    const all = await times(3, () => placeAndPay(shop));
    for (const { slip } of all) payUnheard(slip);
    const provider = await alipayOfWorker();
    const query = provider.query.bind(provider);
    const poison = all[0]?.slip.payment_id;
    const spy = vi.spyOn(provider, 'query').mockImplementation((outTradeNo) => {
      if (outTradeNo === poison) throw new TypeError('cannot read what this one says');
      return query(outTradeNo);
    });
    await minutes(1);
    expect(await Promise.all(all.map(({ orderId }) => orderStatus(orderId)))).toEqual([
      'pending_payment',
      'paid',
      'paid',
    ]);
    expect(alerts).toContain('job_row_failed');
    expect((await shop.send('/ready', { token: null })).status).toBe(200);
    // It is due again by its schedule, and harmless once whatever ailed it is mended.
    spy.mockRestore();
    await minutes(2);
    expect(await orderStatus(all[0]?.orderId ?? '')).toBe('paid');
  });

  test('among orders to be expired', async () => {
    const all = await times(3, () => place(shop));
    shop.pass(ORDER_TTL_MS - MINUTE_MS);
    const slips = await Promise.all(all.map(async (orderId) => slipOf(await pay(shop, orderId))));
    const provider = await alipayOfWorker();
    const query = provider.query.bind(provider);
    const spy = vi.spyOn(provider, 'query').mockImplementation((outTradeNo) => {
      if (outTradeNo === slips[0]?.payment_id) throw new TypeError('cannot read what this one says');
      return query(outTradeNo);
    });
    await minutes(2);
    expect(await Promise.all(all.map(orderStatus))).toEqual(['pending_payment', 'expired', 'expired']);
    spy.mockRestore();
    await minutes(1);
    expect(await orderStatus(all[0] ?? '')).toBe('expired');
  });

  test('among refunds to be followed', async () => {
    const all = await times(3, paid);
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind: 'reset', times: 3 });
    for (const { orderId } of all) await askRefund(orderId);
    const provider = await alipayOfWorker();
    const queryRefund = provider.queryRefund.bind(provider);
    const spy = vi.spyOn(provider, 'queryRefund').mockImplementation((request) => {
      if (request.outTradeNo === all[0]?.slip.payment_id) throw new TypeError('cannot read what this one says');
      return queryRefund(request);
    });
    await minutes(1);
    expect(await Promise.all(all.map(({ orderId }) => orderStatus(orderId)))).toEqual(['paid', 'refunded', 'refunded']);
    spy.mockRestore();
    await minutes(2);
    expect(await orderStatus(all[0]?.orderId ?? '')).toBe('refunded');
  });
});

describe('a job that fails', () => {
  test('leaves the others alone, is not counted as having run, and catches up', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    payUnheard(slip);
    const due = await place(shop);
    failStatements(/from "payment_attempts" where "payment_attempts"."next_look_at_ms"/);
    shop.pass(ORDER_TTL_MS);
    await shop.cron();
    expect(await Promise.all([orderStatus(orderId), orderStatus(due)])).toEqual(['paid', 'expired']);
    expect(alerts).toContain('job_failed');
    const { results } = await env.DB.prepare('SELECT job FROM job_runs ORDER BY job').all();
    expect(results.map(({ job }) => job)).toEqual([
      'deliver_notifications',
      'expire_orders',
      'forget_keys',
      'open_subscriptions',
      'pay_commissions',
      'reconcile_refunds',
      'reseal',
    ]);
    expect(shop.webhooks.length).toBeGreaterThan(0);
  });
});

/** The states that these orders are in. */
async function statuses(orders: readonly string[]): Promise<string[]> {
  return [...new Set(await Promise.all(orders.map(orderStatus)))];
}

describe('a cron that missed an hour', () => {
  test('does everything in one run that it should have done meanwhile, more than a page of it', async () => {
    const unheard = await times(65, () => placeAndPay(shop));
    for (const { slip } of unheard) payUnheard(slip);
    const left = await times(5, () => placeAndPay(shop));
    const idle = await times(5, () => place(shop));
    shop.pass(HOUR_MS);
    await shop.cron();
    expect(await statuses(unheard.map(({ orderId }) => orderId))).toEqual(['paid']);
    expect(await statuses([...left.map(({ orderId }) => orderId), ...idle])).toEqual(['expired']);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
    // The shop hears of what this run has done from the next one at the latest.
    await minutes(1);
    const untold = await env.DB.prepare("SELECT count(*) AS untold FROM outbox WHERE status = 'pending'").first(
      'untold',
    );
    expect(untold).toBe(0);
  });
});

const ready = async () => {
  const { status, json } = await shop.send('/ready', { token: null });
  return { status, json };
};

describe('readiness', () => {
  test('before the first run there is nothing to rely on', async () => {
    expect(await ready()).toEqual({
      status: 503,
      json: { status: 'unready', checks: { configuration: 'ok', database: 'ok', cron: 'has not run yet' } },
    });
  });

  test('it lasts five minutes from the last run', async () => {
    await shop.cron();
    const all = await env.DB.prepare('SELECT count(*) FROM job_runs WHERE ran_at_ms = ?').bind(Date.now()).first();
    expect(all).toEqual({ 'count(*)': 8 });
    expect((await ready()).status).toBe(200);
    shop.pass(5 * MINUTE_MS);
    expect((await ready()).status).toBe(200);
    shop.pass(1);
    expect(await ready()).toMatchObject({ status: 503, json: { checks: { cron: 'last ran 300 s ago' } } });
    await shop.cron();
    expect((await ready()).status).toBe(200);
  });

  test('one job that no longer gets through is enough to lose it', async () => {
    await shop.cron();
    failStatements(/from "refunds"/);
    for (let nth = 0; nth < 5; nth++) await minutes(1);
    expect((await ready()).status).toBe(200);
    await minutes(1);
    expect(await ready()).toMatchObject({ status: 503, json: { checks: { cron: 'last ran 360 s ago' } } });
  });

  test('one job that never once got through is enough never to have it', async () => {
    failStatements(/from "refunds"/);
    await minutes(2);
    expect(await ready()).toMatchObject({ status: 503, json: { checks: { cron: 'has not run yet' } } });
  });

  test('a job of an earlier release is not waited for', async () => {
    await env.DB.prepare("INSERT INTO job_runs (job, ran_at_ms) VALUES ('of_old', 1)").run();
    await shop.cron();
    expect((await ready()).status).toBe(200);
  });
});

const detail = (orderId: string) => shop.send(`/V1/order/${orderId}`);

describe('somebody who looks at their order', () => {
  test('sets off one question to Alipay in five seconds, and none before the slip is five seconds old', async () => {
    const { orderId } = await placeAndPay(shop);
    const query = vi.spyOn(await alipayOfWorker(), 'query');
    shop.pass(4999);
    await detail(orderId);
    expect(query).toHaveBeenCalledTimes(0);
    shop.pass(1);
    await Promise.all(Array.from({ length: 10 }, () => detail(orderId)));
    expect(query).toHaveBeenCalledTimes(1);
    shop.pass(4999);
    await detail(orderId);
    expect(query).toHaveBeenCalledTimes(1);
    shop.pass(1);
    await detail(orderId);
    expect(query).toHaveBeenCalledTimes(2);
  });

  test('sees their payment at the next look, though its notification was lost', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    payUnheard(slip);
    shop.pass(5 * SECOND_MS);
    expect((await detail(orderId)).json).toMatchObject({ data: { status: 0 } });
    expect((await detail(orderId)).json).toMatchObject({ data: { status: 1 } });
  });

  test('asks nobody about an order without an open slip', async () => {
    const query = vi.spyOn(await alipayOfWorker(), 'query');
    const unpaid = await place(shop);
    const { orderId } = await paid();
    query.mockClear();
    shop.pass(MINUTE_MS);
    await detail(unpaid);
    await detail(orderId);
    expect(query).not.toHaveBeenCalled();
  });

  test('still sees their order while Alipay is down', async () => {
    const { orderId } = await placeAndPay(shop);
    shop.alipay.faults.plan({ when: 'before', kind: 'reset', times: 10 });
    shop.pass(5 * SECOND_MS);
    expect(await detail(orderId)).toMatchObject({ status: 200, json: { data: { status: 0 } } });
  });
});

/** An order that is paid and told so. */
async function paid(): Promise<{ orderId: string; slip: Slip }> {
  const opened = await placeAndPay(shop);
  shop.alipay.pay(opened.slip.order_str);
  await shop.deliverNotifications();
  return opened;
}

async function askRefund(orderId: string): Promise<void> {
  const answer = await shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
  expect(answer.status).toBe(200);
}

describe('a refund', () => {
  test.each(['reset', 'timeout', '500', 'malformed', 'unsigned'] as const)(
    'whose answer is lost after the fact (%s) is one refund, and found by the next run',
    async (kind) => {
      const { orderId, slip } = await paid();
      shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind });
      await askRefund(orderId);
      expect(await orderStatus(orderId)).toBe('paid');
      const refund = vi.spyOn(await alipayOfWorker(), 'refund');
      await minutes(1);
      expect(await orderStatus(orderId)).toBe('refunded');
      expect(refund).not.toHaveBeenCalled();
      await minutes(40);
      expect(refundsAt(slip)).toMatchObject([{ refundNo: `${slip.payment_id}01`, amountFen: AMOUNT_FEN }]);
    },
  );

  test('that never arrived is sent again under the same number', async () => {
    const { orderId, slip } = await paid();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'reset' });
    await askRefund(orderId);
    expect(refundsAt(slip)).toEqual([]);
    await minutes(1);
    expect(await orderStatus(orderId)).toBe('refunded');
    expect(refundsAt(slip)).toMatchObject([{ refundNo: `${slip.payment_id}01`, amountFen: AMOUNT_FEN }]);
    expect((await stateOf(orderId)).refunds).toHaveLength(1);
  });

  test('is followed through a whole day without an answer, by its schedule, to its end', async () => {
    const { orderId, slip } = await paid();
    shop.alipay.faults.plan({ when: 'before', kind: 'timeout', times: 1000 });
    await askRefund(orderId);
    const query = vi.spyOn(await alipayOfWorker(), 'queryRefund');
    const askedAt: number[] = [];
    const startedAtMs = Date.now();
    query.mockImplementation(() => {
      askedAt.push((Date.now() - startedAtMs) / MINUTE_MS);
      return Promise.resolve({ status: 'unknown', cause: 'no answer' });
    });
    for (let nth = 0; nth < 24 * 6; nth++) {
      shop.pass(nth < 6 ? MINUTE_MS : 10 * MINUTE_MS);
      await shop.cron();
    }
    expect(askedAt.slice(0, 3)).toEqual([1, 3, 5]);
    expect(askedAt.slice(3).every((minute, nth) => minute - (askedAt[nth + 2] ?? 0) >= 5)).toBe(true);
    expect(askedAt.length).toBeGreaterThan(24);
    expect(await orderStatus(orderId)).toBe('paid');
    query.mockRestore();
    shop.alipay.faults.heal();
    shop.pass(30 * MINUTE_MS);
    await shop.cron();
    expect(await orderStatus(orderId)).toBe('refunded');
    expect(refundsAt(slip)).toHaveLength(1);
  });

  test('two runs at once, just when it is due, are one refund', async () => {
    const { orderId, slip } = await paid();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'reset' });
    await askRefund(orderId);
    shop.pass(MINUTE_MS);
    const refund = vi.spyOn(await alipayOfWorker(), 'refund');
    await Promise.all([shop.cron(), shop.cron()]);
    expect(refund).toHaveBeenCalledTimes(1);
    expect(refundsAt(slip)).toHaveLength(1);
    expect(await eventsOf(orderId, 'refund_succeeded')).toBe(1);
  });

  test('refused for good frees the money, and the customer may ask again', async () => {
    const { orderId, slip } = await paid();
    shop.alipay.faults.plan({
      method: 'alipay.trade.refund',
      when: 'before',
      kind: 'refused',
      subCode: 'ACQ.TRADE_NOT_ALLOW_REFUND',
    });
    await askRefund(orderId);
    expect((await stateOf(orderId)).refunds).toMatchObject([{ status: 'failed' }]);
    await minutes(3);
    expect(refundsAt(slip)).toEqual([]);
    await askRefund(orderId);
    expect(refundsAt(slip)).toMatchObject([{ refundNo: `${slip.payment_id}02` }]);
    expect(await orderStatus(orderId)).toBe('refunded');
  });
});

/** An order with a slip that both have run out. */
async function expired(): Promise<{ orderId: string; slip: Slip }> {
  const opened = await placeAndPay(shop);
  shop.pass(ORDER_TTL_MS);
  await shop.cron();
  expect(await orderStatus(opened.orderId)).toBe('expired');
  return opened;
}

describe('money that comes too late', () => {
  test.each([
    ['a second', SECOND_MS],
    ['an hour', HOUR_MS],
    ['a day', DAY_MS],
  ])('%s after the order’s end is back at once', async (_name, afterMs) => {
    const { orderId, slip } = await expired();
    shop.pass(afterMs);
    shop.alipay.pay(slip.order_str, { late: true });
    expect((await shop.deliverNotifications()).map(({ text }) => text)).toEqual(['success']);
    expect(refundsAt(slip)).toMatchObject([{ refundNo: `${slip.payment_id}01`, amountFen: AMOUNT_FEN }]);
    expect(await orderStatus(orderId)).toBe('expired');
    expect(alerts).toContain('surplus_money');
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test.each([
    ['a second', SECOND_MS, 'before'],
    ['an hour', HOUR_MS, 'before'],
    ['a day', DAY_MS, 'before'],
    ['a second', SECOND_MS, 'after'],
    ['an hour', HOUR_MS, 'after'],
    ['a day', DAY_MS, 'after'],
  ] as const)('%s (%d ms) too late, the refund’s answer lost %s it: back within two runs', async (_name, ms, when) => {
    const { orderId, slip } = await expired();
    shop.pass(ms);
    shop.alipay.pay(slip.order_str, { late: true });
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when, kind: 'timeout' });
    await shop.deliverNotifications(2);
    await minutes(2);
    expect(refundsAt(slip)).toMatchObject([{ refundNo: `${slip.payment_id}01`, amountFen: AMOUNT_FEN }]);
    expect((await stateOf(orderId)).refunds).toMatchObject([{ status: 'succeeded', purpose: 'surplus' }]);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('in the minute that Alipay gives a short slip beyond the order’s end, and unheard of, is found and sent back', async () => {
    const orderId = await place(shop);
    shop.pass(ORDER_TTL_MS - SECOND_MS);
    const slip = slipOf(await pay(shop, orderId));
    shop.pass(SECOND_MS);
    await shop.cron();
    expect(await orderStatus(orderId)).toBe('expired');
    shop.pass(50 * SECOND_MS);
    payUnheard(slip);
    await minutes(2);
    expect(refundsAt(slip)).toMatchObject([{ amountFen: AMOUNT_FEN }]);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('and that Alipay will not take back is tried again a day later under a new number, until it is back', async () => {
    const { orderId, slip } = await expired();
    shop.alipay.pay(slip.order_str, { late: true });
    const refused = {
      method: 'alipay.trade.refund',
      when: 'before',
      kind: 'refused',
      subCode: 'ACQ.TRADE_NOT_ALLOW_REFUND',
    } as const;
    shop.alipay.faults.plan({ ...refused, times: 2 });
    await shop.deliverNotifications();
    const numbers = async () => (await stateOf(orderId)).refunds.map((one) => [one.refundNo.slice(-2), one.status]);
    expect(await numbers()).toEqual([['01', 'failed']]);
    expect(alerts).toContain('refund_failed');
    shop.pass(DAY_MS - 1);
    await shop.cron();
    expect(await numbers()).toEqual([['01', 'failed']]);
    // One run writes the new refund down, the next one sends it: two runs at once cannot both send.
    shop.pass(1);
    await shop.cron();
    expect(await numbers()).toEqual([
      ['01', 'failed'],
      ['02', 'processing'],
    ]);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await numbers()).toEqual([
      ['01', 'failed'],
      ['02', 'failed'],
    ]);
    shop.pass(DAY_MS);
    await Promise.all([shop.cron(), shop.cron()]);
    shop.pass(MINUTE_MS);
    await Promise.all([shop.cron(), shop.cron()]);
    expect(await numbers()).toEqual([
      ['01', 'failed'],
      ['02', 'failed'],
      ['03', 'succeeded'],
    ]);
    expect(refundsAt(slip)).toMatchObject([{ refundNo: `${slip.payment_id}03`, amountFen: AMOUNT_FEN }]);
    await minutes(3);
    expect(await numbers()).toHaveLength(3);
  });
});

describe('keys of double clicks', () => {
  test('are kept for two days, and then forgotten', async () => {
    const body = { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 };
    await shop.send('/V1/order', { body, headers: { 'Idempotency-Key': 'k1' } });
    const keys = env.DB.prepare('SELECT count(*) AS kept FROM idempotency_keys');
    shop.pass(2 * DAY_MS);
    await shop.cron();
    expect(await keys.first('kept')).toBe(1);
    shop.pass(1);
    await shop.cron();
    expect(await keys.first('kept')).toBe(0);
  });
});
