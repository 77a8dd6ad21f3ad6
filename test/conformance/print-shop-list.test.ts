/** The print shop's lists and counts: pages, what each type holds, and that both always agree. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { DELIVERED_ORDER, newPrintCustomer, payAtWechat, type PrintCustomer, printCustomer } from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { amountAnswer, listAnswer } from './print-shop-answers.ts';
import { decide, finish, print } from './print-shop-desk.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';

const ORDER_TTL_MS = 1_800_000;
const TYPES = ['ALL', 'PAYING', 'PAID', 'PRINTED', 'FINISH', 'REFUND'] as const;
type Type = (typeof TYPES)[number];
const NOTHING = { ALL: 0, PAYING: 0, PAID: 0, PRINTED: 0, FINISH: 0, REFUND: 0 };

/** The types that a list of each state is in, as the document draws it. */
const TYPE_OF: Readonly<Record<string, Type>> = {
  PAYING: 'PAYING',
  PAID: 'PAID',
  PRINTED: 'PRINTED',
  FINISH: 'FINISH',
  CANCEL: 'FINISH',
  REFUNDING: 'REFUND',
  REFUNDED: 'REFUND',
};

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  shop.wechatPay.refunds.setCourse('at_once');
});

async function page(customer: PrintCustomer, query = '') {
  return listAnswer.parse((await customer.info(query)).json).info;
}
const numbers = (orders: readonly { orderID: string }[]) => orders.map(({ orderID }) => orderID);

async function placeMany(customer: PrintCustomer, count: number): Promise<string[]> {
  const orders: string[] = [];
  for (let nth = 0; nth < count; nth++) orders.unshift(await customer.newOrder());
  return orders;
}

describe('paging', () => {
  test('ten a page from the first, newest first', async () => {
    const customer = newPrintCustomer(shop);
    expect(await page(customer)).toEqual([]);
    const orders = await placeMany(customer, 21);
    expect(numbers(await page(customer))).toEqual(orders.slice(0, 10));
    expect(numbers(await page(customer, '?page=2'))).toEqual(orders.slice(10, 20));
    expect(numbers(await page(customer, '?page=3&type=PAYING'))).toEqual(orders.slice(20));
    expect(await page(customer, '?page=4')).toEqual([]);
    expect(await page(customer, '?page=999999999999&limits=100')).toEqual([]);
  });

  test.each([1, 7, 100])('of %i, every order is on one page exactly', async (limits) => {
    const customer = newPrintCustomer(shop);
    const orders = await placeMany(customer, 15);
    for (const type of ['ALL', 'PAYING']) expect(numbers(await customer.listAll(type, limits))).toEqual(orders);
  });

  test.each(['0', '101', '-1', '+1', '1.0', '1e1', '%201', '１', '', 'x', '1,2', '%00', '1'.repeat(500)])(
    'limits=%s is refused',
    async (value) => {
      expect(seen(await newPrintCustomer(shop).info(`?limits=${value}`))).toEqual(
        refusal('limits 必须是 1 到 100 之间的整数'),
      );
    },
  );

  test.each(['0', '-1', '1.5', '', 'x', '１', 'NaN', '%FF', '1000000000000', '9'.repeat(500)])(
    'page=%s is refused',
    async (value) => {
      expect(seen(await newPrintCustomer(shop).info(`?page=${value}`))).toEqual(
        refusal('page 必须是 1 到 999999999999 之间的整数'),
      );
    },
  );

  test.each(['', 'all', 'CANCEL', 'REFUNDING', 'REFUNDED', 'PAID%20', '%00', '__proto__', 'constructor', '待支付'])(
    'type=%s is refused',
    async (value) => {
      expect(seen(await newPrintCustomer(shop).info(`?type=${value}`))).toEqual(
        refusal('type 必须是 ALL、PAYING、PAID、PRINTED、FINISH、REFUND 之一'),
      );
    },
  );

  test('given twice is refused, and what is not known changes nothing', async () => {
    const customer = newPrintCustomer(shop);
    expect(seen(await customer.info('?page=1&page=2'))).toEqual(refusal('page 必须是 1 到 999999999999 之间的整数'));
    expect((await customer.info('?type=ALL&type=PAID')).text).toContain('"ERROR"');
    expect(await page(customer, '?sort=asc&_=1')).toEqual([]);
  });
});

/** One order in each state that an order can be in, by that state. */
async function oneOfEach(customer: PrintCustomer) {
  const expired = await customer.newOrder();
  shop.pass(ORDER_TTL_MS);
  await shop.cron();
  const cancelled = await customer.newOrder();
  await customer.cancel(cancelled);
  const paying = await customer.newOrder();
  const paid = await customer.newPaidOrder();
  const printed = await customer.newPaidOrder();
  await print(shop, printed);
  const finished = await customer.newPaidOrder();
  await print(shop, finished);
  await finish(shop, finished);
  const refunding = await customer.newPaidOrder();
  await customer.refund(refunding);
  const refunded = await customer.newPaidOrder();
  await customer.refund(refunded);
  await decide(shop, refunded, 'approve');
  return { expired, cancelled, paying, paid, printed, finished, refunding, refunded };
}

