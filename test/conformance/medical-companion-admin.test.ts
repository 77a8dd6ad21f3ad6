/** What operators see of the medical companion: the referrer's share, an order's details in plain, and the catalogue. */
import * as fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import {
  type CompanionCustomer,
  companionCustomer,
  orderFor,
  payAtWechat,
  type PlacedOrder,
} from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { newCustomer, newService } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { seen } from './refusal.ts';
import { rowsAsText } from './row-counts.ts';

let shop: Shop;
/** The same shop, where a referrer gets nothing, and where they get all of it. */
let meanShop: Shop;
let generousShop: Shop;
let operator: Operator;
beforeAll(async () => {
  meanShop = await openShop({ limits: 'off', vars: { MEDICAL_COMMISSION_BPS: '0' } });
  generousShop = await openShop({ limits: 'off', vars: { MEDICAL_COMMISSION_BPS: '10000' } });
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});
beforeEach(() => {
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const commission = z.strictObject({
  referrerId: z.string(),
  amountFen: z.int().positive(),
  status: z.enum(['accrued', 'payable', 'reversed']),
  reversedFen: z.int().nonnegative(),
  payableFen: z.int().nonnegative(),
});
const history = z.looseObject({
  order: z.looseObject({ status: z.string(), userId: z.string(), dialect: z.string() }),
  commission: commission.nullable(),
  details: z.record(z.string(), z.json()),
  refunds: z.array(z.looseObject({ refundNo: z.string(), reason: z.string().nullable() })),
});

async function shown({ orderNo }: PlacedOrder) {
  const received = await operator.get(`/orders/${orderNo}`);
  expect(received.status).toBe(200);
  return history.parse(received.json);
}
const commissionOf = async (order: PlacedOrder) => (await shown(order)).commission;

const REFERRER = '2';
const referred = () => newCustomer(shop, { referrerId: REFERRER });
const complete = ({ orderNo }: PlacedOrder) => operator.post(`/orders/${orderNo}/fulfilment`, { to: 'completed' });
async function giveBack({ orderNo }: PlacedOrder, amountFen: number): Promise<void> {
  expect((await operator.post(`/orders/${orderNo}/refunds`, { amountFen, reason: 'x' })).status).toBe(200);
}

describe("a referrer's share", () => {
  test('is accrued when the order is paid, payable when completed, and reversed in proportion by refunds', async () => {
    const customer = await referred();
    const order = await customer.newOrder();
    expect(await commissionOf(order)).toBeNull();
    payAtWechat(shop, await customer.newTicket(order.orderId));
    await shop.deliverNotifications();
    const share = { referrerId: REFERRER, amountFen: 1495 };
    expect(await commissionOf(order)).toEqual({ ...share, status: 'accrued', reversedFen: 0, payableFen: 0 });
    expect((await complete(order)).status).toBe(200);
    expect(await commissionOf(order)).toEqual({ ...share, status: 'payable', reversedFen: 0, payableFen: 1495 });
    await giveBack(order, 14_950);
    // Half of 1495 is 747.5: no share is paid of money that went back.
    expect(await commissionOf(order)).toEqual({ ...share, status: 'payable', reversedFen: 748, payableFen: 747 });
    await giveBack(order, 14_950);
    expect(await commissionOf(order)).toEqual({ ...share, status: 'reversed', reversedFen: 1495, payableFen: 0 });
    expect((await shown(order)).order.status).toBe('refunded');
  });

  test('is not payable of a paid order, whatever is refunded of it', async () => {
    const order = await (await referred()).newPaidOrder();
    await giveBack(order, 29_800);
    expect(await commissionOf(order)).toEqual({
      referrerId: REFERRER,
      amountFen: 1495,
      status: 'accrued',
      reversedFen: 1490,
      payableFen: 0,
    });
  });

  test('is there for no order that was never paid', async () => {
    const customer = await referred();
    const [cancelled, expired] = [await customer.newOrder(), await customer.newOrder()];
    await customer.cancel(cancelled.orderId);
    shop.pass(1_800_000);
    await shop.cron();
    expect([await commissionOf(cancelled), await commissionOf(expired)]).toEqual([null, null]);
  });

  test('is not moved by a refund that is only asked for, or was rejected', async () => {
    const customer = await referred();
    const order = await customer.newPaidOrder();
    await customer.newRefund(order.orderId, 299);
    expect(await commissionOf(order)).toMatchObject({ status: 'accrued', reversedFen: 0 });
    const refundNo = (await shown(order)).refunds[0]?.refundNo;
    expect((await operator.post(`/refunds/${refundNo}/reject`, { reason: 'work was done' })).status).toBe(200);
    expect(await commissionOf(order)).toMatchObject({ status: 'accrued', reversedFen: 0 });
  });

  test('goes to nobody where nobody brought the user, and to nobody for bringing themself', async () => {
    const alone = await newCustomer(shop);
    expect(await commissionOf(await alone.newPaidOrder())).toBeNull();
    const own = await operator.put(`/catalog/users/${alone.userId}`, { referrerId: String(alone.userId) });
    expect(own.status).toBe(200);
    expect(await commissionOf(await alone.newPaidOrder())).toBeNull();
  });

  test('is rounded down to the fen, and a share of less than one is none', async () => {
    const customer = await referred();
    for (const [priceFen, amountFen] of [
      [19, null],
      [20, 1],
      [39, 1],
      [1999, 99],
      [10_000_000_000, 500_000_000],
    ] as const) {
      const order = await customer.newPaidOrder({ serviceId: await newService(shop, priceFen) });
      expect([priceFen, (await commissionOf(order))?.amountFen ?? null]).toEqual([priceFen, amountFen]);
    }
  });

  test('is what it was when the order was placed, whoever is named later', async () => {
    const customer = await referred();
    const order = await customer.newOrder();
    await operator.put(`/catalog/users/${customer.userId}`, { referrerId: '1' });
    payAtWechat(shop, await customer.newTicket(order.orderId));
    await shop.deliverNotifications();
    expect((await commissionOf(order))?.referrerId).toBe(REFERRER);
    expect((await commissionOf(await customer.newPaidOrder()))?.referrerId).toBe('1');
  });

  test('is as large as MEDICAL_COMMISSION_BPS says, from nothing to everything', async () => {
    const customer = await referred();
    expect(await commissionOf(await companionCustomer(meanShop, customer).newPaidOrder())).toBeNull();
    const all = await companionCustomer(generousShop, customer).newPaidOrder();
    expect(await commissionOf(all)).toMatchObject({ amountFen: 29_900 });
  });

  test('of any price after any refunds is the proportion that is left, rounded down', async () => {
    const customer = await referred();
    const cases = fc.tuple(
      fc.integer({ min: 20, max: 10_000_000_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([priceFen, shares]) => {
        const order = await customer.newPaidOrder({ serviceId: await newService(shop, priceFen) });
        await complete(order);
        const amountFen = Number((BigInt(priceFen) * 500n) / 10_000n);
        let leftFen = priceFen;
        for (const share of shares) {
          const partFen = Math.floor(leftFen * share);
          if (partFen > 0) await giveBack(order, partFen);
          leftFen -= partFen;
          const payableFen = Number((BigInt(amountFen) * BigInt(leftFen)) / BigInt(priceFen));
          expect(await commissionOf(order)).toEqual({
            referrerId: REFERRER,
            amountFen,
            status: payableFen === 0 ? 'reversed' : 'payable',
            reversedFen: amountFen - payableFen,
            payableFen,
          });
        }
      }),
      { numRuns: 20, seed: 20_240_101 },
    );
  });

  test('is no customer’s to see', async () => {
    const customer = await referred();
    const { orderId } = await customer.newPaidOrder();
    for (const { text } of [await customer.detail(orderId), await customer.list()]) {
      expect(text).not.toMatch(/referrer|commission/i);
    }
  });
});

describe('the details of an order', () => {
  test('are all that its customer said, in plain, and nothing else', async () => {
    const customer = await newCustomer(shop);
    const order = await customer.newOrder();
    const { userId: _userId, ...said } = orderFor(customer);
    const { details, order: terms } = await shown(order);
    expect(details).toEqual({ ...said, serviceDescription: '包含血常规、尿常规、心电图等多项检查' });
    expect(terms).toMatchObject({ dialect: 'medical-companion', userId: String(customer.userId) });
  });

  test('come with the words of those who wrote them', async () => {
    const customer = await newCustomer(shop);
    const order = await customer.newPaidOrder();
    await customer.refund(order.orderId, 1, '服务不满意 😞');
    expect((await shown(order)).refunds.map(({ reason }) => reason)).toEqual(['服务不满意 😞']);
  });

  test('an operator’s word on a refund is the customer’s to see', async () => {
    const customer = await newCustomer(shop);
    const order = await customer.newPaidOrder();
    await giveBack(order, 7);
    expect((await customer.detail(order.orderId)).json).toMatchObject({
      data: { refundInfo: { refundAmount: 0.07, refundReason: 'x', status: 'refunded' } },
    });
  });
});

describe('the work', () => {
  test.each([[['in_progress', 'completed']], [['completed']]])('goes %j', async (moves) => {
    const customer = await newCustomer(shop);
    const order = await customer.newPaidOrder();
    for (const to of moves) {
      expect(await customer.statusOf(order.orderId)).toBe('paid');
      expect((await operator.post(`/orders/${order.orderNo}/fulfilment`, { to })).status).toBe(200);
    }
    expect(await customer.statusOf(order.orderId)).toBe('completed');
  });

  test.each(['fulfilled', 'failed'])('is never %s', async (to) => {
    const { orderNo } = await (await newCustomer(shop)).newPaidOrder();
    const received = await operator.post(`/orders/${orderNo}/fulfilment`, { to });
    expect(problemOf(received)).toEqual([409, 'move_not_allowed']);
  });

  test('does not begin before the order is paid', async () => {
    const { orderNo } = await (await newCustomer(shop)).newOrder();
    const received = await operator.post(`/orders/${orderNo}/fulfilment`, { to: 'completed' });
    expect(problemOf(received)).toEqual([409, 'move_not_allowed']);
  });
});

/** A row of each kind, and what of it nobody without the key may read. */
const ROWS: Readonly<Record<string, { id: string; body: Record<string, unknown>; personal: string[] }>> = {
  'medical-services': {
    id: '71',
    body: { title: '术后陪护', description: '八小时\n含接送', priceFen: 0 },
    personal: [],
  },
  patients: { id: '72', body: { userId: '1', name: '赵六七八', phone: '13612345678' }, personal: ['name', 'phone'] },
  addresses: { id: '73', body: { userId: '1', address: '苏州市姑苏区观前街4号' }, personal: ['address'] },
  users: { id: '74', body: { name: '孙九十', phone: '13512345678', referrerId: '2' }, personal: ['name', 'phone'] },
};

describe.each(Object.entries(ROWS))('the catalogue of %s', (kind, { id, body, personal }) => {
  const path = `/catalog/${kind}/${id}`;
  /** Beside the fields of their rows, users have a balance. */
  const balance = kind === 'users' ? { balanceFen: 0 } : {};
  const account = kind === 'users' ? { ...balance, ledger: [] } : {};

  test('takes a row, shows it, lists it, and gives it up', async () => {
    expect((await operator.put(path, body)).json).toEqual({ id, ...body, ...account });
    expect((await operator.get(path)).json).toEqual({ id, ...body, ...account });
    const listed = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
    const { items } = listed.parse((await operator.get(`/catalog/${kind}?limit=100`)).json);
    expect(items.find((item) => item.id === id)).toEqual({ id, ...body, ...balance });
    expect((await operator.remove(path)).status).toBe(204);
    expect(problemOf(await operator.get(path))).toEqual([404, 'item_not_found']);
  });

  test('keeps what is personal of it sealed', async () => {
    await operator.put(path, body);
    const secrets = personal.map((field) => String(body[field]));
    const rows = await rowsAsText();
    expect(rows.filter((row) => secrets.some((secret) => row.includes(secret)))).toEqual([]);
    expect(rows.filter((row) => row.includes(`catalog/${kind}/${id}`)).length).toBe(personal.length > 0 ? 1 : 0);
  });

  test('changes a field, and keeps the others', async () => {
    await operator.put(path, body);
    for (const field of personal) {
      const changed = { ...body, [field]: '改过的' };
      expect((await operator.put(path, changed)).json).toEqual({ id, ...changed, ...account });
      expect((await operator.get(path)).json).toEqual({ id, ...changed, ...account });
      await operator.put(path, body);
    }
  });

  test('refuses fields that it does not know, by name', async () => {
    for (const field of ['id', 'amount', 'price', 'sealed', '__proto__']) {
      const text = JSON.stringify(body).replace('{', `{${JSON.stringify(field)}:1,`);
      const received = await operator.send(path, {
        method: 'PUT',
        body: text,
        headers: { 'content-type': 'application/json' },
      });
      expect(problemOf(received)).toEqual([400, 'invalid_input', field]);
    }
  });
});

/** Writes a row of a kind, with the fields that a test wants otherwise. */
const put = (kind: string, id: string, fields: Record<string, unknown>) =>
  operator.put(`/catalog/${kind}/${id}`, { ...ROWS[kind]?.body, ...fields });

describe('a catalogue row that cannot be', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['medical-services', { priceFen: -1 }, 'priceFen'],
    ['medical-services', { priceFen: 1.5 }, 'priceFen'],
    ['medical-services', { priceFen: '29900' }, 'priceFen'],
    ['medical-services', { priceFen: 10_000_000_001 }, 'priceFen'],
    ['medical-services', { priceFen: undefined }, 'priceFen'],
    ['medical-services', { title: '' }, 'title'],
    ['medical-services', { title: 'x'.repeat(257) }, 'title'],
    ['medical-services', { title: 'a\nb' }, 'title'],
    ['medical-services', { title: 'a\u202eb' }, 'title'],
    ['medical-services', { description: undefined }, 'description'],
    ['medical-services', { description: 'a\u0000b' }, 'description'],
    ['medical-services', { description: 'x'.repeat(4001) }, 'description'],
    ['patients', { userId: undefined }, 'userId'],
    ['patients', { userId: '' }, 'userId'],
    ['patients', { userId: 1.5 }, 'userId'],
    ['patients', { userId: 'x'.repeat(65) }, 'userId'],
    ['patients', { name: undefined }, 'name'],
    ['patients', { name: '' }, 'name'],
    ['patients', { phone: 13_800_138_000 }, 'phone'],
    ['patients', { phone: '138\u0000' }, 'phone'],
    ['addresses', { userId: null }, 'userId'],
    ['addresses', { address: '' }, 'address'],
    ['addresses', { address: undefined }, 'address'],
    ['users', { referrerId: '' }, 'referrerId'],
    ['users', { name: '' }, 'name'],
  ])('%s with %j', async (kind, fields, field) => {
    const before = await rowsAsText();
    expect(problemOf(await put(kind, '75', fields))).toEqual([400, 'invalid_input', field]);
    expect(await rowsAsText()).toEqual(before);
  });

  test.each(['medical-services', 'patients', 'addresses'])('%s have whole numbers for ids', async (kind) => {
    for (const id of ['0', '-1', '01', '1.5', 'x', '1'.repeat(16)]) {
      expect(problemOf(await put(kind, id, {}))).toEqual([400, 'invalid_input', 'id']);
    }
  });

  test('the user of a patient may be named by a number', async () => {
    expect((await put('patients', '76', { userId: 1 })).json).toMatchObject({ id: '76', userId: '1' });
  });
});

