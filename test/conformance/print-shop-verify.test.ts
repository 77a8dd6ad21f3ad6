/** The print shop's rules of ordering: what has to be there, what is printed of it, and where it goes. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  DELIVERED_ORDER,
  DISPATCHING,
  EXAMPLE_FILE,
  EXAMPLE_ORDER,
  LONG_FILE,
  newPrintCustomer,
  orderOf,
  type PrintCustomer,
} from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import { removeItem } from './operator-desk.ts';
import { detailAnswer, verifiedAnswer } from './print-shop-answers.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts, rowsAsText } from './row-counts.ts';

let shop: Shop;
let customer: PrintCustomer;
let before: Record<string, number>;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = newPrintCustomer(shop);
});
beforeEach(async () => {
  before = await rowCounts();
});

async function shown(orderID: string) {
  return detailAnswer.parse((await customer.detail(orderID)).json).info;
}

/** How an order is refused; nothing may be written. */
async function refused(fields: Record<string, unknown>) {
  const received = await customer.verify(fields);
  expect(await rowCounts()).toEqual(before);
  return seen(received);
}

describe('what an order is for', () => {
  const NO_PRICE = '该打印点没有这种纸张、颜色或单双面的价格';

  test('an unknown point', async () => {
    for (const pointID of ['26', '0027', '00026', '9999999999999999']) {
      expect(await refused({ pointID })).toEqual(refusal('pointID 打印点不存在'));
    }
  });

  test('an unknown file, the first of them is named', async () => {
    const unknown = { ...EXAMPLE_FILE, fileID: '0'.repeat(32) };
    expect(await refused({ files: [unknown] })).toEqual(refusal('files.0.fileID 文件不存在，请重新上传'));
    expect(await refused({ files: [EXAMPLE_FILE, unknown, unknown] })).toEqual(
      refusal('files.1.fileID 文件不存在，请重新上传'),
    );
  });

  test('a file is the same in any case, and an order shows it as it was sent', async () => {
    for (const fileID of [EXAMPLE_FILE.fileID.toLowerCase(), 'a52B4686E173b0612b71148f7F9e099A']) {
      const orderID = await customer.newOrder({ files: [{ ...EXAMPLE_FILE, fileID }] });
      expect((await shown(orderID)).files[0]?.fileID).toBe(fileID);
    }
  });

  test.each<[string, object]>([
    ['size', { size: 'A3' }],
    ['size in another case', { size: 'a4' }],
    ['caliper', { caliper: '90g' }],
    ['colour of this paper', { caliper: '80g', color: 'colorful' }],
  ])('a %s that has no price there', async (_what, fields) => {
    expect(await refused({ files: [{ ...EXAMPLE_FILE, ...fields }] })).toEqual(refusal(`files.0.size ${NO_PRICE}`));
  });

  test('a side that has no price there', async () => {
    await operatorOf(shop).put('/catalog/print-prices/0026-A5-70g-mono', { singleFen: 10 });
    before = await rowCounts();
    const small = { ...EXAMPLE_FILE, col: 1, size: 'A5' };
    expect(await refused({ files: [EXAMPLE_FILE, { ...small, side: 2 }] })).toEqual(
      refusal(`files.1.size ${NO_PRICE}`),
    );
    expect(await shown(await customer.newOrder({ money: 20, files: [small] }))).toMatchObject({ money: 20 });
  });

  test('the names of papers are not names of other rows', async () => {
    for (const size of ['A4-70g-mono', '0026-A4', 'A4/70g', 'A4 ', '']) {
      expect(await refused({ files: [{ ...EXAMPLE_FILE, size }] })).toEqual(
        refusal('files.0.size 必须是 1 到 16 个字母或数字'),
      );
    }
  });

  test.each(['print-points', 'print-files', 'print-prices'])('a row of %s that was taken away', async (kind) => {
    const operator = operatorOf(shop);
    const rows = {
      'print-points': ['0031', { name: 'x', delivers: false, deliveryFeeFen: 0, deliveryFromFen: 0, minimumFen: 0 }],
      'print-prices': ['0031-A4-70g-mono', { singleFen: 25 }],
      'print-files': ['F'.repeat(32), { fileName: 'x', pages: 2 }],
    } as const;
    for (const [name, [id, body]] of Object.entries(rows)) await operator.put(`/catalog/${name}/${id}`, body);
    const order = { pointID: '0031', files: [{ ...EXAMPLE_FILE, fileID: 'f'.repeat(32) }] };
    const orderID = await customer.newOrder(order);
    const [id] = rows[z.enum(['print-points', 'print-files', 'print-prices']).parse(kind)];
    await removeItem({ kind, id });
    before = await rowCounts();
    const words = {
      'print-points': 'pointID 打印点不存在',
      'print-files': 'files.0.fileID 文件不存在，请重新上传',
      'print-prices': `files.0.size ${NO_PRICE}`,
    }[kind];
    expect(await refused(order)).toEqual(refusal(words ?? ''));
    expect(await shown(orderID)).toMatchObject({ money: 25, pointName: 'x' });
  });
});

