/** The operator API's money back: refunds that customers ask for, and those that operators make by themselves. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import * as answers from './admin-answers.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { allRows } from './admin-rows.ts';
import { type Customer, customerOf } from './customer.ts';

let shop: Shop;
let operator: Operator;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});
afterEach(async () => {
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** A paid order whose customer wants the money back, and the number of that wish. */
async function refundWanted(): Promise<{ customer: Customer; orderNo: string; outTradeNo: string; refundNo: string }> {
  const customer = customerOf(shop);
  const { orderId, slip } = await customer.paidOrder();
  expect((await customer.refund(orderId)).status).toBe(200);
  return { customer, orderNo: orderId, outTradeNo: slip.payment_id, refundNo: `${slip.payment_id}01` };
}

const approve = (refundNo: string, body?: unknown) => operator.post(`/refunds/${refundNo}/approve`, body);
const reject = (refundNo: string) => operator.post(`/refunds/${refundNo}/reject`, { reason: 'work was done' });
const giveBack = (orderNo: string, amountFen: number) =>
  operator.post(`/orders/${orderNo}/refunds`, { amountFen, reason: 'came late' });

async function history(orderNo: string) {
  return answers.historyAnswer.parse((await operator.get(`/orders/${orderNo}`)).json);
}

/** The numbers of the refunds on the desk, newest first. */
async function listed(query: string): Promise<string[]> {
  const { items } = answers.refundPage.parse((await operator.get(`/refunds?limit=100${query}`)).json);
  return items.map(({ refundNo }) => refundNo);
}

/** The refunds of a payment in Alipay's own books. */
const refundsAtAlipay = (outTradeNo: string) =>
  shop.alipay.ledger.trade(outTradeNo)?.refunds.map(({ refundNo, amountFen }) => [refundNo, amountFen]);

const count = (received: readonly Received[], status: number) => received.filter((one) => one.status === status).length;

