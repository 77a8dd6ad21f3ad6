/** Recharge's list: who sees which orders, filters by status and time to the second, pages, and exact totals. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STATUSES } from '../../src/dialects/recharge/status.ts';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  newOrderAt,
  newPaidOrder,
  ofQuantity,
  type RechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './recharge-answers.ts';
import { newCustomer } from './recharge-people.ts';
import { FORBIDDEN, refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';

const ORDER_TTL_MS = 1_800_000;

let shop: Shop;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = rechargeOperator(shop);
});
afterAll(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

async function page(who: RechargeCaller, query = '') {
  const received = await who.list(query);
  if (received.status !== 200) throw new Error(`${query}: ${received.status} ${received.text}`);
  return answers.listAnswer.parse(received.json).data;
}

/** The ids on a page, and the total. */
async function idsOf(who: RechargeCaller, query = ''): Promise<[number[], number]> {
  const { items, total } = await page(who, query);
  return [items.map(({ id }) => id), total];
}

async function placeMany(customer: RechargeCaller, count: number): Promise<number[]> {
  const orders: number[] = [];
  for (let nth = 0; nth < count; nth++) orders.unshift((await customer.newOrder()).id);
  return orders;
}

describe('paging', () => {
  test('ten a page, newest first, with the number of all', async () => {
    const customer = await newCustomer(shop);
    expect(await page(customer)).toEqual({ total: 0, items: [] });
    const orders = await placeMany(customer, 21);
    for (const [number, from, to] of [
      [1, 0, 10],
      [2, 10, 20],
      [3, 20, 21],
      [4, 21, 21],
    ] as const) {
      expect(await idsOf(customer, `?page=${number}`)).toEqual([orders.slice(from, to), 21]);
    }
    for (const size of [1, 7, 100]) {
      const found: number[] = [];
      for (let number = 1; found.length < 21; number++) {
        found.push(...(await idsOf(customer, `?page=${number}&page_size=${size}`))[0]);
      }
      expect(found).toEqual(orders);
    }
  });

  test('as far out as anybody can ask there is an empty page', async () => {
    const customer = await newCustomer(shop);
    await placeMany(customer, 1);
    for (const number of [2, 1_000_000, 10_000_000_000_000]) {
      expect(await page(customer, `?page=${number}&page_size=100`)).toEqual({ total: 1, items: [] });
    }
  });

  const NO_NUMBERS = [
    '',
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
  ];

  test.each([...NO_NUMBERS, '0', '10000000000001', '9007199254740993', '1'.repeat(1000)])('page=%s', async (value) => {
    expect(seen(await (await newCustomer(shop)).list(`?page=${value}`))).toEqual(
      refusal(1001, 'page 必须是 1 到 10000000000000 之间的整数'),
    );
  });

  test.each([...NO_NUMBERS, '0', '101', '1000', '1'.repeat(1000)])('page_size=%s', async (value) => {
    expect(seen(await (await newCustomer(shop)).list(`?page_size=${value}`))).toEqual(
      refusal(1001, 'page_size 必须是 1 到 100 之间的整数'),
    );
  });

  test('a parameter that is given twice is no parameter', async () => {
    const customer = await newCustomer(shop);
    for (const [query, field] of [
      ['?page=1&page=1', 'page'],
      ['?page_size=1&page_size=2', 'page_size'],
      ['?status=success&status=success', 'status'],
      [`?customer_id=${customer.userId}&customer_id=${customer.userId}`, 'customer_id'],
      ['?start_time=2024-03-15T10:00:00Z&start_time=2024-03-15T10:00:00Z', 'start_time'],
      ['?end_time=2024-03-15T10:00:00Z&end_time=2024-03-15T10:00:00Z', 'end_time'],
    ] as const) {
      const { status, json } = await customer.list(query);
      expect([status, json]).toMatchObject([
        400,
        { code: 1001, message: expect.stringMatching(`^${field} `), data: null },
      ]);
    }
  });

  test('one that is not known changes nothing', async () => {
    const customer = await newCustomer(shop);
    const [id] = await placeMany(customer, 1);
    expect(await idsOf(customer, '?sort=asc&offset=5&limit=0&pageSize=x')).toEqual([[id], 1]);
  });
});

