/** Input of the print shop that is not what it should be: refused by name in its own shape, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DELIVERED_ORDER,
  DISPATCHING,
  EXAMPLE_FILE,
  EXAMPLE_ORDER,
  newPrintCustomer,
  type PrintCustomer,
} from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { detailAnswer } from './print-shop-answers.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let customer: PrintCustomer;
let orderID: string;
let before: Record<string, number>;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = newPrintCustomer(shop);
  orderID = await customer.newOrder();
});
beforeEach(async () => {
  before = await rowCounts();
});

/** How an order is refused; nothing may be written. */
async function refused(fields: Record<string, unknown>) {
  const received = await customer.verify(fields);
  expect(await rowCounts()).toEqual(before);
  return seen(received);
}

const withFile = (fields: Record<string, unknown>) => ({ files: [{ ...EXAMPLE_FILE, ...fields }] });

const NO_WHOLE_NUMBERS: readonly [string, unknown][] = [
  ['null', null],
  ['negative', -1],
  ['a fraction', 1.5],
  ['2^53', 9_007_199_254_740_992],
  ['beyond 2^53', 1e300],
  ['true', true],
  ['an array', [1]],
  ['an object', { $gt: 0 }],
  ['text', '1'],
  ['an empty text', ''],
];

describe.each([
  ['row', 1, 16],
  ['col', 1, 16],
  ['copies', 1, 999],
  ['startPage', 0, 100_000],
  ['endPage', 0, 100_000],
] as const)('%s', (field, least, most) => {
  const WORDS = `files.0.${field} 必须是 ${least} 到 ${most} 之间的整数`;

  test.each([...NO_WHOLE_NUMBERS, ['too small', least - 1], ['too large', most + 1]])('%s', async (_what, value) => {
    expect(await refused(withFile({ [field]: value }))).toEqual(refusal(WORDS));
  });

  test('missing', async () => {
    expect(await refused(withFile({ [field]: undefined }))).toEqual(refusal(`files.0.${field} 不能为空`));
  });
});

describe('money', () => {
  test.each([...NO_WHOLE_NUMBERS, ['zero', 0], ['25.5', 25.5], ['more than any order', 10_000_000_001]])(
    '%s',
    async (_what, money) => {
      expect(await refused({ money })).toEqual(refusal('money 必须是 1 到 10000000000 之间的整数'));
    },
  );

  test('missing, or not ours', async () => {
    expect(await refused({ money: undefined })).toEqual(refusal('money 不能为空'));
    for (const money of [1, 24, 26, 2500, 10_000_000_000]) {
      expect(await refused({ money })).toEqual(refusal(`金额不一致：应付 25 分，提交的是 ${money} 分`));
    }
  });

  test('counts by its value, however it is written', async () => {
    for (const written of ['25.0', '2.5e1', '250e-1']) {
      const body = JSON.stringify(EXAMPLE_ORDER).replace('"money":25', `"money":${written}`);
      const headers = { 'content-type': 'application/json' };
      expect((await customer.send('/order/verify', { method: 'POST', body, headers })).text).toContain('"OK"');
    }
  });
});

const NO_TEXTS: readonly [string, unknown][] = [
  ['null', null],
  ['a number', 1],
  ['true', true],
  ['an array', ['x']],
  ['an object', {}],
];

