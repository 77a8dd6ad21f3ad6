/** Placing an order at recharge: at the catalogue's price, for a customer who exists, with the remark as it was sent. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { checkBooks } from '../harness/check-books.ts';
import { ofQuantity, orderOf, type RechargeCaller, rechargeCaller, rechargeOperator } from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { changeItem, removeItem } from './operator-desk.ts';
import * as answers from './recharge-answers.ts';
import { newCustomer, newProduct } from './recharge-people.ts';
import { FORBIDDEN, refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts, rowsAsText } from './row-counts.ts';

const NO_PRODUCT = refusal(1002, '商品不存在');
const NO_CUSTOMER = refusal(1002, '客户不存在');
const OTHER_PRICE = refusal(1001, 'total_amount 必须等于商品价格 × 数量');

let shop: Shop;
let customer: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const shown = async (id: number) => answers.orderAnswer.parse((await customer.detail(id)).json).data;

describe('the total', () => {
  /** Prices whose multiples are no hundredths to a computer. */
  test.each([
    [1999, 3, 59.97],
    [10, 3, 0.3],
    [29, 7, 2.03],
    [115, 9999, 11_498.85],
    [1_000_000, 9999, 99_990_000],
    [10_000_000_000, 1, 100_000_000],
    [1, 1, 0.01],
    [435, 3, 13.05],
  ])('of %i fen × %i is %d yuan, and nothing else', async (priceFen, quantity, total_amount) => {
    const { product_id } = await newProduct(shop, priceFen);
    const { id } = await customer.newOrder({ product_id, quantity, total_amount });
    expect(await shown(id)).toMatchObject({ product_id, quantity, total_amount });
    const before = await rowCounts();
    for (const other of [total_amount + 0.01, total_amount - 0.01, priceFen, total_amount * 100, 1]) {
      const rounded = Math.round(other * 100) / 100;
      if (rounded === total_amount || rounded <= 0 || rounded > 100_000_000) continue;
      const received = await customer.create({ product_id, quantity, total_amount: rounded });
      expect([rounded, seen(received)]).toEqual([rounded, OTHER_PRICE]);
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('of any price and quantity is exact to the fen', async () => {
    const wishes = fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 9999 }));
    await fc.assert(
      fc.asyncProperty(wishes, async ([priceFen, quantity]) => {
        const { product_id } = await newProduct(shop, priceFen);
        const fen = BigInt(priceFen) * BigInt(quantity);
        const written = `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`;
        const wish = { product_id, quantity, total_amount: Number(written) };
        const received = await customer.create(wish);
        expect(received.status).toBe(200);
        expect(received.text).toContain(`"total_amount":${Number(written)},`);
        expect(seen(await customer.create({ ...wish, quantity: quantity === 1 ? 2 : quantity - 1 }))).toEqual(
          OTHER_PRICE,
        );
      }),
      { numRuns: 25, seed: 20_240_315 },
    );
  });

  test('counts by its value, however it is written', async () => {
    const body = JSON.stringify({
      product_id: 123,
      customer_id: customer.userId,
      quantity: 1,
      payment_method: 'alipay',
    });
    for (const written of ['100', '100.00', '1e2', '1000e-1', '0.1e3']) {
      const sent = body.replace('{', `{"total_amount":${written},`);
      const headers = { 'content-type': 'application/json' };
      const received = await customer.send('/create', { method: 'POST', body: sent, headers });
      expect([written, received.status]).toEqual([written, 200]);
    }
  });

  test('of a product whose price is nothing, or more than anybody can pay, cannot be', async () => {
    const free = await newProduct(shop, 0);
    const dear = await newProduct(shop, 10_000_000_000);
    const before = await rowCounts();
    const words = refusal(1001, '商品价格设置错误');
    expect(seen(await customer.create({ ...free, total_amount: 0.01 }))).toEqual(words);
    expect(seen(await customer.create({ ...dear, quantity: 2 }))).toEqual(words);
    expect(await rowCounts()).toEqual(before);
  });

  test('is that of the moment: a new price counts for the next order', async () => {
    const { product_id } = await newProduct(shop, 5000);
    const first = await customer.newOrder({ product_id, total_amount: 50 });
    await changeItem({ kind: 'products', id: String(product_id) }, { priceFen: 4999 });
    expect(seen(await customer.create({ product_id, total_amount: 50 }))).toEqual(OTHER_PRICE);
    await customer.newOrder({ product_id, total_amount: 49.99 });
    expect((await shown(first.id)).total_amount).toBe(50);
  });
});

