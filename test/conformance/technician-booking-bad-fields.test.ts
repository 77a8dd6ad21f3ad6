/** Fields of a body that are not what they should be: refused by name, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_ORDER } from '../harness/booking.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { placedAnswer } from './booking-answers.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const NOT_OURS = '不是该接口的参数';
const EXAMPLE = JSON.stringify(EXAMPLE_ORDER);

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

function post(path: string, body: string, headers: Record<string, string> = JSON_TYPE): Promise<Received> {
  return customer.send(path, { method: 'POST', body, headers });
}

function whole(max: number): string {
  return `必须是 1 到 ${max} 之间的整数`;
}

describe('POST /V1/order', () => {
  const FIELDS = [
    ['service_id', whole(Number.MAX_SAFE_INTEGER)],
    ['technician_id', whole(Number.MAX_SAFE_INTEGER)],
    ['order_duration', whole(10)],
    ['pay_type', whole(2)],
  ] as const;

  describe.each(FIELDS)('%s', (field, message) => {
    test('missing', async () => {
      expect(seen(await customer.place({ [field]: undefined }))).toEqual(refusal(400, `${field} 不能为空`));
      expect(await rowCounts()).toEqual(before);
    });

    test.each<[string, unknown]>([
      ['null', null],
      ['negative', -1],
      ['zero', 0],
      ['minus zero as text', '-0'],
      ['a fraction', 1.5],
      ['a tiny fraction over', 1.000_000_1],
      ['2^53', 9_007_199_254_740_992],
      ['beyond 2^53', 1e300],
      ['true', true],
      ['false', false],
      ['an array', [2]],
      ['an empty array', []],
      ['an object', { $gt: 0 }],
      ['an empty text', ''],
      ['a blank', ' '],
      ['a word', 'two'],
      ['a number with a blank', ' 2'],
      ['a number with a line end', '2\n'],
      ['a number with a sign', '+2'],
      ['a negative text', '-2'],
      ['a fraction as text', '2.0'],
      ['an exponent as text', '1e0'],
      ['a hexadecimal text', '0x2'],
      ['a separated text', '1_0'],
      ['full-width digits', '２'],
      ['Arabic digits', '٢'],
      ['a Chinese numeral', '二'],
      ['a circled digit', '②'],
      ['NaN as text', 'NaN'],
      ['Infinity as text', 'Infinity'],
      ['16 digits', '9007199254740993'],
      ['1,000 digits', '2'.repeat(1000)],
      ['NUL', '2\u0000'],
      ['an emoji', '2️⃣'],
      ['markup', '<b>2</b>'],
      ['SQL', '2 OR 1=1'],
      ['a right-to-left override', '\u202E2'],
    ])('%s', async (_what, value) => {
      expect(seen(await customer.place({ [field]: value }))).toEqual(refusal(400, `${field} ${message}`));
      expect(await rowCounts()).toEqual(before);
    });
  });

  test.each([
    ['order_duration', 11],
    ['order_duration', '11'],
    ['pay_type', 3],
    ['pay_type', '3'],
  ])('%s of %j is one too many', async (field, value) => {
    const max = field === 'pay_type' ? 2 : 10;
    expect(seen(await customer.place({ [field]: value }))).toEqual(refusal(400, `${field} ${whole(max)}`));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
    ['1e1', 98_000],
    ['2.0', 19_600],
    ['0.1e1', 9800],
    ['100e-1', 98_000],
  ])('a JSON number counts by its value: %s', async (written, amountFen) => {
    const received = await post('/V1/order', EXAMPLE.replace('"order_duration":2', `"order_duration":${written}`));
    expect(placedAnswer.parse(received.json).data.order_amount).toBe(amountFen);
  });

  test('1e2 is a hundred', async () => {
    const received = await post('/V1/order', EXAMPLE.replace('"service_id":2', '"service_id":1e2'));
    expect(seen(received)).toEqual(refusal(400, '数据不存在'));
    const hours = await post('/V1/order', EXAMPLE.replace('"order_duration":2', '"order_duration":1e2'));
    expect(seen(hours)).toEqual(refusal(400, `order_duration ${whole(10)}`));
  });

  test.each([
    ['full-width digits', '%EF%BC%92'],
    ['a blank', '+2'],
    ['bytes that are no UTF-8', '%FF'],
    ['half an escape', '2%'],
    ['NUL', '2%00'],
    ['an exponent', '1e0'],
  ])('a form with %s in a number', async (_what, written) => {
    const form = `service_id=2&technician_id=2&order_duration=${written}&pay_type=1`;
    expect(seen(await post('/V1/order', form, FORM_TYPE))).toEqual(refusal(400, `order_duration ${whole(10)}`));
    expect(await rowCounts()).toEqual(before);
  });

  test('a form with a key too many', async () => {
    const form = 'service_id=2&technician_id=2&order_duration=2&pay_type=1';
    for (const key of ['order_amount', '__proto__', 'constructor']) {
      const received = await post('/V1/order', `${form}&${key}=1`, FORM_TYPE);
      expect(seen(received)).toEqual(refusal(400, `${key} ${NOT_OURS}`));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('the first problem is the message', async () => {
    const received = await post('/V1/order', '{"order_duration":0,"service_id":0}');
    expect(seen(received)).toEqual(refusal(400, `service_id ${whole(Number.MAX_SAFE_INTEGER)}`));
  });
});

describe.each([
  { path: '/V1/order/pay', status: 400, unknown: '该订单不存在' },
  { path: '/V1/order/pay/refund', status: 422, unknown: '该订单不存在或未支付' },
])('POST $path', ({ path, status, unknown }) => {
  test.each<[string, unknown, string]>([
    ['missing', undefined, '不能为空'],
    ['null', null, '必须是字符串'],
    ['a JSON number', 2_022_112_205_568_384, '必须是字符串'],
    ['an array', ['2022112205568384235292'], '必须是字符串'],
    ['an object', { $ne: '' }, '必须是字符串'],
    ['true', true, '必须是字符串'],
    ['empty', '', '不能为空'],
    ['65 characters', '1'.repeat(65), '格式不正确'],
    ['10 KiB', '1'.repeat(10_240), '格式不正确'],
  ])('order_id: %s', async (_what, value, message) => {
    const received = await post(path, JSON.stringify({ order_id: value }));
    expect(seen(received)).toEqual(refusal(status, `order_id ${message}`));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
    ['a blank', ' '],
    ['quotes', `'"\``],
    ['SQL', "' OR '1'='1"],
    ['NUL', '\u0000'],
    ['the number with NUL behind it', '2022112205568384235292\u0000'],
    ['the number with a blank', ' 2022112205568384235292'],
    ['full-width digits', '２０２２１１２２０５５６８３８４２３５２９２'],
    ['an emoji', '🧖'],
    ['a lone surrogate', '\uD800'],
    ['a right-to-left override', '\u202E2022112205568384235292'],
    ['a line end', '\r\nX: 1'],
    ['markup', '<script>alert(1)</script>'],
    ["another dialect's form", 'ORD2022112205568384235292'],
    ["a payment's number", '20221122055683842352920001'],
  ])('order_id: %s is no order', async (_what, value) => {
    expect(seen(await post(path, JSON.stringify({ order_id: value })))).toEqual(refusal(404, unknown));
    expect(await rowCounts()).toEqual(before);
  });
});