describe('types', () => {
  test('each holds what the document draws, and is counted so', async () => {
    const customer = newPrintCustomer(shop);
    const each = await oneOfEach(customer);
    const states = async (type: Type) =>
      (await page(customer, `?type=${type}`)).map(({ orderID, state }) => [orderID, state]);
    expect(await states('PAYING')).toEqual([[each.paying, 'PAYING']]);
    expect(await states('PAID')).toEqual([[each.paid, 'PAID']]);
    expect(await states('PRINTED')).toEqual([[each.printed, 'PRINTED']]);
    expect(await states('FINISH')).toEqual([
      [each.finished, 'FINISH'],
      [each.cancelled, 'CANCEL'],
      [each.expired, 'CANCEL'],
    ]);
    expect(await states('REFUND')).toEqual([
      [each.refunded, 'REFUNDED'],
      [each.refunding, 'REFUNDING'],
    ]);
    expect(await states('ALL')).toHaveLength(8);
    expect(await customer.amounts()).toEqual({ ALL: 8, PAYING: 1, PAID: 1, PRINTED: 1, FINISH: 3, REFUND: 2 });
    for (const [orderID, state] of await states('ALL')) expect(await customer.stateOf(orderID ?? '')).toBe(state);
  });

  test('an order that has run out waits to be paid until the cron has moved it, in lists and counts alike', async () => {
    const customer = newPrintCustomer(shop);
    const orderID = await customer.newOrder();
    shop.pass(ORDER_TTL_MS);
    expect(await customer.amounts()).toEqual({ ...NOTHING, ALL: 1, PAYING: 1 });
    expect(numbers(await page(customer, '?type=PAYING'))).toEqual([orderID]);
    await shop.cron();
    expect(await customer.amounts()).toEqual({ ...NOTHING, ALL: 1, FINISH: 1 });
    expect(numbers(await page(customer, '?type=FINISH'))).toEqual([orderID]);
  });

  test('they are one’s own, also for an operator', async () => {
    const customer = newPrintCustomer(shop);
    await placeMany(customer, 2);
    const operator = printCustomer(shop, '9001', 'operator');
    expect(await page(operator)).toEqual([]);
    expect(amountAnswer.parse((await operator.amount()).json).info).toEqual(NOTHING);
    expect(await newPrintCustomer(shop).amounts()).toEqual(NOTHING);
  });

  test('an order shows how many files it has, and the name of the first', async () => {
    const customer = newPrintCustomer(shop);
    const { files } = DELIVERED_ORDER;
    await customer.newOrder({ ...DELIVERED_ORDER, files: [...files, ...files], money: 1200 });
    expect(await page(customer)).toMatchObject([
      { fileCount: 2, filePrename: '保养指南.docx', money: 1200, pointName: '第一打印点' },
    ]);
  });
});

describe('after any history', () => {
  const STEPS = ['pay', 'cancel', 'print', 'finish', 'refund', 'approve', 'reject', 'expire'] as const;
  type Step = 'place' | (typeof STEPS)[number];
  type Known = { orderID: string; state: string };

  /** From which state each step leads where, and how it is taken. */
  const WORK: Readonly<
    Record<
      Exclude<Step, 'place' | 'expire'>,
      [from: string, to: string, work: (customer: PrintCustomer, orderID: string) => Promise<unknown>]
    >
  > = {
    pay: [
      'PAYING',
      'PAID',
      async (customer, orderID) => {
        payAtWechat(shop, await customer.newCode(orderID));
        await shop.deliverNotifications();
      },
    ],
    cancel: ['PAYING', 'CANCEL', (customer, orderID) => customer.cancel(orderID)],
    print: ['PAID', 'PRINTED', (_customer, orderID) => print(shop, orderID)],
    finish: ['PRINTED', 'FINISH', (_customer, orderID) => finish(shop, orderID)],
    refund: ['PAID', 'REFUNDING', (customer, orderID) => customer.refund(orderID)],
    approve: ['REFUNDING', 'REFUNDED', (_customer, orderID) => decide(shop, orderID, 'approve')],
    reject: ['REFUNDING', 'PAID', (_customer, orderID) => decide(shop, orderID, 'reject')],
  };

  async function take(customer: PrintCustomer, orders: Known[], step: Step): Promise<void> {
    if (step === 'place') {
      orders.push({ orderID: await customer.newOrder(), state: 'PAYING' });
      return;
    }
    if (step === 'expire') {
      shop.pass(ORDER_TTL_MS);
      await shop.cron();
      for (const order of orders) if (order.state === 'PAYING') order.state = 'CANCEL';
      return;
    }
    const [from, to, work] = WORK[step];
    const latest = orders.findLast(({ state }) => state === from);
    if (!latest) return;
    await work(customer, latest.orderID);
    latest.state = to;
  }

  const history = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant<Step>('place') },
      { weight: 7, arbitrary: fc.constantFrom<Step>(...STEPS) },
    ),
    { minLength: 8, maxLength: 28 },
  );

  test('the counts are what each list pages through, and both are what has happened', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const customer = newPrintCustomer(shop);
        const orders: Known[] = [];
        for (const step of steps) await take(customer, orders, step);
        const counted = await customer.amounts();
        for (const type of TYPES) {
          const wanted = orders.filter(({ state }) => type === 'ALL' || TYPE_OF[state] === type).toReversed();
          const listed = (await customer.listAll(type, 3)).map(({ orderID, state }) => ({ orderID, state }));
          expect([type, listed, counted[type]]).toEqual([type, wanted, listed.length]);
        }
      }),
      { numRuns: 25 },
    );
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });
});
