/** The print shop's catalogue at the operator API: points, prices, files and users, and what they must not be. */
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_FILE, newPrintCustomer, printCustomer } from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { detailAnswer } from './print-shop-answers.ts';
import { rowsAsText } from './row-counts.ts';

const POINT = {
  name: '第二打印点',
  phone: '0571-88888888',
  delivers: true,
  deliveryFeeFen: 300,
  deliveryFromFen: 1000,
  minimumFen: 100,
};

let shop: Shop;
let operator: Operator;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});

test('a new point with its paper and a file is ordered from at once', async () => {
  const file = { fileName: '毕业论文.pdf', pages: 7 };
  const rows = {
    'print-points/0099': POINT,
    'print-prices/0099-8开-70g-colorful': { singleFen: 60 },
    'print-files/0123456789ABCDEF0123456789ABCDEF': file,
  };
  for (const [path, body] of Object.entries(rows)) {
    const kept = await operator.put(`/catalog/${encodeURI(path)}`, body);
    expect([path, kept.status]).toEqual([path, 200]);
    expect((await operator.get(`/catalog/${encodeURI(path)}`)).json).toMatchObject(body);
  }
  const customer = newPrintCustomer(shop);
  const wanted = { ...EXAMPLE_FILE, fileID: '0123456789abcdef0123456789abcdef', size: '8开', color: 'colorful' };
  const orderID = await customer.newOrder({ pointID: '0099', money: 240, files: [wanted] });
  expect(detailAnswer.parse((await customer.detail(orderID)).json).info).toMatchObject({
    pointName: '第二打印点',
    pointPhone: '0571-88888888',
    settle: [{ size: '8开', unit: 60, count: 4 }],
  });
});

describe('is refused', () => {
  test.each<[string, unknown]>([
    ['print-points/a1', POINT],
    ['print-points/12345678901234567', POINT],
    ['print-points/1', { ...POINT, name: '' }],
    ['print-points/1', { ...POINT, delivers: 'yes' }],
    ['print-points/1', { ...POINT, deliveryFeeFen: -1 }],
    ['print-points/1', { ...POINT, minimumFen: 1.5 }],
    ['print-points/1', { ...POINT, minimumFen: 10_000_000_001 }],
    ['print-points/1', { ...POINT, phone: 'x\ny' }],
    ['print-points/1', { ...POINT, owner: 'x' }],
    ['print-points/1', { name: 'x' }],
    ['print-prices/0026-A4-70g', { singleFen: 1 }],
    ['print-prices/0026-A4-70g-red', { singleFen: 1 }],
    ['print-prices/0026-A4-70g-mono-1', { singleFen: 1 }],
    ['print-prices/26a-A4-70g-mono', { singleFen: 1 }],
    ['print-prices/0026-A4-70g-mono', { singleFen: -1 }],
    ['print-prices/0026-A4-70g-mono', { singleFen: 0.5 }],
    ['print-prices/0026-A4-70g-mono', { singleFen: 1_000_001 }],
    ['print-prices/0026-A4-70g-mono', { unitFen: 1 }],
    ['print-files/A52B4686E173B0612B71148F7F9E099a', { fileName: 'x', pages: 1 }],
    ['print-files/A52B', { fileName: 'x', pages: 1 }],
    ['print-files/A52B4686E173B0612B71148F7F9E099A', { fileName: 'x', pages: 0 }],
    ['print-files/A52B4686E173B0612B71148F7F9E099A', { fileName: 'x', pages: 100_001 }],
    ['print-files/A52B4686E173B0612B71148F7F9E099A', { fileName: '', pages: 1 }],
    ['users/1', { code: '86' }],
    ['users/1', { code: '+' }],
    ['users/1', { code: '+12345' }],
  ])('%s', async (path, body) => {
    const before = await rowsAsText();
    expect((await operator.put(`/catalog/${path}`, body)).status).toBe(400);
    expect(await rowsAsText()).toEqual(before);
  });

  test('to customers', async () => {
    const received = await shop.send('/admin/catalog/print-points/0026', { token: await shop.token('x') });
    expect(received.status).toBe(403);
  });
});

test('what is known of a user is sealed, shown with their orders, and gone with them', async () => {
  const userId = 'user-of-the-books';
  await operator.put(`/catalog/users/${userId}`, { name: '密名戊', phone: '13811112222', code: '+852' });
  expect((await rowsAsText()).filter((row) => /密名戊|13811112222|\+852/.test(row))).toEqual([]);
  const customer = printCustomer(shop, userId);
  const orderID = await customer.newOrder();
  const shown = async () => {
    const { code, username, nickname } = detailAnswer.parse((await customer.detail(orderID)).json).info;
    return { code, username, nickname };
  };
  expect(await shown()).toEqual({ code: '+852', username: '13811112222', nickname: '密名戊' });
  await operator.put(`/catalog/users/${userId}`, { name: '密名己' });
  expect(await shown()).toEqual({ code: '+852', username: '13811112222', nickname: '密名己' });
  await operator.remove(`/catalog/users/${userId}`);
  expect(await shown()).toEqual({ code: null, username: null, nickname: null });
});