describe('status', () => {
  test('each holds the orders that show it, with their exact number, for their customer and for operators', async () => {
    const customer = await newCustomer(shop);
    const orders = new Map<string, number[]>(STATUSES.map((status) => [status, []]));
    const remember = (status: string, id: number) => orders.get(status)?.unshift(id);
    const expired = await customer.newOrder();
    remember('cancelled', expired.id);
    shop.pass(ORDER_TTL_MS);
    await shop.cron();
    for (const status of STATUSES) {
      const { id } = await newOrderAt(shop, customer, status);
      remember(status, id);
      if (status !== 'split') continue;
      const [[second = 0, first = 0]] = await idsOf(customer, '?page_size=2');
      remember('pending_recharge', first);
      remember('pending_recharge', second);
    }
    for (const [status, ids] of orders) {
      expect([status, ...(await idsOf(customer, `?status=${status}`))]).toEqual([status, ids, ids.length]);
      const asOperator = await page(operator, `?status=${status}&customer_id=${customer.userId}`);
      expect([status, asOperator.items.map(({ id }) => id), asOperator.total]).toEqual([status, ids, ids.length]);
      expect(new Set(asOperator.items.map((order) => order.status))).toEqual(new Set([status]));
    }
    expect((await page(customer)).total).toBe(STATUSES.length + 3);
    expect(await idsOf(customer, '?status=pending_recharge&page_size=2&page=2')).toEqual([
      orders.get('pending_recharge')?.slice(2, 4),
      3,
    ]);
  });

  test('is the same while money is on its way back', async () => {
    const customer = await newCustomer(shop);
    const { id } = await newPaidOrder(shop, customer);
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'timeout' });
    await operator.refund(id, 1);
    expect(await idsOf(customer, '?status=pending_recharge')).toEqual([[id], 1]);
    shop.alipay.faults.heal();
    shop.pass(60_000);
    await shop.cron();
    expect(await idsOf(customer, '?status=pending_recharge')).toEqual([[id], 1]);
  });

  test.each([
    '',
    'expired',
    'paid',
    'SUCCESS',
    'success%20',
    'success,failed',
    '%00',
    '%FF',
    '__proto__',
    'constructor',
    '待支付',
  ])('%s is none', async (status) => {
    expect(seen(await (await newCustomer(shop)).list(`?status=${status}`))).toEqual(
      refusal(1001, `status 必须是 ${STATUSES.join('、')} 之一`),
    );
  });

  test('past its time an order waits to be paid until the cron has moved it', async () => {
    const customer = await newCustomer(shop);
    const [id = 0] = await placeMany(customer, 1);
    shop.pass(ORDER_TTL_MS);
    expect(await idsOf(customer, '?status=pending_payment')).toEqual([[id], 1]);
    await shop.cron();
    expect(await idsOf(customer, '?status=pending_payment')).toEqual([[], 0]);
    expect(await idsOf(customer, '?status=cancelled')).toEqual([[id], 1]);
  });
});

describe('customer_id', () => {
  test('of themselves changes nothing, of somebody else is forbidden, whether they exist or not', async () => {
    const [customer, other] = [await newCustomer(shop), await newCustomer(shop)];
    const orders = await placeMany(customer, 2);
    await placeMany(other, 1);
    expect(await idsOf(customer, `?customer_id=${customer.userId}`)).toEqual([orders, 2]);
    for (const id of [other.userId, 999_999]) {
      for (const more of ['', '&status=failed', '&page=7']) {
        expect(seen(await customer.list(`?customer_id=${id}${more}`))).toEqual(FORBIDDEN);
      }
    }
  });

  test('left out means all for an operator, and their own for a customer', async () => {
    const [one, other] = [await newCustomer(shop), await newCustomer(shop)];
    const before = (await page(operator)).total;
    const [[first = 0], [second = 0]] = [await placeMany(one, 1), await placeMany(other, 1)];
    const all = await idsOf(operator, '?page_size=2');
    expect(all).toEqual([[second, first], before + 2]);
    expect(await idsOf(one)).toEqual([[first], 1]);
    expect(await idsOf(operator, `?customer_id=${other.userId}`)).toEqual([[second], 1]);
    expect(await idsOf(operator, '?customer_id=999999')).toEqual([[], 0]);
  });

  test.each(['', '0', '-1', 'x', '1.0', '%20', '1e0', '%00', '9007199254740992', '１', 'undefined'])(
    'malformed: %s',
    async (value) => {
      for (const who of [operator, await newCustomer(shop)]) {
        expect(seen(await who.list(`?customer_id=${value}`))).toEqual(
          refusal(1001, 'customer_id 必须是 1 到 9007199254740991 之间的整数'),
        );
      }
    },
  );
});

