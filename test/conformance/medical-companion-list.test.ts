/** The medical companion's lists and times: pages, exact totals whatever has happened, and what each status holds. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CompanionCustomer, companionCustomer, payAtWechat } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './medical-companion-answers.ts';
import { CANCELLED } from './medical-companion-examples.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { cancelOrder, completeOrder, decideOnRefund } from './operator-desk.ts';
import { seen } from './refusal.ts';

const ORDER_TTL_MS = 1_800_000;
const MINUTE_MS = 60_000;
const STATUSES = ['pending_pay', 'paid', 'completed', 'cancelled', 'refunded'] as const;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  shop.wechatPay.refunds.setCourse('at_once');
});

async function page(customer: CompanionCustomer, more = '') {
  const received = await customer.list(more);
  expect(received.status).toBe(200);
  return answers.listAnswer.parse(received.json).data;
}

async function shown(customer: CompanionCustomer, orderId: number) {
  return answers.detailAnswer.parse((await customer.detail(orderId)).json).data;
}

async function placeMany(customer: CompanionCustomer, count: number): Promise<number[]> {
  const orders: number[] = [];
  for (let nth = 0; nth < count; nth++) orders.unshift((await customer.newOrder()).orderId);
  return orders;
}

const EMPTY = { list: [], total: 0, page: 1, pageSize: 10, hasMore: false };

describe('paging', () => {
  test('ten a page, newest first, and whether there are more', async () => {
    const customer = await newCustomer(shop);
    expect(await page(customer)).toEqual(EMPTY);
    const orders = await placeMany(customer, 21);
    for (const [number, from, to] of [
      [1, 0, 10],
      [2, 10, 20],
      [3, 20, 21],
      [4, 21, 21],
    ] as const) {
      const { list, ...rest } = await page(customer, `&page=${number}`);
      expect(list.map(({ id }) => id)).toEqual(orders.slice(from, to));
      expect(rest).toEqual({ total: 21, page: number, pageSize: 10, hasMore: number < 3 });
    }
  });

  test('of any size up to fifty, every order is on one page exactly', async () => {
    const customer = await newCustomer(shop);
    const orders = await placeMany(customer, 51);
    for (const pageSize of [1, 7, 17, 50]) {
      const found: number[] = [];
      for (let number = 1, hasMore = true; hasMore; number++) {
        const read = await page(customer, `&page=${number}&pageSize=${pageSize}`);
        expect(read).toMatchObject({ total: 51, page: number, pageSize });
        found.push(...read.list.map(({ id }) => id));
        ({ hasMore } = read);
      }
      expect(found).toEqual(orders);
    }
    expect(await page(customer, '&pageSize=50')).toMatchObject({ hasMore: true });
    expect(await page(customer, '&pageSize=17&page=3')).toMatchObject({ hasMore: false });
  });

  const NO_NUMBERS = [
    '',
    '0',
    '-1',
    '+1',
    '%201',
    '1%20',
    '1.0',
    '1.5',
    '1e1',
    '0x1',
    '１',
    '%00',
    '%FF',
    'NaN',
    'null',
    'first',
    '1,2',
    '9007199254740993',
    '1'.repeat(1000),
  ];

  test.each(NO_NUMBERS)('page=%s counts as left out', async (value) => {
    const customer = await newCustomer(shop);
    const [orderId] = await placeMany(customer, 1);
    const read = await page(customer, `&page=${value}`);
    expect([read.page, read.list.map(({ id }) => id)]).toEqual([1, [orderId]]);
  });

  test.each([...NO_NUMBERS, '51', '100', '10000000000'])('pageSize=%s counts as left out', async (value) => {
    const customer = await newCustomer(shop);
    expect(await page(customer, `&pageSize=${value}`)).toEqual(EMPTY);
  });

  test('given twice, page and pageSize count as left out', async () => {
    const customer = await newCustomer(shop);
    expect(await page(customer, '&page=2&page=3&pageSize=20&pageSize=30')).toEqual(EMPTY);
  });

  test('as far out as anybody can ask there is an empty page', async () => {
    const customer = await newCustomer(shop);
    await placeMany(customer, 1);
    for (const number of [2, 1_000_000, 99_999_999_999_999]) {
      expect(await page(customer, `&page=${number}&pageSize=50`)).toEqual({
        list: [],
        total: 1,
        page: number,
        pageSize: 50,
        hasMore: false,
      });
    }
  });

  test('a parameter that is not known changes nothing', async () => {
    const customer = await newCustomer(shop);
    expect(await page(customer, '&sort=asc&offset=5')).toEqual(EMPTY);
  });
});

/** One order in each state that an order can be in, by the status that it shows. */
async function oneOfEach(customer: CompanionCustomer) {
  const expired = await customer.newOrder();
  shop.pass(ORDER_TTL_MS);
  await shop.cron();
  const cancelled = await customer.newOrder();
  await customer.cancel(cancelled.orderId);
  const operators = await customer.newOrder();
  await cancelOrder(operators.orderNo);
  const pending = await customer.newOrder();
  const paid = await customer.newPaidOrder();
  const completed = await customer.newPaidOrder();
  await completeOrder(completed.orderNo);
  const refunded = await customer.newPaidOrder();
  await customer.newRefund(refunded.orderId, 299);
  await decideOnRefund(refunded.orderNo, 'approve');
  return {
    pending_pay: [pending.orderId],
    paid: [paid.orderId],
    completed: [completed.orderId],
    cancelled: [operators.orderId, cancelled.orderId, expired.orderId],
    refunded: [refunded.orderId],
  };
}