describe('names', () => {
  test.each<[string, unknown]>([
    ...NO_TEXTS,
    ['empty', ''],
    ['a blank', ' '],
    ['a sign', '-1'],
    ['letters', '002a'],
    ['full-width digits', '００２６'],
    ['17 digits', '0'.repeat(17)],
    ['a line end', '0026\n'],
    ['NUL', '0026\u0000'],
    ['SQL', "0026' OR '1'='1"],
    ['another row', '0026/x'],
  ])('pointID: %s', async (_what, pointID) => {
    expect(await refused({ pointID })).toEqual(refusal('pointID 必须是数字组成的字符串'));
  });

  test.each<[string, unknown]>([
    ...NO_TEXTS,
    ['empty', ''],
    ['31 digits', 'A'.repeat(31)],
    ['33 digits', 'A'.repeat(33)],
    ['no digit', `${'A'.repeat(31)}G`],
    ['a hyphen', `${'A'.repeat(31)}-`],
    ['a line end', `${'A'.repeat(32)}\n`],
    ['letters that only look right', 'А'.repeat(32)],
  ])('fileID: %s', async (_what, fileID) => {
    expect(await refused(withFile({ fileID }))).toEqual(refusal('files.0.fileID 必须是 32 位十六进制的 MD5 值'));
  });

  test.each<[string, unknown]>([
    ...NO_TEXTS,
    ['empty', ''],
    ['256 characters', 'x'.repeat(256)],
    ['a line end', 'a\nb'],
    ['NUL', 'a\u0000'],
    ['half a pair', 'a\uDE00'],
    ['a right-to-left override', 'a\u202Ecod.exe'],
  ])('fileName: %s', async (_what, fileName) => {
    const words = 'files.0.fileName 必须是 1 到 255 个字符的文本，不含控制字符';
    expect(await refused(withFile({ fileName }))).toEqual(refusal(words));
  });

  test.each(['size', 'caliper'])('%s', async (field) => {
    const words = `files.0.${field} 必须是 1 到 16 个字母或数字`;
    for (const value of [null, 4, true, [], {}, '', ' ', 'A-4', 'A4\n', 'A/4', 'x'.repeat(17), 'A\u0000', '%']) {
      expect([value, await refused(withFile({ [field]: value }))]).toEqual([value, refusal(words)]);
    }
    expect(await refused(withFile({ [field]: undefined }))).toEqual(refusal(`files.0.${field} 不能为空`));
  });

  test('color and side', async () => {
    for (const color of [null, 1, '', 'Mono', 'color', 'toString', 'mono ']) {
      expect(await refused(withFile({ color }))).toEqual(refusal('files.0.color 必须是 mono 或 colorful'));
    }
    for (const side of [null, 0, 3, 1.5, '1', true, [1]]) {
      expect(await refused(withFile({ side }))).toEqual(refusal('files.0.side 必须是 1 或 2'));
    }
    expect(await refused(withFile({ color: undefined }))).toEqual(refusal('files.0.color 不能为空'));
    expect(await refused(withFile({ side: undefined }))).toEqual(refusal('files.0.side 不能为空'));
  });
});

describe('files', () => {
  test.each<[string, unknown]>([
    ['none', []],
    ['null', null],
    ['an object', { 0: EXAMPLE_FILE }],
    ['text', 'files'],
    ['fifty-one', Array.from({ length: 51 }, () => EXAMPLE_FILE)],
  ])('%s', async (_what, files) => {
    expect(await refused({ files })).toEqual(refusal('files 必须是 1 到 50 个文件的列表'));
  });

  test('the one at fault is named', async () => {
    const good = Array.from({ length: 7 }, () => EXAMPLE_FILE);
    for (const one of [null, 'x', 1, []]) {
      expect(await refused({ files: [...good, one] })).toEqual(refusal('files.7 必须是一个对象'));
    }
    expect(await refused({ files: [...good, { ...EXAMPLE_FILE, copies: 0 }] })).toEqual(
      refusal('files.7.copies 必须是 1 到 999 之间的整数'),
    );
  });
});

describe('dispatching', () => {
  test.each<[string, unknown]>([
    ['text', 'x'],
    ['a number', 1],
    ['true', true],
    ['a list', []],
  ])('%s', async (_what, dispatching) => {
    expect(await refused({ dispatching })).toEqual(refusal('dispatching 必须是一个对象'));
  });

  test.each([
    ['nickname', 64, 'x\n'],
    ['phone', 32, '1\n3'],
    ['address', 256, 'x\ty'],
    ['message', 500, 'x\u0007'],
  ])('%s', async (field, most, controls) => {
    const words = `dispatching.${field} 必须是 0 到 ${most} 个字符的文本，不含控制字符`;
    for (const value of [null, 1, true, {}, [], 'x'.repeat(most + 1), controls, '\uD83D', 'a\u202E']) {
      const dispatching = { ...DISPATCHING, [field]: value };
      expect([value, await refused({ ...DELIVERED_ORDER, dispatching })]).toEqual([value, refusal(words)]);
    }
  });

  test('a phone is a number that can be called', async () => {
    for (const phone of ['x', '12', '+', '+86', '13600136000x', '--------', '１３６００１３６０００']) {
      const dispatching = { ...DISPATCHING, phone };
      expect([phone, await refused({ ...DELIVERED_ORDER, dispatching })]).toEqual([
        phone,
        refusal('dispatching.phone 必须是电话号码'),
      ]);
    }
    for (const phone of ['110', '13600136000', '+86 136-0013-6000', '0571-8888 8888']) {
      const id = await customer.newOrder({ ...DELIVERED_ORDER, dispatching: { ...DISPATCHING, phone } });
      expect(detailAnswer.parse((await customer.detail(id)).json).info.dispatching?.phone).toBe(phone);
    }
  });
});

