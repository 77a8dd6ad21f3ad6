/** Recharge's table of moves, cell by cell: every status against every call and every word, for both roles. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { STATUSES, type Status } from '../../src/dialects/recharge/status.ts';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  newOrderAt,
  ofQuantity,
  payAtWechat,
  type RechargeCaller,
  rechargeOperator,
  type StationedOrder,
} from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { DONE, FORBIDDEN, refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

let payments = 0;

/** What of an order of 200 yuan is left to be given back: of one that was recharged by half, the other half. */
const leftOf = (status: Status): number => (status === 'partial' ? 100 : 200);

type Call = (who: RechargeCaller, order: StationedOrder, status: Status) => Promise<Received>;

/** Every move, with a request that would go through where the table allows it. */
const MOVES: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    STATUSES.map((word): [string, Call] => [`PUT ${word}`, (who, { id }) => who.putStatus(id, word, '状态更新备注')]),
  ),
  pay: (who, { id }) => who.pay(id),
  payment: (who, { id }) => who.payment(id, `PAY${++payments}`),
  recharge: (who, { id }) => who.recharge(id),
  success: (who, { id }) => who.success(id),
  fail: (who, { id }) => who.fail(id),
  refund: (who, { id }, status) => who.refund(id, leftOf(status)),
  cancel: (who, { id }) => who.cancel(id),
  split: (who, { id }) => who.split(id, HALVES),
  partial: (who, { id }) => who.partial(id, 1, 1),
};

/** The contract's table: what each status may become, and by which move. What is not in here is refused. */
const ALLOWED: Readonly<Record<Status, Readonly<Record<string, Status>>>> = {
  pending_payment: {
    'PUT cancelled': 'cancelled',
    pay: 'pending_payment',
    payment: 'pending_recharge',
    cancel: 'cancelled',
  },
  pending_recharge: {
    'PUT recharging': 'recharging',
    'PUT failed': 'failed',
    recharge: 'recharging',
    fail: 'failed',
    refund: 'refunded',
    split: 'split',
  },
  recharging: {
    'PUT success': 'success',
    'PUT failed': 'failed',
    success: 'success',
    fail: 'failed',
    partial: 'partial',
  },
  partial: {
    'PUT recharging': 'recharging',
    'PUT success': 'success',
    'PUT failed': 'failed',
    recharge: 'recharging',
    success: 'success',
    fail: 'failed',
    refund: 'refunded',
  },
  failed: { 'PUT pending_recharge': 'pending_recharge', refund: 'refunded' },
  success: { refund: 'refunded' },
  refunded: {},
  cancelled: {},
  split: {},
};

async function versionOf({ id }: StationedOrder): Promise<number> {
  const row = await env.DB.prepare('SELECT version FROM orders WHERE id = ?1').bind(id).first<{ version: number }>();
  return row?.version ?? -1;
}

/** All that a refused request must leave as it was. */
async function everythingOf(order: StationedOrder) {
  return [await rowCounts(), await versionOf(order), (await customer.detail(order.id)).text];
}

describe.each(STATUSES)('%s', (status) => {
  let order: StationedOrder;
  beforeAll(async () => {
    order = await newOrderAt(shop, customer, status);
  });

  const moves = Object.entries(MOVES);
  const leadsTo = ALLOWED[status];
  const isAllowed = (move: string) => leadsTo[move] !== undefined;

  test.each(moves.filter(([move]) => isAllowed(move)))('%s is an operator’s to make', async (move, call) => {
    const own = await newOrderAt(shop, customer, status);
    const version = await versionOf(own);
    const received = await call(operator, own, status);
    expect([received.status, received.json]).toMatchObject([200, { code: 0, message: 'success' }]);
    expect(await customer.statusOf(own.id)).toBe(leadsTo[move]);
    expect(await versionOf(own)).toBeGreaterThan(version);
  });

  test.each(moves.filter(([move]) => !isAllowed(move)))('%s is refused, and writes nothing', async (_move, call) => {
    const before = await everythingOf(order);
    const received = await call(operator, order, status);
    expect([received.status, received.json]).toMatchObject([409, { code: 1003, data: null }]);
    expect(await everythingOf(order)).toEqual(before);
  });

  test.each(moves.filter(([move]) => !['pay', 'payment', 'cancel'].includes(move)))(
    '%s is not a customer’s to make',
    async (_move, call) => {
      const before = await everythingOf(order);
      expect(seen(await call(customer, order, status))).toEqual(FORBIDDEN);
      expect(await everythingOf(order)).toEqual(before);
    },
  );

  const shared = moves.filter(([move]) => move === 'pay' || move === 'cancel');

  test.each(shared.filter(([move]) => isAllowed(move)))('%s is its customer’s to make, too', async (move, call) => {
    const own = await newOrderAt(shop, customer, status);
    expect((await call(customer, own, status)).json).toMatchObject({ code: 0 });
    expect(await customer.statusOf(own.id)).toBe(leadsTo[move]);
  });

  test.each(shared.filter(([move]) => !isAllowed(move)))('%s is refused to its customer, too', async (_move, call) => {
    const before = await everythingOf(order);
    const [ours, theirs] = [await call(customer, order, status), await call(operator, order, status)];
    expect([ours.status, ours.json]).toMatchObject([409, { code: 1003 }]);
    expect(seen(ours)).toEqual(seen(theirs));
    expect(await everythingOf(order)).toEqual(before);
  });

  test('payment by its customer is a question, and makes nothing so', async () => {
    const before = await everythingOf(order);
    const paymentId = order.paymentId ?? 'PAY123456';
    // What paid the order has paid it; what is nobody's attempt has not.
    expect(seen(await customer.payment(order.id, paymentId))).toEqual(
      order.paymentId === null ? refusal(1002, '支付单不存在') : DONE,
    );
    expect(await everythingOf(order)).toEqual(before);
  });
});