const withPages = (startPage: number, endPage: number) => ({ files: [{ ...LONG_FILE, startPage, endPage }] });

describe('which pages', () => {
  test.each([
    [0, 0, 10],
    [1, 10, 10],
    [1, 1, 1],
    [10, 10, 1],
    [2, 4, 3],
  ])('%i to %i are %i', async (start, end, pages) => {
    const orderID = await customer.newOrder({ ...withPages(start, end), money: 25 * pages });
    expect((await shown(orderID)).settle).toMatchObject([{ count: pages }]);
  });

  test.each([
    [1, 11, 'files.0.endPage 不能超过文件的总页数 10'],
    [11, 11, 'files.0.endPage 不能超过文件的总页数 10'],
    [100_000, 100_000, 'files.0.endPage 不能超过文件的总页数 10'],
    [4, 2, 'files.0.endPage 不能小于起始页'],
    [1, 0, 'files.0.endPage 不能小于起始页'],
    [0, 1, 'files.0.startPage 全部打印时起止页都须为 0'],
    [0, 10, 'files.0.startPage 全部打印时起止页都须为 0'],
  ])('%i to %i are refused: %s', async (start, end, words) => {
    expect(await refused(withPages(start, end))).toEqual(refusal(words));
  });
});

describe('what is said of it', () => {
  test('the first file by the name that was sent, and how many there are', async () => {
    const files = [{ ...LONG_FILE, fileName: '我的 “文件” <b>.pdf', endPage: 1, startPage: 1 }, EXAMPLE_FILE];
    const answer = verifiedAnswer.parse((await customer.verify({ files, money: 50 })).json);
    expect(answer.info.desc).toBe('《我的 “文件” <b>.pdf》等共2个文件');
    expect((await shown(answer.info.orderID)).files.map(({ fileName }) => fileName)).toEqual([
      '我的 “文件” <b>.pdf',
      '申报指南.docx',
    ]);
  });

  test('of the longest name nothing is left out', async () => {
    for (const fileName of ['x'.repeat(255), '长😀'.repeat(127)]) {
      const answer = verifiedAnswer.parse((await customer.verify({ files: [{ ...EXAMPLE_FILE, fileName }] })).json);
      expect(answer.info.desc).toBe(`《${fileName}》等共1个文件`);
      expect((await shown(answer.info.orderID)).files[0]?.fileName).toBe(fileName);
    }
  });

  test('the same file may be there twice, and each is billed', async () => {
    const files = [EXAMPLE_FILE, { ...EXAMPLE_FILE, side: 2, col: 1 }, EXAMPLE_FILE];
    const info = await shown(await customer.newOrder({ files, money: 90 }));
    expect(info.files.map(({ fileID }) => fileID)).toEqual(files.map(({ fileID }) => fileID));
    expect(info.settle.map(({ unit, count, side }) => [unit, count, side])).toEqual([
      [25, 1, 1],
      [40, 1, 2],
      [25, 1, 1],
    ]);
  });

  test('fifty files are an order, and fifty-one are none', async () => {
    const files = Array.from({ length: 51 }, () => EXAMPLE_FILE);
    expect(await refused({ files, money: 1275 })).toEqual(refusal('files 必须是 1 到 50 个文件的列表'));
    expect((await shown(await customer.newOrder({ files: files.slice(1), money: 1250 }))).files).toHaveLength(50);
  });

  test('the order can be paid for half an hour, and is its own', async () => {
    const first = await customer.newOrder();
    expect(await customer.newOrder()).not.toBe(first);
    expect(await shown(first)).toMatchObject({ orderDate: String(Date.now()), state: 'PAYING', payDate: null });
  });
});

