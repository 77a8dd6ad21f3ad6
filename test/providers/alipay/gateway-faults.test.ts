/** Everything that can go wrong between here and the gateway is `unknown`, for each call, and never success or failure. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import type { PaymentProvider } from '../../../src/core/payment/provider.ts';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import {
  CLOSE,
  CODE_URL,
  CONFIG,
  NOW_MS,
  ORDER,
  OUT_TRADE_NO,
  PRECREATE,
  providerWith,
  QUERY,
  REFUND,
  REFUND_CALL,
  REFUND_QUERY,
  responseName,
  signAsAlipay,
  signedAnswer,
  TRADE_NO,
} from './signed-gateway.ts';

/** An inner object that each of the five calls would read as its best outcome. */
const GOOD = JSON.stringify({
  code: '10000',
  msg: 'Success',
  out_trade_no: OUT_TRADE_NO,
  trade_no: TRADE_NO,
  trade_status: 'TRADE_SUCCESS',
  total_amount: '196.00',
  fund_change: 'Y',
  refund_status: 'REFUND_SUCCESS',
  qr_code: CODE_URL,
});

const CALLS: [method: string, ask: (provider: PaymentProvider) => Promise<{ status: string }>, good: string][] = [
  [PRECREATE, (provider) => provider.prepay({ ...ORDER, kind: 'qr_code' }), 'ready'],
  [QUERY, (provider) => provider.query(OUT_TRADE_NO), 'paid'],
  [CLOSE, (provider) => provider.close(OUT_TRADE_NO), 'closed'],
  [REFUND_CALL, (provider) => provider.refund(REFUND), 'succeeded'],
  [REFUND_QUERY, (provider) => provider.queryRefund(REFUND), 'succeeded'],
];

function html(text: string, status = 200): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/html;charset=utf-8' } });
}

function fail(error: Error): () => Response {
  return () => {
    throw error;
  };
}

const fetchPaid: typeof fetch = async () => html(signedAnswer(QUERY, GOOD));

/** A body that ends in the middle, as after a reset. */
function brokenBody(): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"alipay_trade'));
      controller.error(new TypeError('Network connection lost.'));
    },
  });
  return new Response(body);
}

function envelope(method: string, members: string): string {
  return `{"${responseName(method)}":${GOOD}${members}}`;
}

const FAULTS: [name: string, answer: (method: string) => () => Response | Promise<Response>][] = [
  ['a timeout', () => fail(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))],
  ['a reset', () => fail(new TypeError('Network connection lost.'))],
  ['a body that breaks off', () => brokenBody],
  ['status 500 with a good, signed body', (method) => () => html(signedAnswer(method, GOOD), 500)],
  ['status 502', () => () => html('<h1>Bad Gateway</h1>', 502)],
  ['status 201 with a good, signed body', (method) => () => html(signedAnswer(method, GOOD), 201)],
  ['a redirect', () => () => Response.redirect('https://elsewhere.example/', 302)],
  ['an empty body', () => () => html('')],
  ['a page', () => () => html('<html>maintenance</html>')],
  ['half a body', (method) => () => html(signedAnswer(method, GOOD).slice(0, -9))],
  ['a body that goes on', (method) => () => html(`${signedAnswer(method, GOOD)}}`)],
  ['a list', () => () => html('[]')],
  ['null', () => () => html('null')],
  ['no signature', (method) => () => html(envelope(method, ''))],
  ['an empty signature', (method) => () => html(envelope(method, ',"sign":""'))],
  ['a signature that is null', (method) => () => html(envelope(method, ',"sign":null'))],
  ['a signature that is no base64', (method) => () => html(envelope(method, ',"sign":"%%%%"'))],
  ['a short signature', (method) => () => html(envelope(method, ',"sign":"c2hvcnQ="'))],
  ['a signature over another text', (method) => () => html(envelope(method, `,"sign":"${signAsAlipay('{}')}"`))],
  [
    'a signature with our own key',
    (method) => () => html(signedAnswer(method, GOOD, (text) => signAsAlipay(text, env.ALIPAY_PRIVATE_KEY))),
  ],
  ['another amount than was signed', (method) => () => html(signedAnswer(method, GOOD).replace('196.00', '196.01'))],
  [
    'a re-serialised text',
    (method) => () => html(signedAnswer(method, GOOD).replace('"code":"10000"', '"code": "10000"')),
  ],
  ['the signed answer of another call', (method) => () => html(signedAnswer(`${method}.other`, GOOD))],
  [
    'the inner object twice, the first one forged',
    (method) => () => html(signedAnswer(method, GOOD).replace('{', `{"${responseName(method)}":{"code":"10000"},`)),
  ],
  [
    'the inner object twice, the second one forged',
    (method) => () => html(signedAnswer(method, GOOD).replace(/\}$/, `,"${responseName(method)}":{"code":"10000"}}`)),
  ],
  [
    'the signed object under another name, and a forged one under the right one',
    (method) => () =>
      html(`{"other":${GOOD},"${responseName(method)}":{"code":"10000"},"sign":"${signAsAlipay(GOOD)}"}`),
  ],
  [
    'the signed object one level too deep',
    (method) => () => html(`{"other":{"${responseName(method)}":${GOOD}},"sign":"${signAsAlipay(GOOD)}"}`),
  ],
  ['a signed text instead of an object', (method) => () => html(signedAnswer(method, '"10000"'))],
  ['a signed object without a code', (method) => () => html(signedAnswer(method, { trade_status: 'TRADE_SUCCESS' }))],
  ['a signed object with a number as code', (method) => () => html(signedAnswer(method, { code: 10_000 }))],
  ['a signed list', (method) => () => html(signedAnswer(method, '[{"code":"10000"}]'))],
  [
    'an unsigned refusal that would be definite',
    (method) => () => html(`{"${responseName(method)}":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}`),
  ],
  [
    'an unsigned refusal of an order',
    (method) => () => html(`{"${responseName(method)}":{"code":"40004","sub_code":"ACQ.TRADE_HAS_CLOSE"}}`),
  ],
  [
    'an unsigned final refusal',
    (method) => () => html(`{"${responseName(method)}":{"code":"40004","sub_code":"ACQ.TRADE_HAS_FINISHED"}}`),
  ],
];