test('an order that ran out is as good as cancelled, once the cron has moved it', async () => {
  const order = await newOrderAt(shop, customer, 'pending_payment');
  shop.pass(1_800_000);
  await shop.cron();
  expect(await customer.statusOf(order.id)).toBe('cancelled');
  const before = await everythingOf(order);
  for (const [move, call] of Object.entries(MOVES)) {
    const received = await call(operator, order, 'cancelled');
    expect([move, received.status, received.json]).toMatchObject([move, 409, { code: 1003 }]);
  }
  expect(await everythingOf(order)).toEqual(before);
});

test('a word that the document does not know is a bad parameter, whatever the status', async () => {
  const order = await newOrderAt(shop, customer, 'pending_recharge');
  const before = await everythingOf(order);
  for (const word of ['paid', 'expired', 'completed', 'in_progress', 'RECHARGING', 'recharging ', '', '__proto__']) {
    expect(seen(await operator.putStatus(order.id, word))).toEqual(
      refusal(1001, `status 必须是 ${STATUSES.join('、')} 之一`),
    );
  }
  expect(await everythingOf(order)).toEqual(before);
});

test('a recharge fails with a remark only, in both ways to say so', async () => {
  const order = await newOrderAt(shop, customer, 'recharging');
  const before = await everythingOf(order);
  for (const remark of [undefined, '', ' \r\n\t', '\u3000']) {
    expect(seen(await operator.putStatus(order.id, 'failed', remark))).toEqual(refusal(1001, 'remark 不能为空'));
  }
  expect(seen(await operator.fail(order.id, ' '))).toEqual(refusal(1001, 'remark 不能为空'));
  expect((await operator.send(`/${order.id}/fail`, { body: {} })).json).toMatchObject({
    code: 1001,
    message: 'remark 不能为空',
  });
  expect((await operator.send(`/${order.id}/fail`, { method: 'POST' })).json).toMatchObject({ code: 1001 });
  expect(await everythingOf(order)).toEqual(before);
});

test('a failed recharge may be tried again, as often as it takes', async () => {
  const { id } = await newOrderAt(shop, customer, 'failed');
  for (let round = 0; round < 3; round++) {
    expect(seen(await operator.putStatus(id, 'pending_recharge'))).toEqual(DONE);
    expect(await customer.statusOf(id)).toBe('pending_recharge');
    expect(seen(await operator.recharge(id))).toEqual(DONE);
    expect(seen(await operator.fail(id))).toEqual(DONE);
  }
  expect(seen(await operator.putStatus(id, 'pending_recharge', '再试一次'))).toEqual(DONE);
  expect(seen(await operator.putStatus(id, 'recharging'))).toEqual(DONE);
  expect(seen(await operator.putStatus(id, 'success'))).toEqual(DONE);
  expect(await customer.statusOf(id)).toBe('success');
});

test('what is recharged in part goes on, and comes to an end', async () => {
  const { id } = await newOrderAt(shop, customer, 'partial');
  expect(seen(await operator.recharge(id, { api_order_number: 'API-2', api_trade_num: 'TRADE-2' }))).toEqual(DONE);
  expect(seen(await operator.partial(id, 1, 1))).toEqual(DONE);
  expect(seen(await operator.success(id, { remark: '' }))).toEqual(DONE);
  expect(await customer.statusOf(id)).toBe('success');
});

test('while money is on its way back nothing is recharged, and nothing is refunded twice', async () => {
  const { id } = await customer.newOrder({ ...ofQuantity(2), payment_method: 'wechat' });
  const { code_url } = await customer.newWechatCode(id);
  payAtWechat(shop, code_url);
  await shop.deliverNotifications();
  shop.wechatPay.refunds.setCourse('when_told');
  expect(seen(await operator.refund(id, 50))).toEqual(DONE);
  expect(await customer.statusOf(id)).toBe('pending_recharge');
  const before = await rowCounts();
  for (const asked of [
    () => operator.recharge(id),
    () => operator.putStatus(id, 'recharging'),
    () => operator.fail(id),
    () => operator.split(id, HALVES),
    () => operator.refund(id, 50),
  ]) {
    expect(seen(await asked())).toEqual(refusal(1003, '订单已退款或正在退款'));
  }
  expect(await rowCounts()).toEqual(before);
});