describe('status', () => {
  test('each holds the orders that show it, with their exact number', async () => {
    const customer = await newCustomer(shop);
    const orders = await oneOfEach(customer);
    for (const status of STATUSES) {
      const { list, total } = await page(customer, `&status=${status}`);
      expect([status, list.map(({ id }) => id), total]).toEqual([status, orders[status], orders[status].length]);
      expect(new Set(list.map((order) => order.status))).toEqual(new Set([status]));
    }
    expect(await page(customer)).toMatchObject({ total: 7, hasMore: false });
    expect(await page(customer, '&status=cancelled&pageSize=2')).toMatchObject({ total: 3, hasMore: true });
    expect(await page(customer, '&status=cancelled&pageSize=2&page=2')).toMatchObject({ total: 3, hasMore: false });
  });

  test.each([
    '',
    'expired',
    'pending_payment',
    'PAID',
    'paid%20',
    'paid,completed',
    '%00',
    '%FF',
    '__proto__',
    'constructor',
    'toString',
    "paid'%20OR%20'1'='1",
    '待支付',
    'a'.repeat(5000),
  ])('%s holds nothing', async (status) => {
    const customer = await newCustomer(shop);
    await placeMany(customer, 1);
    expect(await page(customer, `&status=${status}&page=2&pageSize=5`)).toEqual({ ...EMPTY, page: 2, pageSize: 5 });
  });

  test.each([
    '&status=paid&status=pending_pay',
    '&status=pending_pay&status=pending_pay',
    '&status=pending_pay&st%61tus=',
  ])('given twice holds nothing: %s', async (more) => {
    const customer = await newCustomer(shop);
    await placeMany(customer, 1);
    expect(await page(customer, more)).toEqual(EMPTY);
  });

  test('past its time an order waits to be paid until the cron has moved it, in every list and total', async () => {
    const customer = await newCustomer(shop);
    const [orderId = 0] = await placeMany(customer, 1);
    const totals = async () =>
      Promise.all(
        ['&status=pending_pay', '&status=cancelled', ''].map(async (more) => (await page(customer, more)).total),
      );
    shop.pass(ORDER_TTL_MS);
    expect([await totals(), await customer.statusOf(orderId)]).toEqual([[1, 0, 1], 'pending_pay']);
    await shop.cron();
    expect([await totals(), await customer.statusOf(orderId)]).toEqual([[0, 1, 1], 'cancelled']);
  });
});

describe('totals after any history', () => {
  type Step = 'place' | 'pay' | 'cancel' | 'complete' | 'refund' | 'part' | 'expire';
  type Known = { orderId: number; orderNo: string; status: (typeof STATUSES)[number] };

  /** Does one thing to the latest order that it can be done to, and remembers what that order is now. */
  async function take(customer: CompanionCustomer, orders: Known[], step: Step): Promise<void> {
    const latest = (...statuses: string[]) => orders.findLast(({ status }) => statuses.includes(status));
    if (step === 'place') orders.push({ ...(await customer.newOrder()), status: 'pending_pay' });
    const pending = latest('pending_pay');
    if (step === 'pay' && pending) {
      payAtWechat(shop, await customer.newTicket(pending.orderId));
      await shop.deliverNotifications();
      pending.status = 'paid';
    }
    if (step === 'cancel' && pending) {
      const { text } = await customer.cancel(pending.orderId);
      if (text === CANCELLED) pending.status = 'cancelled';
    }
    const paid = latest('paid');
    if (step === 'complete' && paid) {
      await completeOrder(paid.orderNo);
      paid.status = 'completed';
    }
    const refundable = latest('paid', 'completed');
    if ((step === 'refund' || step === 'part') && refundable) {
      const { refundInfo } = await shown(customer, refundable.orderId);
      const yuan = step === 'part' ? 0.29 : refundInfo === null ? 299 : null;
      if (yuan !== null) {
        await customer.newRefund(refundable.orderId, yuan);
        await decideOnRefund(refundable.orderNo, 'approve');
        if (yuan === 299) refundable.status = 'refunded';
      }
    }
    if (step === 'expire') {
      shop.pass(ORDER_TTL_MS);
      await shop.cron();
      for (const order of orders) if (order.status === 'pending_pay') order.status = 'cancelled';
    }
  }

  const steps = fc.array(
    fc.constantFrom<Step>('place', 'place', 'place', 'pay', 'pay', 'cancel', 'complete', 'refund', 'part', 'expire'),
    { minLength: 6, maxLength: 24 },
  );

  test('every list and every total is what has happened', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const customer = await newCustomer(shop);
        const orders: Known[] = [];
        for (const step of history) await take(customer, orders, step);
        for (const status of [null, ...STATUSES]) {
          const wanted = orders
            .filter((order) => status === null || order.status === status)
            .map(({ orderId }) => orderId);
          const { list, total } = await page(customer, `&pageSize=50${status === null ? '' : `&status=${status}`}`);
          expect([status, total, list.map(({ id }) => id)]).toEqual([status, wanted.length, wanted.toReversed()]);
        }
      }),
      { numRuns: 20, seed: 20_240_115 },
    );
  });
});