describe('approving', () => {
  test('sends the money back, and the order is refunded once Alipay says so', async () => {
    const { customer, orderNo, outTradeNo, refundNo } = await refundWanted();
    shop.pass(1000);
    const approved = await approve(refundNo);
    expect(approved.status).toBe(200);
    const now = Date.now();
    const refund = {
      refundNo,
      orderNo,
      outTradeNo,
      status: 'processing',
      amountFen: 19_600,
      reason: null,
      requestedBy: `user:${customer.userId}`,
      decidedBy: operator.actor,
      createdAt: new Date(now - 1000).toISOString(),
      finishedAt: null,
    };
    expect(answers.refundAnswer.parse(approved.json)).toEqual(refund);
    expect(refundsAtAlipay(outTradeNo)).toEqual([[refundNo, 19_600]]);
    const { order, refunds, log } = await history(orderNo);
    expect(order).toMatchObject({ status: 'refunded', paidFen: 19_600, refundedFen: 19_600 });
    expect(refunds).toEqual([{ ...refund, status: 'succeeded', finishedAt: new Date(now).toISOString() }]);
    expect(log.slice(-3).map(({ actor, type, reason }) => [actor, type, reason])).toEqual([
      [operator.actor, 'refund_approved', refundNo],
      ['provider:alipay', 'refund_succeeded', refundNo],
      ['provider:alipay', 'order_refunded', refundNo],
    ]);
    expect((await customer.detail(orderNo)).json).toMatchObject({ data: { status: 3 } });
  });

  test('may say why', async () => {
    const { orderNo, refundNo } = await refundWanted();
    expect((await approve(refundNo, { reason: 'technician was ill 🤒' })).status).toBe(200);
    const { log } = await history(orderNo);
    expect(log.find(({ type }) => type === 'refund_approved')?.reason).toBe('technician was ill 🤒');
  });

  test.each([
    ['no body, but a content type', { headers: { 'content-type': 'application/json' } }],
    ['an empty body', { body: '' }],
    ['an empty object', { body: {} }],
  ])('%s does', async (_what, sent) => {
    const { refundNo } = await refundWanted();
    expect((await operator.send(`/refunds/${refundNo}/approve`, { method: 'POST', ...sent })).status).toBe(200);
  });

  test('twenty operators at once: one decides, and one refund leaves', async () => {
    const { orderNo, outTradeNo, refundNo } = await refundWanted();
    const operators = Array.from({ length: 20 }, (_, nth) => operatorOf(shop, `90${nth}`));
    const decided = await Promise.all(operators.map((one) => one.post(`/refunds/${refundNo}/approve`)));
    expect([count(decided, 200), count(decided, 409)]).toEqual([1, 19]);
    const refused = decided.filter(({ status }) => status === 409);
    expect(new Set(refused.map((one) => problemOf(one).join()))).toEqual(new Set(['409,refund_already_decided']));
    expect(refundsAtAlipay(outTradeNo)).toEqual([[refundNo, 19_600]]);
    expect((await history(orderNo)).order).toMatchObject({ status: 'refunded', refundedFen: 19_600 });
  });

  test('approving and rejecting at once: one of them counts', async () => {
    for (let round = 0; round < 5; round++) {
      const { orderNo, outTradeNo, refundNo } = await refundWanted();
      const decided = await Promise.all([reject(refundNo), approve(refundNo), reject(refundNo), approve(refundNo)]);
      expect([count(decided, 200), count(decided, 409)]).toEqual([1, 3]);
      const isApproved = [1, 3].some((nth) => decided[nth]?.status === 200);
      const { order, refunds } = await history(orderNo);
      expect(order.status).toBe(isApproved ? 'refunded' : 'paid');
      expect(refunds.map(({ status }) => status)).toEqual([isApproved ? 'succeeded' : 'rejected']);
      expect(refundsAtAlipay(outTradeNo)).toHaveLength(isApproved ? 1 : 0);
    }
  });

  test('is no more than sending: an answer that is lost is asked for, under the same number', async () => {
    const { orderNo, outTradeNo, refundNo } = await refundWanted();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind: 'timeout' });
    expect((await approve(refundNo)).json).toMatchObject({ status: 'processing', finishedAt: null });
    expect(await history(orderNo)).toMatchObject({
      order: { status: 'paid', refundedFen: 0 },
      refunds: [{ status: 'processing', finishedAt: null }],
    });
    shop.pass(61_000);
    await shop.cron();
    expect(await history(orderNo)).toMatchObject({
      order: { status: 'refunded', refundedFen: 19_600 },
      refunds: [{ refundNo, status: 'succeeded' }],
    });
    expect(refundsAtAlipay(outTradeNo)).toEqual([[refundNo, 19_600]]);
  });

  test('twice is refused, before and after Alipay has answered', async () => {
    const { refundNo } = await refundWanted();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: '500' });
    await approve(refundNo);
    expect(problemOf(await approve(refundNo))).toEqual([409, 'refund_already_decided']);
    expect(problemOf(await reject(refundNo))).toEqual([409, 'refund_already_decided']);
    shop.pass(61_000);
    await shop.cron();
    const before = await allRows();
    expect(problemOf(await approve(refundNo))).toEqual([409, 'refund_already_decided']);
    expect(problemOf(await reject(refundNo))).toEqual([409, 'refund_already_decided']);
    expect(await allRows()).toEqual(before);
  });
});

describe('rejecting', () => {
  test('moves no money, says why, and the customer may ask again', async () => {
    const { customer, orderNo, outTradeNo, refundNo } = await refundWanted();
    const rejected = await reject(refundNo);
    expect(rejected.status).toBe(200);
    expect(answers.refundAnswer.parse(rejected.json)).toMatchObject({
      refundNo,
      status: 'rejected',
      decidedBy: operator.actor,
      finishedAt: new Date(Date.now()).toISOString(),
    });
    const { order, log } = await history(orderNo);
    expect(order).toMatchObject({ status: 'paid', refundedFen: 0 });
    expect(log.at(-1)).toMatchObject({ actor: operator.actor, type: 'refund_rejected', reason: 'work was done' });
    expect(problemOf(await reject(refundNo))).toEqual([409, 'refund_already_decided']);
    expect(problemOf(await approve(refundNo))).toEqual([409, 'refund_already_decided']);
    expect(refundsAtAlipay(outTradeNo)).toEqual([]);

    expect((await customer.refund(orderNo)).status).toBe(200);
    expect((await approve(`${outTradeNo}02`)).status).toBe(200);
    expect(refundsAtAlipay(outTradeNo)).toEqual([[`${outTradeNo}02`, 19_600]]);
    expect((await history(orderNo)).order).toMatchObject({ status: 'refunded', refundedFen: 19_600 });
  });
});