for (const [method, ask, good] of CALLS) {
  test(`${method} believes a good, signed answer`, async () => {
    const { provider } = providerWith({ [method]: () => html(signedAnswer(method, GOOD)) });
    expect((await ask(provider)).status).toBe(good);
  });

  test.each(FAULTS)(`${method} after %s is unknown`, async (_name, fault) => {
    const { provider } = providerWith({ [method]: fault(method) });
    const answer = await ask(provider);
    expect(answer).toEqual({ status: 'unknown', cause: expect.stringMatching(/^alipay\.trade\.[\w. :'-]+$/) });
  });
}

test.each([
  [
    'under the name of the call',
    (text: string) => `{"alipay_trade_query_response":${text}}`,
    'alipay.trade.query: the answer is unsigned: 40002 isv.invalid-app-id',
  ],
  [
    'under its own name',
    (text: string) => `{"error_response":${text}}`,
    'alipay.trade.query: the answer is unsigned: 40002 isv.invalid-app-id',
  ],
])("the gateway's own error %s is unknown and tells its codes", async (_name, wrap, cause) => {
  const text = '{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-app-id","sub_msg":"无效的AppID参数"}';
  const { provider } = providerWith({ [QUERY]: () => html(wrap(text)) });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause });
});

test('an unsigned error whose code is not one is not repeated', async () => {
  const { provider } = providerWith({ [QUERY]: () => html('{"error_response":{"code":"<script> 13800138000"}}') });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({
    status: 'unknown',
    cause: 'alipay.trade.query: the answer is unsigned',
  });
});

test('what a failed connection says is not repeated, since it may hold the whole address', async () => {
  const { provider } = providerWith({
    [QUERY]: fail(new TypeError('cannot reach https://alipay.example/?sign=c2VjcmV0')),
  });
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause: 'alipay.trade.query: TypeError' });
});

test('a gateway that says nothing is left after five seconds', async () => {
  const clock = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(clock.signal);
  const silent: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(clock.signal.reason));
    });
  const asked = createAlipay(CONFIG, { fetch: silent, now: () => NOW_MS }).query(OUT_TRADE_NO);
  await vi.waitFor(() => expect(timeout).toHaveBeenCalledWith(5_000));
  clock.abort(new DOMException('too late', 'TimeoutError'));
  expect(await asked).toEqual({ status: 'unknown', cause: 'alipay.trade.query: TimeoutError' });
  timeout.mockRestore();
});

test('a body that is not read is let go', async () => {
  const cancelled = vi.fn<() => void>();
  const response = new Response(new ReadableStream({ cancel: cancelled }), { status: 503 });
  await providerWith({ [QUERY]: () => response }).provider.query(OUT_TRADE_NO);
  expect(cancelled).toHaveBeenCalledOnce();
});

test.each([
  ['a brace in the subject', { subject: 'a } b {' }],
  ['a brace behind a quote in the subject', { subject: 'a " } b' }],
  ['a quoted sign in the subject', { subject: '"sign":"c2lnbg=="},"sign"' }],
  ['a backslash before a quote', { subject: 'a\\' }],
  ['the name of the answer in the subject', { subject: '"alipay_trade_query_response":{"code":"20000"}' }],
  ['the name of the answer further inside', { more: { alipay_trade_query_response: { code: '20000' } } }],
  ['a nested object', { fund_bill_list: [{ amount: '196.00', nested: { code: '20000' } }] }],
  ['other scripts', { subject: '1号技师 😀 \u2028' }],
])('%s does not disturb the cut', async (_name, more) => {
  const { provider } = providerWith({ [QUERY]: { ...JSON.parse(GOOD), ...more } });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('paid');
});

test.each([
  [
    'escaped slashes and characters',
    GOOD.replace('"msg":"Success"', '"msg":"https:\\/\\/a.example\\/ \\u6210\\u529f"'),
  ],
  ['blanks between its parts', GOOD.replaceAll('","', '" ,\n\t"')],
])('%s are verified as they were written', async (_name, text) => {
  const { provider } = providerWith({ [QUERY]: () => html(signedAnswer(QUERY, text)) });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('paid');
});

test('blanks around the signed object, and a signature before it, change nothing', async () => {
  const name = responseName(QUERY);
  const text = ` {\n "sign" : "${signAsAlipay(GOOD)}" , "alipay_cert_sn":"${name}", "${name}" :\n ${GOOD}\n } `;
  const { provider } = providerWith({ [QUERY]: () => html(text) });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('paid');
});

test.each([
  ['our own', { privateKey: 'c2VjcmV0' }],
  ["Alipay's", { publicKey: 'c2VjcmV0' }],
])('a key of %s that cannot be read is unknown', async (_name, change) => {
  const broken = createAlipay({ ...CONFIG, ...change }, { fetch: fetchPaid, now: () => NOW_MS });
  expect((await broken.query(OUT_TRADE_NO)).status).toBe('unknown');
});
