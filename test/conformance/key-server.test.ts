/** Tokens by the keys of a key server: which are believed, and what happens while it does not answer. */
import { env } from 'cloudflare:workers';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newUserId } from './customer.ts';
import { refusal, seen } from './refusal.ts';

const JWKS_URL = 'https://login.example/keys.json';

type Pair = { privateKey: CryptoKey; publicKey: CryptoKey; jwk: JWK };

let shop: Shop;
let fetched: number;
let answer: () => Response | Promise<Response>;

const pairs: Record<string, Pair> = {};
beforeAll(async () => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) pairs[alg] = await newPair(alg, `${alg}-1`);
  pairs['RS256-2'] = await newPair('RS256', 'RS256-2');
});

// Each test has a shop of its own, because a shop remembers keys.
beforeEach(async () => {
  shop = await openShop({ vars: { JWKS_URL } });
  fetched = 0;
  answer = () => Response.json({ keys: ['RS256', 'PS256', 'ES256', 'EdDSA'].map((alg) => pair(alg).jwk) });
  const others = vi.mocked(globalThis.fetch).getMockImplementation() ?? fetch;
  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    if (new Request(input, init).url !== JWKS_URL) return others(input, init);
    fetched++;
    return answer();
  });
});

async function newPair(alg: string, kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' } };
}

function pair(name: string): Pair {
  const found = pairs[name];
  if (!found) throw new Error(`no keys for ${name}`);
  return found;
}

function token(header: { alg: string; kid?: string }, key: Parameters<SignJWT['sign']>[0]): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader(header)
    .setSubject(newUserId())
    .setExpirationTime(Math.floor(Date.now() / 1000) + 3600)
    .sign(key);
}

async function ask(withToken: string | Promise<string>): Promise<Received> {
  return shop.send('/V1/order/2022112200000000000000', { token: await withToken });
}

const LET_IN = '{"data":null,"code":0,"message":""}';
const UNAUTHENTICATED = refusal(401, 'Unauthenticated.');
const BUSY = refusal(503, '系统繁忙，请稍后重试', 5);

describe('believed', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('a token signed with a key of the server, %s', async (alg) => {
    expect((await ask(token({ alg, kid: `${alg}-1` }, pair(alg).privateKey))).text).toBe(LET_IN);
  });

  test('the keys are asked for once, not with each token', async () => {
    for (let nth = 0; nth < 5; nth++) {
      expect((await ask(token({ alg: 'ES256', kid: 'ES256-1' }, pair('ES256').privateKey))).text).toBe(LET_IN);
    }
    expect(fetched).toBe(1);
  });

  test('a token that names no key, where one of several verifies it', async () => {
    answer = () => Response.json({ keys: [pair('RS256').jwk, pair('RS256-2').jwk] });
    expect((await ask(token({ alg: 'RS256' }, pair('RS256').privateKey))).text).toBe(LET_IN);
    expect((await ask(token({ alg: 'RS256' }, pair('RS256-2').privateKey))).text).toBe(LET_IN);
    const stranger = await generateKeyPair('RS256');
    expect(seen(await ask(token({ alg: 'RS256' }, stranger.privateKey)))).toEqual(UNAUTHENTICATED);
  });

  test('a new key, half a minute after the last look at the server', async () => {
    await ask(token({ alg: 'RS256', kid: 'RS256-1' }, pair('RS256').privateKey));
    answer = () => Response.json({ keys: [pair('RS256-2').jwk] });
    const fresh = () => ask(token({ alg: 'RS256', kid: 'RS256-2' }, pair('RS256-2').privateKey));
    expect(seen(await fresh())).toEqual(UNAUTHENTICATED);
    expect(fetched).toBe(1);
    shop.pass(30_000);
    expect((await fresh()).text).toBe(LET_IN);
    expect(fetched).toBe(2);
  });
});

describe('not believed', () => {
  test('the secret of the other mode, which is set as well', async () => {
    const secret = new TextEncoder().encode(env.JWT_SECRET);
    expect(seen(await ask(token({ alg: 'HS256' }, secret)))).toEqual(UNAUTHENTICATED);
  });

  test('a public key in the role of a secret, in each of its forms', async () => {
    const { publicKey, jwk } = pair('RS256');
    for (const text of [await exportSPKI(publicKey), jwk.n ?? '', JSON.stringify(jwk)]) {
      const secret = new TextEncoder().encode(text);
      expect(seen(await ask(token({ alg: 'HS256', kid: 'RS256-1' }, secret)))).toEqual(UNAUTHENTICATED);
    }
  });

  test("a stranger's key under a known name, under an unknown one, and brought along", async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const headers = [
      { alg: 'RS256', kid: 'RS256-1' },
      { alg: 'RS256', kid: 'nobody' },
      { alg: 'RS256', jwk: await exportJWK(publicKey) },
      { alg: 'RS256', jku: 'https://stranger.example/keys.json' },
    ];
    for (const header of headers) expect(seen(await ask(token(header, privateKey)))).toEqual(UNAUTHENTICATED);
    expect(fetched).toBe(1);
  });

  test('one key under the algorithm of another', async () => {
    expect(seen(await ask(token({ alg: 'ES256', kid: 'RS256-1' }, pair('ES256').privateKey)))).toEqual(UNAUTHENTICATED);
  });

  test('a symmetric key that the server lists', async () => {
    const k = btoa('k'.repeat(32)).replaceAll('=', '');
    answer = () => Response.json({ keys: [{ kty: 'oct', k, kid: 'oct-1', alg: 'HS256' }] });
    const secret = new TextEncoder().encode('k'.repeat(32));
    expect(seen(await ask(token({ alg: 'HS256', kid: 'oct-1' }, secret)))).toEqual(UNAUTHENTICATED);
  });
});

describe('while the key server does not say anything of use, a token is neither right nor wrong', () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ['an error', () => new Response('Internal Server Error', { status: 500 })],
    ['a redirect', () => Response.redirect('https://elsewhere.example/keys.json')],
    ['no JSON', () => new Response('<html>')],
    ['JSON that is no set of keys', () => Response.json({ error: 'maintenance' })],
    ['a key that is none', () => Response.json({ keys: [{ kty: 'RSA', kid: 'RS256-1', alg: 'RS256', n: '', e: '' }] })],
    ['a broken connection', () => Promise.reject(new TypeError('Network connection lost.'))],
    ['nothing in time', () => Promise.reject(new DOMException('timed out', 'TimeoutError'))],
  ])('%s', async (_what, respond) => {
    const known = answer;
    answer = respond;
    const good = await token({ alg: 'RS256', kid: 'RS256-1' }, pair('RS256').privateKey);
    expect(seen(await ask(good))).toEqual(BUSY);
    answer = known;
    shop.pass(600_001);
    expect((await ask(good)).text).toBe(LET_IN);
  });
});