describe('who and what for', () => {
  test('an unknown product, an unknown customer, and both', async () => {
    const operator = rechargeOperator(shop);
    const before = await rowCounts();
    expect(seen(await customer.create({ product_id: 999_999 }))).toEqual(NO_PRODUCT);
    expect(seen(await operator.create({ customer_id: 999_999 }))).toEqual(NO_CUSTOMER);
    expect(seen(await operator.create({ product_id: 999_999, customer_id: 999_999 }))).toEqual(NO_PRODUCT);
    expect(seen(await rechargeCaller(shop, 777_777).create())).toEqual(NO_CUSTOMER);
    // What is not there is said before what it would cost.
    expect(seen(await customer.create({ product_id: 999_999, total_amount: 1 }))).toEqual(NO_PRODUCT);
    expect(await rowCounts()).toEqual(before);
  });

  test('a product that was taken out of sale is unknown; its orders are still shown', async () => {
    const product = await newProduct(shop, 100);
    const { id } = await customer.newOrder(product);
    await removeItem({ kind: 'products', id: String(product.product_id) });
    expect(seen(await customer.create(product))).toEqual(NO_PRODUCT);
    expect(await shown(id)).toMatchObject(product);
  });

  test('somebody else, whether they exist or not', async () => {
    const other = await newCustomer(shop);
    const before = await rowCounts();
    for (const customer_id of [other.userId, 999_999, 9001]) {
      expect(seen(await customer.create({ customer_id }))).toEqual(FORBIDDEN);
      expect(seen(await customer.create({ customer_id, product_id: 999_999 }))).toEqual(FORBIDDEN);
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('an operator places an order for anybody, and it is theirs', async () => {
    const { id } = orderOf(await rechargeOperator(shop).create({ customer_id: customer.userId }));
    expect(await shown(id)).toMatchObject({ id, customer_id: customer.userId });
    await customer.newOrderString(id);
  });
});

describe('the remark', () => {
  test.each([
    ['left out', undefined, ''],
    ['empty', '', ''],
    ['blank', ' \t', ' \t'],
    ['of several lines', 'a\r\nb\tc', 'a\r\nb\tc'],
    ['of 500 emoji', '😀'.repeat(500), '😀'.repeat(500)],
    ['of signs that mean something elsewhere', `<b>"'\\;--`, `<b>"'\\;--`],
  ])('%s comes back as it was sent', async (_what, remark, wanted) => {
    const created = await customer.create({ remark });
    const { id } = orderOf(created);
    expect(answers.orderAnswer.parse(created.json).data.remark).toBe(wanted);
    expect((await shown(id)).remark).toBe(wanted);
    const [listed] = answers.listAnswer.parse((await customer.list('?page_size=1')).json).data.items;
    expect(listed).toMatchObject({ id, remark: wanted });
  });

  test('is nobody’s to read without the key', async () => {
    const secret = 'remark-13912345678';
    await customer.newOrder({ remark: secret });
    expect((await rowsAsText()).filter((row) => row.includes(secret))).toEqual([]);
  });
});

test('times are UTC to the second, and a moment is not rounded up', async () => {
  shop.pass(Date.parse('2023-12-31T23:59:59.999Z') - Date.now());
  const { id } = await customer.newOrder();
  expect(await shown(id)).toMatchObject({ created_at: '2023-12-31T23:59:59Z', updated_at: '2023-12-31T23:59:59Z' });
  shop.pass(29_501);
  await customer.cancel(id);
  expect(await shown(id)).toMatchObject({ created_at: '2023-12-31T23:59:59Z', updated_at: '2024-01-01T00:00:29Z' });
});

test('the number says the day in Shanghai, and no two are alike', async () => {
  shop.pass(Date.parse('2024-03-15T16:00:00Z') - Date.now());
  const numbers = await Promise.all(
    Array.from({ length: 20 }, async () => (await customer.newOrder(ofQuantity(2))).orderNo),
  );
  for (const number of numbers) expect(number).toMatch(/^ORD20240316\d{14}$/);
  expect(new Set(numbers).size).toBe(20);
});
