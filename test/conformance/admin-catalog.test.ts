/** The operator API's catalogue: rows of each kind that a dialect declares, and what they change for customers. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { dialects } from '../../src/dialects/index.ts';
import { demoRows } from '../demo-rows/index.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './admin-answers.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { allRows } from './admin-rows.ts';
import { customerOf } from './customer.ts';

const THUMB = 'https://t.example/thumb.png';
const SERVICE = { uuid: 'uuid-7', technicianId: 1, title: '肩颈按摩', thumbMin: THUMB, tourPriceFen: 12_000 };
const SERVICES = '/catalog/booking-services';
const TECHNICIANS = '/catalog/technicians';

/** Two isolates over one database: what one of them remembers, the other one knows nothing of. */
let shop: Shop;
let operator: Operator;
let operatorElsewhere: Operator;
beforeAll(async () => {
  operatorElsewhere = operatorOf(await openShop({ limits: 'off' }));
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});

/** The demo row of a service as this API shows and takes it. */
function demoService(id: string): Record<string, unknown> {
  const row = demoRows.find((one) => one.kind === 'booking-services' && one.id === id);
  if (!row) throw new Error(`there is no demo service ${id}`);
  return row.body;
}

beforeEach(async () => {
  await operator.put(`${SERVICES}/2`, demoService('2'));
});

test('every kind that a dialect declares can be listed', async () => {
  const kinds = dialects.flatMap(({ catalog }) => Object.keys(catalog));
  expect(kinds).toEqual(expect.arrayContaining(['booking-services', 'technicians']));
  for (const kind of kinds) expect((await operator.get(`/catalog/${kind}`)).status).toBe(200);
});

test('a list by id, with the fields of its kind', async () => {
  const technicians = answers.technicianPage.parse((await operator.get(TECHNICIANS)).json);
  expect(technicians).toEqual({
    items: demoRows.filter(({ kind }) => kind === 'technicians').map(({ id, body }) => ({ id, ...body })),
    nextCursor: null,
  });
  const services = answers.servicePage.parse((await operator.get(SERVICES)).json);
  expect(services.items.map(({ id }) => id)).toEqual(['2', '3']);
});

test('page by page: no gap, none twice; rows out of sale are left out', async () => {
  for (let id = 4; id <= 25; id++)
    await operator.put(`${TECHNICIANS}/${id}`, { uuid: `u${id}`, name: 'n', avatar: '' });
  await operator.remove(`${TECHNICIANS}/7`);
  const ids: string[] = [];
  const sizes: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const path: string = `${TECHNICIANS}?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = answers.technicianPage.parse((await operator.get(path)).json);
    ids.push(...page.items.map(({ id }) => id));
    sizes.push(page.items.length);
    cursor = page.nextCursor;
  }
  const expected = ['1', '2', ...Array.from({ length: 22 }, (_, nth) => String(nth + 4))].filter((id) => id !== '7');
  expect(ids).toEqual(expected.toSorted());
  expect(sizes).toEqual([10, 10, 3]);
});

test('one row by itself', async () => {
  const shown = await operator.get(`${SERVICES}/2`);
  expect(shown.status).toBe(200);
  expect(answers.serviceAnswer.parse(shown.json)).toEqual({ id: '2', ...demoService('2') });
});

test('one row is shown as it is, whatever this isolate remembers', async () => {
  await customerOf(shop).newOrder();
  const changed = { ...demoService('2'), title: '换了名字' };
  await operatorElsewhere.put(`${SERVICES}/2`, changed);
  expect((await operator.get(`${SERVICES}/2`)).json).toEqual({ id: '2', ...changed });
});

describe('writing a row', () => {
  test('makes it, and answers it whole', async () => {
    const put = await operator.put(`${SERVICES}/70`, SERVICE);
    expect([put.status, answers.serviceAnswer.parse(put.json)]).toEqual([200, { id: '70', ...SERVICE }]);
    expect((await operator.get(`${SERVICES}/70`)).json).toEqual({ id: '70', ...SERVICE });
  });

  test('keeps the optional fields that are left out, and wants the others', async () => {
    const { soldCount, ...required } = answers.serviceAnswer.omit({ id: true }).parse(demoService('2'));
    const put = await operator.put(`${SERVICES}/2`, { ...required, title: '新名字' });
    expect(put.json).toEqual({ id: '2', ...required, title: '新名字', soldCount });
    const before = await allRows();
    for (const field of Object.keys(required)) {
      const { [field]: _left, ...rest } = { ...required } as Record<string, unknown>;
      expect(problemOf(await operator.put(`${SERVICES}/2`, rest))).toEqual([400, 'invalid_input', field]);
    }
    expect(await allRows()).toEqual(before);
  });
});

describe('taking a row out of sale', () => {
  test('is 204 without a body, then 404; writing it again brings it back', async () => {
    await operator.put(`${SERVICES}/71`, SERVICE);
    const removed = await operator.remove(`${SERVICES}/71`);
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect(problemOf(await operator.remove(`${SERVICES}/71`))).toEqual([404, 'item_not_found']);
    expect(problemOf(await operator.get(`${SERVICES}/71`))).toEqual([404, 'item_not_found']);
    const listed = answers.servicePage.parse((await operator.get(SERVICES)).json);
    expect(listed.items.map(({ id }) => id)).not.toContain('71');
    expect((await operator.put(`${SERVICES}/71`, { ...SERVICE, title: '回来了' })).status).toBe(200);
    expect((await operator.get(`${SERVICES}/71`)).json).toEqual({ id: '71', ...SERVICE, title: '回来了' });
  });
});

describe.each(['this isolate', 'another isolate'])('a change made in %s', (where) => {
  const amount = z.object({ data: z.object({ order_amount: z.int() }) });
  const by = () => (where === 'this isolate' ? operator : operatorElsewhere);

  test('of a price counts for the very next order', async () => {
    const customer = customerOf(shop);
    const order = { service_id: 2, order_duration: 1 };
    expect(amount.parse((await customer.place(order)).json).data.order_amount).toBe(9800);
    for (const tourPriceFen of [1, 12_345, 9900]) {
      await by().put(`${SERVICES}/2`, { ...demoService('2'), tourPriceFen });
      expect(amount.parse((await customer.place(order)).json).data.order_amount).toBe(tourPriceFen);
    }
  });

  test('takes a service out of sale, and puts it back, for the very next order', async () => {
    const customer = customerOf(shop);
    await customer.newOrder();
    await by().remove(`${SERVICES}/2`);
    expect((await customer.place()).json).toMatchObject({ message: '数据不存在' });
    await by().put(`${SERVICES}/2`, demoService('2'));
    expect((await customer.place()).status).toBe(201);
  });
});