describe('POST /admin/orders/:orderNo/refunds', () => {
  test('asks and approves in one step: a part, then the rest', async () => {
    const { orderId: orderNo, slip } = await customerOf(shop).paidOrder();
    const outTradeNo = slip.payment_id;
    const part = await giveBack(orderNo, 5000);
    expect(part.status).toBe(200);
    expect(answers.refundAnswer.parse(part.json)).toEqual({
      refundNo: `${outTradeNo}01`,
      orderNo,
      outTradeNo,
      status: 'processing',
      amountFen: 5000,
      reason: 'came late',
      requestedBy: operator.actor,
      decidedBy: operator.actor,
      createdAt: new Date(Date.now()).toISOString(),
      finishedAt: null,
    });
    expect(await history(orderNo)).toMatchObject({
      order: { status: 'paid', paidFen: 19_600, refundedFen: 5000 },
      refunds: [{ status: 'succeeded' }],
    });
    expect(problemOf(await giveBack(orderNo, 14_601))).toEqual([409, 'refund_exceeds_paid']);
    shop.pass(5000);
    expect((await giveBack(orderNo, 14_600)).status).toBe(200);
    expect((await history(orderNo)).order).toMatchObject({ status: 'refunded', refundedFen: 19_600 });
    expect(refundsAtAlipay(outTradeNo)).toEqual([
      [`${outTradeNo}01`, 5000],
      [`${outTradeNo}02`, 14_600],
    ]);
    expect(problemOf(await giveBack(orderNo, 1))).toEqual([409, 'refund_already_requested']);
  });

  test('gives back one fen, and the money of work that was completed', async () => {
    const { orderId: orderNo, slip } = await customerOf(shop).paidOrder();
    await operator.post(`/orders/${orderNo}/fulfilment`, { to: 'completed' });
    expect((await giveBack(orderNo, 1)).status).toBe(200);
    expect((await history(orderNo)).order).toMatchObject({ status: 'completed', refundedFen: 1 });
    expect(refundsAtAlipay(slip.payment_id)).toEqual([[`${slip.payment_id}01`, 1]]);
  });

  test('twenty at once, each for more than half: one goes through', async () => {
    const { orderId: orderNo, slip } = await customerOf(shop).paidOrder();
    const asked = await Promise.all(Array.from({ length: 20 }, () => giveBack(orderNo, 10_000)));
    expect([count(asked, 200), count(asked, 409)]).toEqual([1, 19]);
    expect(refundsAtAlipay(slip.payment_id)).toEqual([[`${slip.payment_id}01`, 10_000]]);
  });

  test('is refused while a customer waits for a word, for more than was paid, and for what was not paid', async () => {
    const { orderNo: waiting } = await refundWanted();
    const { orderId: paid } = await customerOf(shop).paidOrder();
    const unpaid = await customerOf(shop).newOrder();
    const before = await allRows();
    expect(problemOf(await giveBack(waiting, 1))).toEqual([409, 'refund_already_requested']);
    expect(problemOf(await giveBack(paid, 19_601))).toEqual([409, 'refund_exceeds_paid']);
    expect(problemOf(await giveBack(paid, 10_000_000_000))).toEqual([409, 'refund_exceeds_paid']);
    expect(problemOf(await giveBack(unpaid, 1))).toEqual([409, 'order_not_paid']);
    expect(await allRows()).toEqual(before);
  });
});

describe('GET /admin/refunds', () => {
  test('newest first, by status', async () => {
    const wanted = await refundWanted();
    const rejected = await refundWanted();
    await reject(rejected.refundNo);
    const approved = await refundWanted();
    await approve(approved.refundNo);
    const stuck = await refundWanted();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'reset' });
    await approve(stuck.refundNo);
    const newest = [stuck, approved, rejected, wanted].map(({ refundNo }) => refundNo);
    expect((await listed('')).slice(0, 4)).toEqual(newest);
    expect((await listed('&status=requested'))[0]).toBe(wanted.refundNo);
    expect((await listed('&status=rejected'))[0]).toBe(rejected.refundNo);
    expect((await listed('&status=succeeded'))[0]).toBe(approved.refundNo);
    expect((await listed('&status=processing'))[0]).toBe(stuck.refundNo);
    expect(await listed('&status=failed')).toEqual([]);
    const byStatus = await Promise.all(
      ['requested', 'processing', 'succeeded', 'failed', 'rejected'].map((status) => listed(`&status=${status}`)),
    );
    expect(byStatus.flat().toSorted()).toEqual((await listed('')).toSorted());
  });

  test('page by page: no gap, none twice', async () => {
    const all = await listed('');
    expect(all.length).toBeGreaterThan(5);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const path: string = `/refunds?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = answers.refundPage.parse((await operator.get(path)).json);
      paged.push(...page.items.map(({ refundNo }) => refundNo));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });
});
