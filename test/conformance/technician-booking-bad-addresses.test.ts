/** Queries and path parts that are not what they should be: refused by name or unknown, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import { listAnswer } from './booking-answers.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let customer: Customer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = customerOf(shop);
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

describe('GET /V1/order', () => {
  const bad = [
    ['zero', '0'],
    ['negative', '-1'],
    ['a fraction', '1.5'],
    ['10^9', '1000000000'],
    ['2^53', '9007199254740992'],
    ['1,000 digits', '1'.repeat(1000)],
    ['a word', 'first'],
    ['empty', ''],
    ['a blank', '%20'],
    ['a number with a blank', '1%20'],
    ['a plus', '+1'],
    ['an exponent', '1e0'],
    ['a hexadecimal number', '0x1'],
    ['full-width digits', '%EF%BC%91'],
    ['NUL', '%00'],
    ['a number with NUL behind it', '1%00'],
    ['no UTF-8', '%FF'],
    ['half an escape', '1%'],
    ['quotes', '%27%22'],
    ['null', 'null'],
    ['true', 'true'],
    ['10 KiB', 'a'.repeat(10_240)],
  ];

  test.each(bad)('page: %s', async (_what, value) => {
    const received = await customer.list(`?order_type=1&page=${value}`);
    expect(seen(received)).toEqual(refusal(400, 'page 必须是 1 到 1000000 之间的整数'));
  });

  test.each([...bad, ['six', '6']])('order_type: %s', async (_what, value) => {
    const received = await customer.list(`?order_type=${value}`);
    expect(seen(received)).toEqual(refusal(400, 'order_type 必须是 1 到 5 之间的整数'));
  });

  test.each([
    ['order_type', '?order_type=1&order_type=1'],
    ['order_type', '?order_type=1&order_type=2&page=1'],
    ['order_type', '?order_type=1&order%5Ftype=2'],
    ['page', '?order_type=1&page=1&page=2'],
  ])('%s twice, as in %s', async (field, query) => {
    const received = await customer.list(query);
    expect([received.status, received.text]).toEqual([400, expect.stringContaining(`"message":"${field} 必须是`)]);
  });

  test('the last page of all is an empty one', async () => {
    const { data } = listAnswer.parse((await customer.list('?order_type=1&page=1000000')).json);
    expect(data).toMatchObject({ from: null, to: null, data: [], next_page_url: null });
  });
});

describe('an identifier in the path', () => {
  const IDENTIFIERS = [
    ['NUL', '%00'],
    ['a number with NUL behind it', '2022112205568384235292%00'],
    ['quotes', '%27%22%60'],
    ['SQL', "'%20OR%20'1'='1"],
    ['an encoded slash', 'pay%2Frefund'],
    ['a lone percent sign', '%'],
    ['half a character', '%E4%BD'],
    ['no UTF-8', '%FF%FE'],
    ['an emoji', '%F0%9F%A7%96'],
    ['a line end', '%0D%0AX:%201'],
    ['markup', '%3Cscript%3E'],
    ['full-width digits', '%EF%BC%92'],
    ['a number and an exponent', '2022112205568384235292e0'],
    ["another dialect's form", 'ORD2022112205568384235292'],
    ['10 KiB', 'a'.repeat(10_240)],
    ['10 KiB of digits', '1'.repeat(10_240)],
  ];

  test.each(IDENTIFIERS)('%s names no order', async (_what, id) => {
    const shown = await customer.detail(id);
    expect([shown.status, shown.text]).toEqual([200, '{"data":null,"code":0,"message":""}']);
    expect(seen(await customer.remove(id))).toEqual(refusal(404, '订单不存在'));
    const cancelled = await customer.cancelPayment(id);
    expect([cancelled.status, cancelled.text]).toEqual([200, '{"message":"取消成功","code":0,"data":[]}']);
    expect(await rowCounts()).toEqual(before);
  });
});
