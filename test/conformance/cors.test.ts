/** Browsers of the configured origins get in, with every kind of answer; by default none does. */
import { beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import { customerOf } from './customer.ts';

const APP = 'https://app.example';
const DESK = 'https://desk.example:8443';

const PREFLIGHT = {
  method: 'OPTIONS',
  token: null,
  headers: {
    origin: APP,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key',
  },
};

let open: Shop;
let closed: Shop;
beforeAll(async () => {
  open = await openShop({ vars: { CORS_ORIGINS: `${APP}, ${DESK}` } });
  closed = await openShop();
});

function corsHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
}

describe('with origins', () => {
  test.each(['/V1/order', '/V1/order/pay', '/V1/order/pay/refund', '/V1/order/2022112200000000000000'])(
    'a preflight for %s is answered without a token',
    async (path) => {
      const { status, headers, text } = await open.send(path, PREFLIGHT);
      expect([status, text]).toEqual([204, '']);
      expect(corsHeaders(headers)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'authorization,content-type,idempotency-key',
        'access-control-allow-methods': expect.stringContaining('DELETE'),
      });
      expect(headers.get('vary')).toContain('Origin');
    },
  );

  test.each([
    ['200', '/V1/order?order_type=1', {}, 200],
    ['400', '/V1/order', {}, 400],
    ['401', '/V1/order', { token: null }, 401],
    ['404 of the dialect', '/V1/order/no/such/path', {}, 404],
    ['404 of nobody', '/nowhere', {}, 404],
    ['413', '/V1/order', { method: 'POST', body: 'x'.repeat(65_537) }, 413],
  ])(
    'an answer of %s can be read, with what it says of time and of the database',
    async (_what, path, sent, status) => {
      for (const origin of [APP, DESK]) {
        const received = await customerOf(open).send(path, { ...sent, headers: { origin } });
        expect(received.status).toBe(status);
        expect(corsHeaders(received.headers)).toEqual({
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'x-d1-bookmark,Retry-After',
        });
      }
    },
  );

  test.each([
    'https://evil.example',
    'http://app.example',
    'https://app.example.evil.example',
    'https://xapp.example',
    'null',
    '',
  ])('the origin %j is not let in', async (origin) => {
    for (const sent of [PREFLIGHT, { token: null, headers: {} }]) {
      const { headers } = await open.send('/V1/order', { ...sent, headers: { ...sent.headers, origin } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('without origins, the default', () => {
  test('nobody is let in', async () => {
    const preflight = await closed.send('/V1/order', PREFLIGHT);
    expect(preflight.status).toBe(401);
    const asked = await customerOf(closed).send('/V1/order?order_type=1', { headers: { origin: APP } });
    expect([corsHeaders(preflight.headers), corsHeaders(asked.headers)]).toEqual([{}, {}]);
  });
});