test('a patient that is given to another user is theirs from the next order on', async () => {
  const [one, other] = [await newCustomer(shop), await newCustomer(shop)];
  expect((await one.submit()).status).toBe(200);
  await operator.put(`/catalog/patients/${one.patientId}`, { userId: String(other.userId), name: '王五', phone: '1' });
  expect(seen(await one.submit())).toEqual(refusal(404, '就诊人不存在'));
  expect((await other.submit({ patientId: one.patientId })).status).toBe(200);
});

test('the demo rows are what the contract names', async () => {
  const rows = await Promise.all(
    ['users/1', 'users/2', 'medical-services/1', 'patients/1', 'addresses/1', 'patients/2', 'addresses/2'].map(
      async (row) => (await operator.get(`/catalog/${row}`)).json,
    ),
  );
  expect(rows).toEqual([
    expect.objectContaining({ id: '1', referrerId: '2' }),
    expect.objectContaining({ id: '2' }),
    {
      id: '1',
      title: '全面体检套餐',
      description: '包含血常规、尿常规、心电图等多项检查',
      priceFen: 29_900,
    },
    { id: '1', userId: '1', name: '张三', phone: '13800138000' },
    expect.objectContaining({ id: '1', userId: '1' }),
    expect.objectContaining({ id: '2', userId: '2' }),
    expect.objectContaining({ id: '2', userId: '2' }),
  ]);
});

test('nobody but operators sees any of it', async () => {
  const customer: CompanionCustomer = await newCustomer(shop);
  const token = await shop.token(String(customer.userId));
  for (const kind of Object.keys(ROWS)) {
    expect((await shop.send(`/admin/catalog/${kind}`, { token })).status).toBe(403);
  }
});