describe('delivery', () => {
  test.each<[string, unknown]>([
    ['no dispatching', undefined],
    ['null', null],
    ['an empty one', {}],
    ['empty fields', EXAMPLE_ORDER.dispatching],
    ['some of them left out', { nickname: '', message: '' }],
    ['blanks', { nickname: ' ', phone: '  ', address: '\u3000', message: ' \n' }],
  ])('%s: its customer comes for it', async (_what, dispatching) => {
    expect(await shown(await customer.newOrder({ dispatching }))).not.toHaveProperty('dispatching');
  });

  test('costs the fee on top, and is shown to its customer', async () => {
    const info = await shown(await customer.newOrder(DELIVERED_ORDER));
    expect(info).toMatchObject({ money: 700, dispatching: DISPATCHING });
    expect(info.settle.reduce((sum, { unit, count }) => sum + unit * count, 0)).toBe(500);
  });

  test('a message may be left out, and may have lines', async () => {
    const { message: _message, ...to } = DISPATCHING;
    const bare = await customer.newOrder({ ...DELIVERED_ORDER, dispatching: to });
    expect((await shown(bare)).dispatching).toEqual({ ...to, message: '' });
    const lines = { ...to, message: '一\n二' };
    const two = await customer.newOrder({ ...DELIVERED_ORDER, dispatching: lines });
    expect((await shown(two)).dispatching).toEqual(lines);
  });

  test.each(['nickname', 'phone', 'address'])('needs the %s', async (field) => {
    for (const value of ['', '  ', undefined]) {
      const dispatching = { ...DISPATCHING, [field]: value };
      expect(await refused({ ...DELIVERED_ORDER, dispatching })).toEqual(
        refusal(`dispatching.${field} 配送时不能为空`),
      );
    }
  });

  test('a message alone names nobody', async () => {
    expect(await refused({ dispatching: { message: '放门口' } })).toEqual(
      refusal('dispatching.nickname 配送时不能为空'),
    );
  });

  test('needs goods for so much, the fee not counted, and the fee in the money', async () => {
    const dispatching = DISPATCHING;
    const files = [
      { ...LONG_FILE, startPage: 1, endPage: 10 },
      { ...LONG_FILE, startPage: 1, endPage: 9 },
    ];
    expect(await refused({ files, dispatching, money: 675 })).toEqual(
      refusal('dispatching 配送须打印满 500 分，当前为 475 分'),
    );
    expect(await refused({ ...DELIVERED_ORDER, money: 500 })).toEqual(
      refusal('金额不一致：应付 700 分，提交的是 500 分'),
    );
    expect(await refused({ ...DELIVERED_ORDER, dispatching: null })).toEqual(
      refusal('金额不一致：应付 500 分，提交的是 700 分'),
    );
  });

  test('is not offered everywhere', async () => {
    const operator = operatorOf(shop);
    const point = { name: 'x', delivers: false, deliveryFeeFen: 0, deliveryFromFen: 0, minimumFen: 0 };
    await operator.put('/catalog/print-points/0032', point);
    await operator.put('/catalog/print-prices/0032-A4-70g-mono', { singleFen: 25 });
    before = await rowCounts();
    expect(await refused({ ...DELIVERED_ORDER, pointID: '0032' })).toEqual(refusal('dispatching 该打印点不提供配送'));
  });

  test('where it goes lies sealed: in no table can it be read, and nobody else is told', async () => {
    const secret = {
      nickname: '密名甲乙丙',
      phone: '13912345678',
      address: '密址路四十二号',
      message: '密语请敲三下',
    };
    const orderID = orderOf(await customer.verify({ ...DELIVERED_ORDER, dispatching: secret }));
    await customer.pay(orderID);
    const rows = await rowsAsText();
    for (const text of Object.values(secret)) expect(rows.filter((row) => row.includes(text))).toEqual([]);
    expect(rows.filter((row) => row.startsWith('personal_data') && row.includes(`order/${orderID}`))).toHaveLength(1);
    expect((await shown(orderID)).dispatching).toEqual(secret);
    const listed = await customer.info();
    for (const text of Object.values(secret)) expect(listed.text).not.toContain(text);
    const heard = shop.webhooks.map(({ body }) => body).join();
    for (const text of Object.values(secret)) expect(heard).not.toContain(text);
  });

  test('after the key is gone, the order is still there and still known to be delivered', async () => {
    const orderID = await customer.newOrder(DELIVERED_ORDER);
    const keyless = await openShop({ limits: 'off', vars: { PII_KEY: btoa('k'.repeat(32)) } });
    const token = await keyless.token(customer.userId);
    const received = await keyless.send(`/API/order/detail?orderID=${orderID}`, { token });
    const empty = { nickname: '', phone: '', address: '', message: '' };
    expect(detailAnswer.parse(received.json).info).toMatchObject({ money: 700, dispatching: empty });
  });
});
