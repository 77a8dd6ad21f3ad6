/** Everything that can go wrong between here and the gateway is `unknown`, for each call, and never success or failure. */
import { expect, test, vi } from 'vitest';
import type { PaymentProvider, PrepayKind } from '../../../src/core/payment/provider.ts';
import { createWechatPay } from '../../../src/providers/wechat-pay/index.ts';
import { generateKeyPair } from './key-pair.ts';
import {
  answer,
  APP,
  CERTIFICATE_SERIAL,
  CERTIFIED,
  CLOSE,
  CODE_URL,
  CONFIG,
  JSAPI,
  MERCHANT,
  MERCHANT_SERIAL,
  NATIVE,
  NOW_MS,
  OPEN_ID,
  ORDER,
  OUT_TRADE_NO,
  PAID,
  PREPAY_ID,
  providerWith,
  QUERY,
  REFUND,
  REFUND_CALL,
  REFUND_QUERY,
  REFUNDED,
  refusal,
  type Signing,
  signedHeaders,
  textOf,
  UNPAID,
} from './signed-gateway.ts';

const STRANGER = await generateKeyPair();
const NOW_SECONDS = NOW_MS / 1000;

/** A call, its best answer, and what that is read as. */
type Call = {
  name: string;
  target: string;
  good: { status: number; content: object | null };
  outcome: string;
  ask: (provider: PaymentProvider) => Promise<{ status: string }>;
};

function prepayCall(kind: PrepayKind, target: string, content: object): Call {
  const ask = (provider: PaymentProvider) => provider.prepay({ ...ORDER, kind });
  return { name: `prepay (${kind})`, target, good: { status: 200, content }, outcome: 'ready', ask };
}

const CALLS: Call[] = [
  prepayCall('jsapi_params', JSAPI, { prepay_id: PREPAY_ID }),
  prepayCall('app_params', APP, { prepay_id: PREPAY_ID }),
  prepayCall('qr_code', NATIVE, { code_url: CODE_URL }),
  {
    name: 'query',
    target: QUERY,
    good: { status: 200, content: PAID },
    outcome: 'paid',
    ask: (provider) => provider.query(OUT_TRADE_NO),
  },
  {
    name: 'close',
    target: CLOSE,
    good: { status: 204, content: null },
    outcome: 'closed',
    ask: (provider) => provider.close(OUT_TRADE_NO),
  },
  {
    name: 'refund',
    target: REFUND_CALL,
    good: { status: 200, content: REFUNDED },
    outcome: 'succeeded',
    ask: (provider) => provider.refund(REFUND),
  },
  {
    name: 'refund query',
    target: REFUND_QUERY,
    good: { status: 200, content: REFUNDED },
    outcome: 'succeeded',
    ask: (provider) => provider.queryRefund(REFUND),
  },
];

/** What closing asks when it was taken. */
const CLOSED = { [QUERY]: { ...UNPAID, trade_state: 'CLOSED' } };

function answersOf(call: Call, fault: () => Response | Promise<Response>) {
  return { ...CLOSED, [REFUND_QUERY]: refusal(404, 'RESOURCE_NOT_EXISTS'), [call.target]: fault };
}

function fail(error: Error): () => Response {
  return () => {
    throw error;
  };
}

/** The good answer under another status. */
function withStatus(status: number): Fault {
  return ({ good }) =>
    () =>
      answer(status, good.content);
}

/** The good answer, signed in another way. */
function signedAs(change: Partial<Signing>): Fault {
  return ({ good }) =>
    () =>
      answer(good.status, good.content, change);
}

/** The good answer with its signed headers changed. */
function withHeaders(change: (headers: Headers) => void): Fault {
  return ({ good }) =>
    () => {
      const body = textOf(good.content);
      const headers = signedHeaders(body);
      change(headers);
      return new Response(body === '' ? null : body, { status: good.status, headers });
    };
}

/** The good answer's text changed after it was signed. */
function withText(change: (text: string) => string): Fault {
  return ({ good }) =>
    () => {
      const body = textOf(good.content ?? UNPAID);
      return new Response(change(body), { status: 200, headers: signedHeaders(body) });
    };
}

/** A body that ends in the middle, as after a reset. */
function brokenBody(): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"prepay'));
      controller.error(new TypeError('Network connection lost.'));
    },
  });
  return new Response(body, { headers: signedHeaders('') });
}

function unsigned(status: number, content: object): Fault {
  return () => () => Response.json(content, { status });
}

type Fault = (call: Call) => () => Response | Promise<Response>;

