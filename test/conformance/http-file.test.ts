/** The example requests of test/http are answered with what they say, from top to bottom. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { openShop } from '../harness/shop.ts';
import companion from '../http/medical-companion.http?raw';
import print from '../http/print-shop.http?raw';
import recharge from '../http/recharge.http?raw';
import subscription from '../http/subscription.http?raw';
import booking from '../http/technician-booking.http?raw';

type Example = {
  title: string;
  status: number;
  name: string | null;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
};

const fields = z.record(z.string(), z.union([z.string(), z.number()]));
/** An answer whose fields later requests name, in the envelope of its dialect. */
const named = z.union([z.object({ data: fields }), z.object({ info: fields }), z.object({ data: z.string() })]);

/** Reads one block: a title, comments, the request's line, headers, and a body behind an empty line. */
function readExample(block: string): Example {
  const [head = '', ...rest] = block.split('\n\n');
  const [title = '', ...lines] = head.split('\n');
  const [request = '', ...headers] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [method = '', url = ''] = request.split(' ');
  return {
    title: title.trim(),
    status: Number(/^# (\d{3})$/m.exec(head)?.[1]),
    name: /^# @name (\w+)$/m.exec(head)?.[1] ?? null,
    method,
    path: url.replace('{{base}}', ''),
    headers: Object.fromEntries(headers.map((line) => line.split(': '))),
    body: rest.join('\n\n').trim(),
  };
}

const FILES = [
  {
    name: 'technician booking',
    file: booking,
    userId: '50373883813',
    noOrder: '2022112205568384235292',
    calls: [
      'POST /V1/order',
      'GET /V1/order/…',
      'POST /V1/order/pay',
      'DELETE /V1/order/pay/…',
      'POST /V1/order/pay/refund',
      'DELETE /V1/order/…',
    ],
  },
  {
    name: 'the medical companion',
    file: companion,
    userId: '1',
    noOrder: '987654321',
    calls: [
      'POST /api/order/submit',
      'POST /api/order/pay/…',
      'POST /api/order/cancel/…',
      'POST /api/order/refund/…',
      'GET /api/order/list…',
      'GET /api/order/detail/…',
    ],
  },
  {
    name: 'the print shop',
    file: print,
    userId: '1fba29cd8cc72f1ad',
    noOrder: '2016081234165767515191',
    calls: [
      'POST /API/order/verify',
      'GET /API/order/detail…',
      'GET /API/orders/info…',
      'GET /API/orders/amount',
      'PUT /API/order/cancel',
      'GET /API/pay/payment…',
      'GET /API/pay/QRCode…',
      'GET /API/pay/trade…',
      'POST /API/order/refund',
    ],
  },
  {
    name: 'recharge',
    file: recharge,
    userId: '456',
    noOrder: '987654321',
    calls: [
      'POST /api/v1/order/create',
      'GET /api/v1/order/list…',
      'GET /api/v1/order/…',
      'PUT /api/v1/order/…/status',
      'POST /api/v1/order/…/pay',
      'POST /api/v1/order/…/payment',
      'POST /api/v1/order/…/recharge',
      'POST /api/v1/order/…/success',
      'POST /api/v1/order/…/fail',
      'POST /api/v1/order/…/refund',
      'POST /api/v1/order/…/cancel',
      'POST /api/v1/order/…/split',
      'POST /api/v1/order/…/partial',
    ],
  },
  {
    name: 'subscriptions',
    file: subscription,
    userId: '2057',
    noOrder: '2022112205568384235292',
    calls: [
      'GET /user/order/fetch…',
      'GET /user/order/getPaymentMethod',
      'GET /user/order/details…',
      'GET /user/order/check…',
      'POST /user/order/save',
      'POST /user/order/checkout',
      'POST /user/order/cancel',
    ],
  },
];

describe.each(FILES)('the examples of $name', ({ file, userId, noOrder, calls }) => {
  const examples = file.split(/^### /m).slice(1).map(readExample);

  test('are there for every call', () => {
    const shown = new Set(examples.map(({ method, path }) => `${method} ${path.replace(/\{\{[^}]+\}\}|\?.*/g, '…')}`));
    expect([...shown]).toEqual(expect.arrayContaining(calls));
  });

  test('are answered as they say', async () => {
    const shop = await openShop();
    const operator = await shop.token('9001', { role: 'operator' });
    const known: Record<string, string> = { noOrder, token: await shop.token(userId), operator };
    const fill = (text: string) =>
      text.replace(/\{\{([\w.]+)\}\}/g, (_all, name: string) => known[name] ?? `no ${name}`);
    const answered: string[] = [];
    for (const { title, name, method, path, headers, body } of examples) {
      const filled = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, fill(value)]));
      const sent = { method, token: null, headers: filled, ...(body === '' ? {} : { body: fill(body) }) };
      const received = await shop.send(fill(path), sent);
      answered.push(`${title}: ${received.status}`);
      if (name === null) continue;
      for (const [envelope, held] of Object.entries(named.parse(received.json))) {
        const place = `${name}.response.body.${envelope}`;
        if (typeof held === 'string') known[place] = held;
        else for (const [key, value] of Object.entries(held)) known[`${place}.${key}`] = String(value);
      }
    }
    expect(answered).toEqual(examples.map(({ title, status }) => `${title}: ${status}`));
  });
});
