/** Who is let in: the table of tokens, each on every call of a dialect. */
import { env } from 'cloudflare:workers';
import { CompactSign, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import { newUserId } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const SECRET = bytes(env.JWT_SECRET);
const ORDER = '2022112200000000000000';

const CALLS = [
  { path: '/V1/order', body: { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 } },
  { path: '/V1/order?order_type=1' },
  { path: `/V1/order/${ORDER}` },
  { path: `/V1/order/${ORDER}`, method: 'DELETE' },
  { path: '/V1/order/pay', body: { order_id: ORDER } },
  { path: `/V1/order/pay/${ORDER}0001`, method: 'DELETE' },
  { path: '/V1/order/pay/refund', body: { order_id: ORDER } },
  { path: '/V1/order/no/such/path' },
];

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function base64url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** A token of any content: good claims, with what a test wants otherwise; `undefined` leaves a claim out. */
function token(claims: object = {}, header: object = {}, key: Parameters<CompactSign['sign']>[0] = SECRET) {
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  return new CompactSign(bytes(JSON.stringify({ sub: newUserId(), exp: inAnHour, ...claims })))
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(key);
}

const REFUSED: Readonly<Record<string, () => string | null | Promise<string | null>>> = {
  'no header': () => null,
  'an empty header': () => '',
  'a scheme alone': () => 'Bearer',
  'a token without a scheme': () => token(),
  'another scheme': async () => `Basic ${await token()}`,
  'a scheme that begins alike': async () => `BearerX ${await token()}`,
  'a tab for a blank': async () => `Bearer\t${await token()}`,
  'no blank': async () => `Bearer${await token()}`,
  'a token in quotes': async () => `Bearer "${await token()}"`,
  'two tokens': async () => `Bearer ${await token()}, Bearer ${await token()}`,
  'a token and something behind it': async () => `Bearer ${await token()} x`,
  'one word': () => 'Bearer x',
  'two parts': async () => `Bearer ${(await token()).split('.').slice(0, 2).join('.')}`,
  'five parts': () => 'Bearer a.b.c.d.e',
  'three parts of nothing': () => 'Bearer ..',
  'parts that are no base64': () => 'Bearer a.b.c',
  'a header that is no JSON': async () => `Bearer ${base64url('{')}.${(await token()).split('.').slice(1).join('.')}`,
  'alg none': () => `Bearer ${base64url('{"alg":"none"}')}.${base64url(`{"sub":"1","exp":99999999999}`)}.`,
  'alg none in capitals': () => `Bearer ${base64url('{"alg":"NONE"}')}.${base64url(`{"sub":"1","exp":99999999999}`)}.`,
  'alg none with a signature': async () => {
    const [, payload, signature] = (await token()).split('.');
    return `Bearer ${base64url('{"alg":"none"}')}.${payload}.${signature}`;
  },
  'no alg': async () => {
    const [, payload, signature] = (await token()).split('.');
    return `Bearer ${base64url('{}')}.${payload}.${signature}`;
  },
  'the right secret under another alg': async () => `Bearer ${await token({}, { alg: 'HS512' })}`,
  'an asymmetric alg': async () => {
    const { privateKey } = await generateKeyPair('RS256');
    return `Bearer ${await token({}, { alg: 'RS256' }, privateKey)}`;
  },
  'a key that the token brings along': async () => {
    const header = { jwk: { kty: 'oct', k: base64url('mine'.repeat(8)) } };
    return `Bearer ${await token({}, header, bytes('mine'.repeat(8)))}`;
  },
  'another secret': async () => `Bearer ${await token({}, {}, bytes('another secret, of 32 characters'))}`,
  'the secret with something behind it': async () => `Bearer ${await token({}, {}, bytes(`${env.JWT_SECRET}x`))}`,
  'a signature cut short': async () => `Bearer ${(await token()).slice(0, -2)}`,
  'the signature of another token': async () => {
    const [one, another] = [(await token()).split('.'), (await token()).split('.')];
    return `Bearer ${one[0]}.${one[1]}.${another[2]}`;
  },
  'claims changed after signing': async () => {
    const [header, , signature] = (await token()).split('.');
    return `Bearer ${header}.${base64url('{"sub":"9001","role":"operator","exp":99999999999}')}.${signature}`;
  },
  'a critical extension that nobody here knows': async () =>
    `Bearer ${(await token()).replace(/^[^.]+/, base64url('{"alg":"HS256","crit":["x"],"x":1}'))}`,
  'no exp': async () => `Bearer ${await token({ exp: undefined })}`,
  'exp as text': async () => `Bearer ${await token({ exp: '99999999999' })}`,
  'exp of null': async () => `Bearer ${await token({ exp: null })}`,
  'one that ran out': async () => `Bearer ${await token({ exp: 1 })}`,
  'one that runs out this very second': async () => `Bearer ${await token({ exp: Math.floor(Date.now() / 1000) })}`,
  'one that is not valid yet': async () => `Bearer ${await token({ nbf: Math.floor(Date.now() / 1000) + 60 })}`,
  'a role in a list': async () => `Bearer ${await token({ role: ['operator'] })}`,
  'an unknown role': async () => `Bearer ${await token({ role: 'admin' })}`,
  'a role of null': async () => `Bearer ${await token({ role: null })}`,
  'no sub': async () => `Bearer ${await token({ sub: undefined })}`,
  'an empty sub': async () => `Bearer ${await token({ sub: '' })}`,
  'a sub that is a JSON number': async () => `Bearer ${await token({ sub: 50_373_883_813 })}`,
  'a sub in a list': async () => `Bearer ${await token({ sub: ['50373883813'] })}`,
  'a sub of 65 characters': async () => `Bearer ${await token({ sub: '1'.repeat(65) })}`,
  'a sub that is no number': async () => `Bearer ${await token({ sub: '1fba29cd8cc72f1ad' })}`,
  'a sub beyond the safe integers': async () => `Bearer ${await token({ sub: '9007199254740992' })}`,
  'a sub with an exponent': async () => `Bearer ${await token({ sub: '1e5' })}`,
  'a negative sub': async () => `Bearer ${await token({ sub: '-5' })}`,
  'a sub in full-width digits': async () => `Bearer ${await token({ sub: '１２' })}`,
  'a sub with a blank': async () => `Bearer ${await token({ sub: ' 5' })}`,
  'claims in a list': async () => {
    const list = await new CompactSign(bytes('[{"sub":"1"}]')).setProtectedHeader({ alg: 'HS256' }).sign(SECRET);
    return `Bearer ${list}`;
  },
  'one of 8 KiB, signed all the same': async () => `Bearer ${await token({ padding: 'x'.repeat(6000) })}`,
};

describe('refused', () => {
  test.each(Object.entries(REFUSED))('%s', async (_what, make) => {
    const authorization = await make();
    const before = await rowCounts();
    for (const call of CALLS) {
      const headers: Record<string, string> = authorization === null ? {} : { authorization };
      const received = await shop.send(call.path, { ...call, token: null, headers });
      expect({ path: call.path, ...seen(received) }).toEqual({ path: call.path, ...refusal(401, 'Unauthenticated.') });
    }
    expect(await rowCounts()).toEqual(before);
  });
});

const ACCEPTED: Readonly<Record<string, () => Promise<string>>> = {
  'a plain one': async () => `Bearer ${await token()}`,
  'a scheme in small letters': async () => `bearer ${await token()}`,
  'a scheme in capitals': async () => `BEARER ${await token()}`,
  'two blanks, which the standard allows': async () => `Bearer  ${await token()}`,
  'the role of a customer': async () => `Bearer ${await token({ role: 'customer' })}`,
  'the role of an operator': async () => `Bearer ${await token({ role: 'operator' })}`,
  'claims that mean nothing here': async () =>
    `Bearer ${await token({ iss: 'login', aud: ['x'], iat: 1, admin: true })}`,
  'the largest safe integer for a sub': async () => `Bearer ${await token({ sub: '9007199254740991' })}`,
  'a type': async () => `Bearer ${await token({}, { typ: 'JWT' })}`,
  'one more second': async () => `Bearer ${await token({ exp: Math.floor(Date.now() / 1000) + 1 })}`,
};

test.each(Object.entries(ACCEPTED))('accepted: %s', async (_what, make) => {
  const headers = { authorization: await make() };
  const received = await shop.send(`/V1/order/${ORDER}`, { token: null, headers });
  expect([received.status, received.text]).toEqual([200, '{"data":null,"code":0,"message":""}']);
});

test('a token that was good a moment ago is not when it has run out', async () => {
  const headers = { authorization: `Bearer ${await token()}` };
  const ask = () => shop.send(`/V1/order/${ORDER}`, { token: null, headers });
  shop.pass(3_599_999);
  expect((await ask()).status).toBe(200);
  shop.pass(1000);
  expect((await ask()).status).toBe(401);
});