const FAULTS: [name: string, fault: Fault][] = [
  ['a timeout', () => fail(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))],
  ['a reset', () => fail(new TypeError('Network connection lost.'))],
  ['a body that breaks off', () => brokenBody],
  [
    'status 500 with a good, signed body',
    ({ good }) =>
      () =>
        answer(500, good.content),
  ],
  ['status 502 with a page', () => () => new Response('<h1>Bad Gateway</h1>', { status: 502 })],
  ['status 503 with nothing', () => () => new Response(null, { status: 503 })],
  ['status 429 with a good, signed body', withStatus(429)],
  ['status 401 with a good, signed body', withStatus(401)],
  ['status 400 with a good, signed body', withStatus(400)],
  ['status 404 with a good, signed body', withStatus(404)],
  ['status 201 with a good, signed body', withStatus(201)],
  ['status 206 with a good, signed body', withStatus(206)],
  ['a redirect', () => () => Response.redirect('https://elsewhere.example/', 302)],
  ['a redirect with a good, signed body', withStatus(307)],
  ['an empty body', () => () => answer(200, null)],
  ['a page', () => () => answer(200, '<html>maintenance</html>')],
  ['half a body', withText((text) => text.slice(0, -9))],
  ['a body that goes on', withText((text) => `${text}}`)],
  ['a body with a blank more', withText((text) => text.replace(':', ': '))],
  ['a body that was read and written again', withText((text) => JSON.stringify(JSON.parse(text), null, 2))],
  ['a body with a line end more', withText((text) => `${text}\n`)],
  ['another number than was signed', withText((text) => text.replace(/\d(?=\D*$)/, '7'))],
  ['a signed list', () => () => answer(200, '[]')],
  ['a signed null', () => () => answer(200, 'null')],
  ['a signed text', () => () => answer(200, '"SUCCESS"')],
  ['half a signed object', () => () => answer(200, '{"status":"SUCCESS"')],
  ['a signed object without anything', () => () => answer(200, {})],
  [
    'no signature at all',
    ({ good }) =>
      () =>
        new Response(good.content && textOf(good.content), { status: good.status }),
  ],
  ['no timestamp', withHeaders((headers) => headers.delete('wechatpay-timestamp'))],
  ['no nonce', withHeaders((headers) => headers.delete('wechatpay-nonce'))],
  ['no serial', withHeaders((headers) => headers.delete('wechatpay-serial'))],
  ['no signature', withHeaders((headers) => headers.delete('wechatpay-signature'))],
  ['an empty signature', signedAs({ signature: '' })],
  ['a signature that is no base64', signedAs({ signature: '%%%%' })],
  ['a short signature', signedAs({ signature: 'c2hvcnQ=' })],
  ['a probing signature', signedAs({ signature: 'WECHATPAY/SIGNTEST/c2hvcnQ=' })],
  ['a signature twice', withHeaders((headers) => headers.append('wechatpay-signature', 'c2hvcnQ='))],
  [
    'a signature by another method',
    withHeaders((headers) => headers.set('wechatpay-signature-type', 'WECHATPAY2-SM2-WITH-SM3')),
  ],
  ['a signature over another text', signedAs({ body: '{}' })],
  ['a signature over another nonce', withHeaders((headers) => headers.set('wechatpay-nonce', 'another'))],
  ['a signature with our own key', signedAs({ privateKey: MERCHANT.privateKey })],
  [
    'a signature with our own key under our own serial',
    signedAs({ privateKey: MERCHANT.privateKey, serial: MERCHANT_SERIAL }),
  ],
  ["a signature with a stranger's key", signedAs({ privateKey: STRANGER.privateKey })],
  ['a signature under a serial that nobody knows', signedAs({ serial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1' })],
  [
    'a signature under a public key that nobody knows',
    signedAs({ serial: 'PUB_KEY_ID_0119000001092022112200999999999999' }),
  ],
  ['a signature under the serial of another key', signedAs({ serial: CERTIFICATE_SERIAL })],
  ['a signature under the name of a method', signedAs({ serial: '__proto__' })],
  ['a signature of five minutes and a second ago', signedAs({ timestamp: String(NOW_SECONDS - 301) })],
  ['a signature of five minutes and a second ahead', signedAs({ timestamp: String(NOW_SECONDS + 301) })],
  ['a signature at a time in milliseconds', signedAs({ timestamp: String(NOW_MS) })],
  ['a signature at no time', signedAs({ timestamp: 'now' })],
  ['a signature at a time with a sign', signedAs({ timestamp: `+${NOW_SECONDS}` })],
  [
    'a timestamp that was changed',
    withHeaders((headers) => headers.set('wechatpay-timestamp', String(NOW_SECONDS + 1))),
  ],
  ['an unsigned refusal', unsigned(400, { code: 'PARAM_ERROR', message: '参数错误' })],
  ['an unsigned absence', unsigned(404, { code: 'ORDER_NOT_EXIST', message: '订单不存在' })],
  ['an unsigned absence of a resource', unsigned(404, { code: 'RESOURCE_NOT_EXISTS', message: '查询的资源不存在' })],
  ['an error of authentication', unsigned(401, { code: 'SIGN_ERROR', message: '签名错误' })],
  ['a signed refusal without a code', () => () => answer(400, { message: '参数错误' })],
  ['a signed refusal with a number for a code', () => () => answer(400, { code: 400 })],
  ['a signed refusal that is a page', () => () => answer(403, '<h1>Forbidden</h1>')],
  ['a signed refusal that is empty', () => () => answer(405, null)],
];

for (const call of CALLS) {
  test(`${call.name} believes a good, signed answer`, async () => {
    const { provider } = providerWith(answersOf(call, () => answer(call.good.status, call.good.content)));
    expect((await call.ask(provider)).status).toBe(call.outcome);
  });

  test(`${call.name} believes a platform certificate as well`, async () => {
    const certified = { privateKey: CERTIFIED.privateKey, serial: CERTIFICATE_SERIAL };
    const { provider } = providerWith(answersOf(call, () => answer(call.good.status, call.good.content, certified)));
    expect((await call.ask(provider)).status).toBe(call.outcome);
  });

  test.each(FAULTS)(`${call.name} after %s is unknown`, async (_name, fault) => {
    const { provider } = providerWith(answersOf(call, fault(call)));
    const answered = await call.ask(provider);
    expect(answered).toEqual({ status: 'unknown', cause: expect.stringMatching(/^[\w .,:;'-]+$/) });
    const shown = JSON.stringify(answered);
    for (const secret of [OPEN_ID, OUT_TRADE_NO, PREPAY_ID, CONFIG.apiV3Key]) expect(shown).not.toContain(secret);
  });
}

test.each([-300, -299, 0, 299, 300])('an answer that was signed %d seconds from now is believed', async (seconds) => {
  const timestamp = String(NOW_SECONDS + seconds);
  const { provider } = providerWith({ [QUERY]: () => answer(200, PAID, { timestamp }) });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('paid');
});

test('an answer without the type of its signature is of the usual one', async () => {
  const headers = signedHeaders(JSON.stringify(PAID));
  headers.delete('wechatpay-signature-type');
  const { provider } = providerWith({ [QUERY]: () => new Response(JSON.stringify(PAID), { headers }) });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('paid');
});

test.each([
  ['a serial', '5157F09EFDC096DE15EBE81A47057A7232F1B8E1', 'under 5157F09EFDC096DE15EBE81A47057A7232F1B8E1, which'],
  ['the id of a public key', 'PUB_KEY_ID_42', 'under PUB_KEY_ID_42, which'],
  ['anything else', '<script> 13800138000', 'under a name that is no serial, which'],
])(
  'an answer under %s that is not known names what has to be added, and nothing else',
  async (_name, serial, words) => {
    const { provider } = providerWith({ [QUERY]: () => answer(200, PAID, { serial }) });
    expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause: expect.stringContaining(words) });
  },
);

test('an unsigned error tells its code, for an operator to act on', async () => {
  const { provider } = providerWith({ [QUERY]: () => Response.json({ code: 'SIGN_ERROR' }, { status: 401 }) });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause: 'query: HTTP 401 SIGN_ERROR' });
});

test('an error whose code is not one is not repeated', async () => {
  const { provider } = providerWith({ [QUERY]: () => Response.json({ code: '<script> 138001' }, { status: 400 }) });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause: 'query: HTTP 400: it is not signed' });
});