describe('bodies', () => {
  const CALLS = [
    ['POST', '/order/verify'],
    ['PUT', '/order/cancel'],
    ['POST', '/order/refund'],
  ] as const;

  test.each(CALLS)('%s %s: what cannot be read', async (method, path) => {
    const BODIES = [
      ['{', 'body 不是有效的 JSON'],
      ['[]', 'body 必须是一个对象'],
      ['null', 'body 必须是一个对象'],
      ['1', 'body 必须是一个对象'],
      ['{"orderID":"1","orderID":"2"}', 'body 同一字段出现了多次'],
      [`${'['.repeat(30)}${']'.repeat(30)}`, 'body 嵌套过深'],
    ] as const;
    for (const [body, words] of BODIES) {
      const headers = { 'content-type': 'application/json' };
      expect([body, seen(await customer.send(path, { method, body, headers }))]).toEqual([body, refusal(words)]);
    }
    const bytes = Uint8Array.of(0x7b, 0xff, 0x7d);
    const headers = { 'content-type': 'application/json' };
    expect(seen(await customer.send(path, { method, body: bytes, headers }))).toEqual(
      refusal('body 不是有效的 UTF-8 文本'),
    );
    for (const type of ['', 'text/plain', 'multipart/form-data']) {
      expect(seen(await customer.send(path, { method, body: '{}', headers: { 'content-type': type } }))).toEqual(
        refusal('body 须为 application/json 或 application/x-www-form-urlencoded'),
      );
    }
    expect(await rowCounts()).toEqual(before);
  });

  test.each(CALLS)('%s %s: more than 64 KiB', async (method, path) => {
    const body = JSON.stringify({ orderID, message: 'x'.repeat(65_536) });
    const headers = { 'content-type': 'application/json' };
    expect(seen(await customer.send(path, { method, body, headers }))).toEqual(refusal('请求内容过大', 413));
  });

  test('a field that is nobody’s is refused: dropped, it would look as if it had counted', async () => {
    expect(await refused({ coupon: 'x' })).toEqual(refusal('coupon 不是该接口的参数'));
    expect(await refused(withFile({ price: 1 }))).toEqual(refusal('files.0.price 不是该接口的参数'));
    expect(await refused({ dispatching: { fee: 0 } })).toEqual(refusal('dispatching.fee 不是该接口的参数'));
    const body = { orderID, reason: 'x', amount: 1 };
    expect(seen(await customer.send('/order/refund', { body }))).toEqual(refusal('amount 不是该接口的参数'));
    expect(seen(await customer.send('/order/cancel', { method: 'PUT', body }))).toEqual(
      refusal('reason 不是该接口的参数'),
    );
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['cancel', 'refund'] as const)('%s of what is no order', async (call) => {
    for (const none of ['1', 'x', '0'.repeat(22), `${orderID} `, '赵'.repeat(64)]) {
      expect([none, seen(await customer[call](none))]).toEqual([none, refusal('订单不存在')]);
    }
    for (const value of [null, 1, true, {}, [orderID], 'x'.repeat(65)]) {
      expect([value, seen(await customer[call](value))]).toEqual([value, refusal('orderID 必须是订单号')]);
    }
    for (const value of [undefined, '']) {
      expect(seen(await customer[call](value))).toEqual(refusal('orderID 不能为空'));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('detail of what is no order', async () => {
    expect(seen(await customer.send('/order/detail'))).toEqual(refusal('orderID 不能为空'));
    expect(seen(await customer.detail(''))).toEqual(refusal('orderID 不能为空'));
    expect(seen(await customer.detail('x'.repeat(65)))).toEqual(refusal('orderID 必须是订单号'));
    expect(seen(await customer.send(`/order/detail?orderID=${orderID}&orderID=${orderID}`))).toEqual(
      refusal('orderID 必须是订单号'),
    );
    for (const none of ['0', '%00', "'", '__proto__', '%F0%9F%98%80']) {
      expect(seen(await customer.detail(none))).toEqual(refusal('订单不存在'));
    }
  });
});