/** Moves the clock to a moment. */
const at = (time: string) => shop.pass(Date.parse(time) - Date.now());

describe('times', () => {
  const WORDS = '必须是 RFC 3339 格式的真实时间，例如 2024-03-15T10:00:00Z';

  test('are on creation, and each bound includes the whole second that it names', async () => {
    const customer = await newCustomer(shop);
    const ids: number[] = [];
    const MOMENTS = [
      '2024-03-15T09:59:59.999Z',
      '2024-03-15T10:00:00.000Z',
      '2024-03-15T10:00:00.999Z',
      '2024-03-15T10:00:01.000Z',
    ];
    for (const moment of MOMENTS) {
      at(moment);
      ids.push((await customer.newOrder()).id);
    }
    const [a, b, c, d] = ids;
    const CASES: [string, (number | undefined)[]][] = [
      ['start_time=2024-03-15T10:00:00Z', [d, c, b]],
      ['start_time=2024-03-15T10:00:00.500Z', [d, c, b]],
      ['end_time=2024-03-15T10:00:00Z', [c, b, a]],
      ['end_time=2024-03-15T10:00:00.001Z', [c, b, a]],
      ['end_time=2024-03-15T09:59:59Z', [a]],
      ['start_time=2024-03-15T10:00:01Z', [d]],
      ['start_time=2024-03-15T10:00:02Z', []],
      ['end_time=2024-03-15T09:59:58Z', []],
      ['start_time=2024-03-15T10:00:00Z&end_time=2024-03-15T10:00:00Z', [c, b]],
      ['start_time=2024-03-15T18:00:00%2B08:00&end_time=2024-03-15t10:00:00z', [c, b]],
      ['start_time=2024-03-15T05:00:01-05:00', [d]],
      ['start_time=0000-01-01T00:00:00Z&end_time=9999-12-31T23:59:59.999Z', [d, c, b, a]],
    ];
    for (const [query, wanted] of CASES) {
      for (const more of ['', '&status=pending_payment']) {
        expect([query, ...(await idsOf(customer, `?${query}${more}`))]).toEqual([query, wanted, wanted.length]);
        const asOperator = await idsOf(operator, `?${query}${more}&customer_id=${customer.userId}`);
        expect([query, ...asOperator]).toEqual([query, wanted, wanted.length]);
      }
      expect(await idsOf(customer, `?${query}&status=success`)).toEqual([[], 0]);
      expect(await idsOf(customer, `?${query}&page_size=1&page=2`)).toEqual([wanted.slice(1, 2), wanted.length]);
    }
    expect(await idsOf(operator, '?start_time=2024-03-15T10:00:00Z&end_time=2024-03-15T10:00:00Z')).toEqual([
      [c, b],
      2,
    ]);
  });

  test('the start is not after the end', async () => {
    const customer = await newCustomer(shop);
    for (const query of [
      'start_time=2024-03-15T10:00:01Z&end_time=2024-03-15T10:00:00Z',
      'start_time=2024-03-15T10:00:00Z&end_time=2024-03-15T10:00:00%2B08:00',
      'end_time=2023-03-15T10:00:00Z&start_time=2024-03-15T10:00:00Z',
    ]) {
      expect(seen(await customer.list(`?${query}`))).toEqual(refusal(1001, 'start_time 不能晚于 end_time'));
    }
  });

  test.each([
    '',
    'now',
    '2024-03-15',
    '2024-03-15T10:00Z',
    '2024-03-15T10:00:00',
    '2024-03-15 10:00:00Z',
    '2024-03-15T10:00:00+08:00',
    '2024-03-15T10:00:00%2B0800',
    '2024-03-15T10:00:00%2B24:00',
    '2024-02-30T10:00:00Z',
    '2023-02-29T10:00:00Z',
    '2024-13-01T10:00:00Z',
    '2024-03-15T24:00:00Z',
    '2024-03-15T10:60:00Z',
    '2024-03-15T10:00:00.Z',
    '2024-03-15T10:00:00Z%0A',
    '%202024-03-15T10:00:00Z',
    '12024-03-15T10:00:00Z',
    '1710496800',
    '1710496800000',
    '２０２４-03-15T10:00:00Z',
    '%00',
    '%FF',
    '2'.repeat(5000),
  ])('malformed: %s', async (value) => {
    const customer = await newCustomer(shop);
    for (const field of ['start_time', 'end_time']) {
      expect(seen(await customer.list(`?${field}=${value}`))).toEqual(refusal(1001, `${field} ${WORDS}`));
    }
  });
});