test('what a failed connection says is not repeated, since it may hold the whole address', async () => {
  const { provider } = providerWith({
    [QUERY]: fail(new TypeError('cannot reach https://wechat.example/?x=c2VjcmV0')),
  });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause: 'query: TypeError' });
});

test('a gateway that says nothing is left after five seconds', async () => {
  const clock = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(clock.signal);
  const silent: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(clock.signal.reason));
    });
  const asked = createWechatPay(CONFIG, { fetch: silent, now: () => NOW_MS }).query(OUT_TRADE_NO);
  await vi.waitFor(() => expect(timeout).toHaveBeenCalledWith(5_000));
  clock.abort(new DOMException('too late', 'TimeoutError'));
  expect(await asked).toEqual({ status: 'unknown', cause: 'query: TimeoutError' });
  timeout.mockRestore();
});

test.each([
  ['our own', { privateKey: 'c2VjcmV0' }, 'query: it could not be signed with WECHAT_PRIVATE_KEY'],
  [
    "WeChat Pay's",
    { platformKeys: { PUB_KEY_ID_1: 'c2VjcmV0' } },
    'query: HTTP 200: it is signed under PUB_KEY_ID_1, whose key in WECHAT_PLATFORM_KEYS cannot be read',
  ],
])('a key of %s that cannot be read is unknown, and is named', async (_name, change, cause) => {
  const answers = { [QUERY]: () => answer(200, PAID, { serial: 'PUB_KEY_ID_1' }) };
  const { provider } = providerWith(answers, { ...CONFIG, ...change });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause });
});

test('an address that is none is unknown', async () => {
  const { provider } = providerWith({}, { ...CONFIG, apiUrl: 'api.mch.weixin.qq.com' });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('unknown');
});