describe('userId', () => {
  test('missing', async () => {
    const customer = await newCustomer(shop);
    expect(seen(await customer.send('/list'))).toEqual(refusal(400, 'userId 不能为空'));
    expect(seen(await customer.send('/list?status=paid&page=1'))).toEqual(refusal(400, 'userId 不能为空'));
  });

  test.each(['', '0', '-1', 'x', '1.0', '%20', '1e0', '%00', '9007199254740992', '１', 'undefined'])(
    'malformed: %s',
    async (value) => {
      const customer = await newCustomer(shop);
      expect(seen(await customer.send(`/list?userId=${value}`))).toEqual(
        refusal(400, 'userId 必须是 1 到 9007199254740991 之间的整数'),
      );
    },
  );

  test('given twice', async () => {
    const customer = await newCustomer(shop);
    const received = await customer.send(`/list?userId=${customer.userId}&userId=${customer.userId}`);
    expect(seen(received)).toEqual(refusal(400, 'userId 必须是 1 到 9007199254740991 之间的整数'));
  });

  test("somebody else's, whether they exist or not", async () => {
    const [customer, other] = [await newCustomer(shop), await newCustomer(shop)];
    await placeMany(other, 1);
    for (const userId of [other.userId, 999_999]) {
      for (const more of ['', '&status=nonsense', '&page=0']) {
        expect(seen(await customer.send(`/list?userId=${userId}${more}`))).toEqual(refusal(403, '没有权限'));
      }
    }
  });

  test('anybody’s for an operator, and nobody’s is empty', async () => {
    const other = await newCustomer(shop);
    const orders = await placeMany(other, 2);
    const operator = companionCustomer(shop, { ...other, userId: 9001 }, 'operator');
    const read = async (userId: number) =>
      answers.listAnswer.parse((await operator.send(`/list?userId=${userId}`)).json).data;
    expect((await read(other.userId)).list.map(({ id, userId }) => [id, userId])).toEqual(
      orders.map((id) => [id, other.userId]),
    );
    expect(await read(999_999)).toEqual(EMPTY);
  });
});

test('times are UTC to the second, and a moment is not rounded up', async () => {
  const customer = await newCustomer(shop);
  const at = (time: string) => shop.pass(Date.parse(time) - Date.now());
  at('2023-12-31T23:59:59.999Z');
  const { orderId } = await customer.newOrder();
  expect(await shown(customer, orderId)).toMatchObject({
    createdAt: '2023-12-31T23:59:59Z',
    updatedAt: '2023-12-31T23:59:59Z',
    paymentInfo: null,
    refundInfo: null,
  });
  at('2024-01-01T00:00:29.500Z');
  payAtWechat(shop, await customer.newTicket(orderId));
  await shop.deliverNotifications();
  expect(await shown(customer, orderId)).toMatchObject({
    createdAt: '2023-12-31T23:59:59Z',
    updatedAt: '2024-01-01T00:00:29Z',
    paymentInfo: { paymentMethod: 'wechat_pay', paidAt: '2024-01-01T00:00:29Z' },
  });
  const [listed] = (await page(customer)).list;
  expect(listed).toMatchObject({ createdAt: '2023-12-31T23:59:59Z', updatedAt: '2024-01-01T00:00:29Z' });
  at(`2024-01-01T00:01:00.000Z`);
  await customer.newRefund(orderId, 299);
  shop.pass(MINUTE_MS);
  expect((await shown(customer, orderId)).refundInfo).toMatchObject({ status: 'pending', refundedAt: null });
});