describe('after any history', () => {
  type Known = { id: number; status: string };
  const STEPS = [
    'place',
    'place',
    'pay',
    'pay',
    'cancel',
    'recharge',
    'succeed',
    'fail',
    'retry',
    'part',
    'split',
    'refund',
    'expire',
  ] as const;
  type Step = (typeof STEPS)[number];

  /** What each step is done to, and by which call. */
  const MOVES: Partial<Record<Step, { from: string[]; by: (id: number) => Promise<unknown> }>> = {
    pay: { from: ['pending_payment'], by: (id) => operator.payment(id, `PAY-${id}`) },
    cancel: { from: ['pending_payment'], by: (id) => operator.cancel(id) },
    recharge: { from: ['pending_recharge', 'partial'], by: (id) => operator.recharge(id) },
    succeed: { from: ['recharging', 'partial'], by: (id) => operator.success(id) },
    fail: { from: ['recharging', 'partial'], by: (id) => operator.fail(id) },
    retry: { from: ['failed'], by: (id) => operator.putStatus(id, 'pending_recharge') },
  };

  async function take(customer: RechargeCaller, orders: Known[], step: Step): Promise<void> {
    const latest = (...statuses: string[]) => orders.findLast(({ status }) => statuses.includes(status));
    if (step === 'place') orders.push({ id: (await customer.newOrder(ofQuantity(2))).id, status: 'pending_payment' });
    const move = MOVES[step];
    const moved = move && latest(...move.from);
    if (move && moved) {
      await move.by(moved.id);
      moved.status = await customer.statusOf(moved.id);
    }
    const partial = latest('recharging');
    if (step === 'part' && partial) {
      await operator.partial(partial.id, 1, 1);
      partial.status = await customer.statusOf(partial.id);
    }
    const whole = latest('pending_recharge');
    if (step === 'split' && whole) {
      const { status, json } = await operator.split(whole.id, HALVES);
      if (status === 200) {
        whole.status = 'split';
        const { split_order_ids } = answers.splitAnswer.parse(json).data;
        orders.push(...split_order_ids.map((id) => ({ id, status: 'pending_recharge' })));
      }
    }
    const refundable = latest('pending_recharge', 'partial', 'failed', 'success');
    if (step === 'refund' && refundable) {
      for (const amount of [200, 100]) await operator.refund(refundable.id, amount);
      refundable.status = await customer.statusOf(refundable.id);
    }
    if (step === 'expire') {
      shop.pass(ORDER_TTL_MS);
      await shop.cron();
      for (const order of orders) if (order.status === 'pending_payment') order.status = 'cancelled';
    }
  }

  test('every list and every total is what has happened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 8, maxLength: 30 }), async (history) => {
        const customer = await newCustomer(shop);
        const orders: Known[] = [];
        for (const step of history) await take(customer, orders, step);
        for (const status of [null, ...STATUSES]) {
          const wanted = orders.filter((order) => status === null || order.status === status).map(({ id }) => id);
          const query = `?page_size=100${status === null ? '' : `&status=${status}`}`;
          expect([status, ...(await idsOf(customer, query))]).toEqual([status, wanted.toReversed(), wanted.length]);
          const span = `${query}&start_time=2022-01-01T00:00:00Z&customer_id=${customer.userId}`;
          expect([status, ...(await idsOf(operator, span))]).toEqual([status, wanted.toReversed(), wanted.length]);
        }
      }),
      { numRuns: 25, seed: 20_240_315 },
    );
  });
});
