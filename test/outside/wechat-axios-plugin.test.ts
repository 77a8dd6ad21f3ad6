/** A WeChat Pay library that nobody here wrote as the judge: as the merchant beside us, as their side, and as the key. */
import fc from 'fast-check';
import { createCipheriv, createSign, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Aes, Decorator, Formatter, Rsa } from 'wechatpay-axios-plugin';
import { MAX_AMOUNT_FEN } from '../../src/core/money.ts';
import type { PaymentProvider, PrepayRequest } from '../../src/core/payment/provider.ts';
import { keyBytes, readCertificate } from '../../src/providers/key-format.ts';
import { createWechatPay, type WechatPayConfig } from '../../src/providers/wechat-pay/index.ts';
import { certify } from '../providers/wechat-pay/certificate.ts';

const NOW_MS = Date.UTC(2022, 10, 22, 8, 37, 20);
const OUT_TRADE_NO = '20221122055683842352922648';
const TRANSACTION_ID = '4200001725202211224012213456';
const PREPAY_ID = 'wx22163720123456789abcdef0123456789';
const CODE_URL = 'weixin://wxpay/bizpayurl?pr=JyC91EIz1';
const OPEN_ID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000001092022112200123456789012';
const CERTIFICATE_SERIAL = 'C157F09EFDC096DE15EBE81A47057A7232F1B8E1';

function keyPair() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}
const merchant = keyPair();
const platform = keyPair();
const certified = keyPair();

const CONFIG: WechatPayConfig = {
  appId: 'wxd678efh567hg6787',
  mchId: '1900000109',
  mchSerialNo: '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB',
  apiUrl: 'https://wechat.example',
  privateKey: merchant.privateKey,
  apiV3Key: 'an APIv3 key has 32 plain bytes.',
  platformKeys: {
    [PUBLIC_KEY_ID]: platform.publicKey,
    [CERTIFICATE_SERIAL]: certify(certified, CERTIFICATE_SERIAL),
  },
  notifyUrl: 'https://orders.example/callback/wechat',
  refundNotifyUrl: 'https://orders.example/callback/wechat/refund',
};

const PAID = {
  appid: CONFIG.appId,
  mchid: CONFIG.mchId,
  out_trade_no: OUT_TRADE_NO,
  transaction_id: TRANSACTION_ID,
  trade_state: 'SUCCESS',
  success_time: '2022-11-22T16:38:01+08:00',
  amount: { total: 29_900, payer_total: 29_900, currency: 'CNY' },
};

/** Any text, with the characters that have broken other shops more often than chance would have it. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(fc.constantFrom('{', '}', '"', '\\', '\n', '\\n', '\\/', '%2B', '+', ' ', '&', '茶', '😀', '\u2028'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
);

const anyAmount = fc.integer({ min: 1, max: MAX_AMOUNT_FEN });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A request as it left: what counts of it for its receiver. */
type Sent = { method: string; target: string; body: string; authorization: Record<string, string> };

function partsOf(authorization: string): Record<string, string> {
  const [scheme, parts = ''] = authorization.split(' ', 2);
  const named = [...parts.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  return { scheme, ...Object.fromEntries(named) };
}

/** Has our provider send one request, and takes it off the wire. */
async function sendOurs(ask: (provider: PaymentProvider) => Promise<unknown>): Promise<Sent> {
  const sent: Sent[] = [];
  const wire: typeof fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const authorization = partsOf(new Headers(init.headers).get('authorization') ?? '');
    const body = typeof init.body === 'string' ? init.body : '';
    sent.push({ method: init.method ?? 'GET', target: url.pathname + url.search, body, authorization });
    return new Response(null, { status: 503 });
  };
  await ask(createWechatPay(CONFIG, { fetch: wire, now: () => Date.now() }));
  const [first] = sent;
  if (!first || sent.length > 1) throw new Error(`${sent.length} requests instead of one`);
  return first;
}

/** Has the library send the same, at the same moment, with the nonce that we took. */
async function sendTheirs({ method, target, body, authorization }: Sent): Promise<Sent> {
  const sent: Sent[] = [];
  const { pathname, searchParams } = new URL(target, CONFIG.apiUrl);
  vi.spyOn(Formatter, 'nonce').mockReturnValue(authorization['nonce_str'] ?? '');
  const decorator = new Decorator({
    baseURL: CONFIG.apiUrl,
    mchid: CONFIG.mchId,
    serial: CONFIG.mchSerialNo,
    privateKey: merchant.privateKey,
    certs: { [PUBLIC_KEY_ID]: platform.publicKey },
    adapter: async (config) => {
      const url = new URL(decorator.v3.getUri(config), CONFIG.apiUrl);
      sent.push({
        method: (config.method ?? '').toUpperCase(),
        target: url.pathname + url.search,
        body: config.data ?? '',
        authorization: partsOf(String(config.headers.get('authorization'))),
      });
      return { data: '{}', status: 200, statusText: 'OK', headers: signedHeaders('{}'), config };
    },
  });
  const content: unknown = body === '' ? undefined : JSON.parse(body);
  await decorator.request(pathname, method, content, { params: Object.fromEntries(searchParams) });
  const [first] = sent;
  if (!first) throw new Error('nothing was sent');
  return first;
}

/** The headers of an answer or a notification, signed as WeChat Pay does. */
function signedHeaders(body: string, change: Record<string, string> = {}, privateKey = platform.privateKey) {
  const named = { 'wechatpay-timestamp': String(NOW_MS / 1000), 'wechatpay-nonce': 'c5ac7061fccab6bf', ...change };
  const text = `${named['wechatpay-timestamp']}\n${named['wechatpay-nonce']}\n${body}\n`;
  const signature = createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64');
  return { 'wechatpay-serial': PUBLIC_KEY_ID, 'wechatpay-signature': signature, ...named };
}

const anyOrder = fc.record({
  kind: fc.constantFrom('jsapi_params', 'app_params', 'qr_code'),
  outTradeNo: fc.stringMatching(/^[0-9A-Za-z_-]{6,32}$/),
  amountFen: anyAmount,
  subject: anyText,
  payableUntilMs: fc.integer({ min: NOW_MS, max: NOW_MS + 86_400_000 }),
  payerId: fc.constant(OPEN_ID),
  handle: fc.constant(null),
}) satisfies fc.Arbitrary<PrepayRequest>;

const anyRefund = fc.record({
  refundNo: fc.stringMatching(/^[0-9A-Za-z_-]{6,64}$/),
  outTradeNo: fc.constant(OUT_TRADE_NO),
  transactionId: fc.constant(TRANSACTION_ID),
  amountFen: anyAmount,
  capturedFen: anyAmount,
});

/** Each call of the port that asks WeChat Pay for something. */
const anyCall: fc.Arbitrary<(provider: PaymentProvider) => Promise<unknown>> = fc.oneof(
  anyOrder.map((order) => (provider: PaymentProvider) => provider.prepay(order)),
  anyOrder.map(
    ({ outTradeNo }) =>
      (provider: PaymentProvider) =>
        provider.query(outTradeNo),
  ),
  anyOrder.map(
    ({ outTradeNo }) =>
      (provider: PaymentProvider) =>
        provider.close(outTradeNo),
  ),
  anyRefund.map((refund) => (provider: PaymentProvider) => provider.refund(refund)),
  anyRefund.map((refund) => (provider: PaymentProvider) => provider.queryRefund(refund)),
);

test('each request is the one that the library sends, signature and all', async () => {
  const targets = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyCall, async (ask) => {
      const ours = await sendOurs(ask);
      targets.add(`${ours.method} ${ours.target.split('/').slice(0, 5).join('/')}`);
      expect(ours).toEqual(await sendTheirs(ours));
    }),
    { numRuns: 200 },
  );
  expect(targets.size).toBeGreaterThanOrEqual(5);
});

test('the library believes the authorization of each request, and of none that was changed', async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, async (ask) => {
      const { method, target, body, authorization } = await sendOurs(ask);
      const { timestamp = '', nonce_str: nonce = '', signature = '' } = authorization;
      const isGenuine = (text: string) =>
        Rsa.verify(Formatter.request(method, target, timestamp, nonce, text), signature, merchant.publicKey);
      expect(isGenuine(body)).toBe(true);
      expect(isGenuine(`${body} `)).toBe(false);
    }),
    { numRuns: 100 },
  );
});

const prepareAny: typeof fetch = async () => {
  const body = JSON.stringify({ prepay_id: PREPAY_ID, code_url: CODE_URL });
  return new Response(body, { headers: signedHeaders(body) });
};

test('the library believes what the client takes along', async () => {
  const provider = createWechatPay(CONFIG, { fetch: prepareAny, now: () => Date.now() });
  await fc.assert(
    fc.asyncProperty(anyOrder, fc.boolean(), async (order, isKept) => {
      const handle = isKept ? PREPAY_ID : null;
      const answer = await provider.prepay({ ...order, handle });
      if (answer.status !== 'ready') throw new Error(answer.cause);
      if (!('params' in answer.prepay)) return;
      const params: Record<string, string> = answer.prepay.params;
      const { appid = '', timestamp = '', noncestr = '', prepayid = '', sign = '' } = params;
      const { appId = appid, timeStamp = timestamp, nonceStr = noncestr, paySign = sign } = params;
      const chosen = params['paySign'] ? (params['package'] ?? '') : prepayid;
      const text = Formatter.joinedByLineFeed(appId, timeStamp, nonceStr, chosen);
      expect(chosen).toContain(PREPAY_ID);
      expect(Rsa.verify(text, paySign, merchant.publicKey)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

/** What may happen to an answer on its way; some of it hurts, some of it does not. */
type Answer = { body: string; headers: Record<string, string> };
const NOW_SECONDS = NOW_MS / 1000;
const anyAnswer = fc.constantFrom<(body: string) => Answer>(
  (body) => ({ body, headers: signedHeaders(body) }),
  (body) => ({
    body,
    headers: { ...signedHeaders(body, {}, certified.privateKey), 'wechatpay-serial': CERTIFICATE_SERIAL },
  }),
  (body) => ({ body, headers: { ...signedHeaders(body), 'wechatpay-serial': CERTIFICATE_SERIAL } }),
  (body) => ({ body, headers: { ...signedHeaders(body), 'wechatpay-serial': 'PUB_KEY_ID_1' } }),
  (body) => ({ body, headers: signedHeaders(body, {}, merchant.privateKey) }),
  (body) => ({ body, headers: signedHeaders(body, { 'wechatpay-timestamp': String(NOW_SECONDS - 300) }) }),
  (body) => ({ body, headers: signedHeaders(body, { 'wechatpay-timestamp': String(NOW_SECONDS + 300) }) }),
  (body) => ({ body, headers: signedHeaders(body, { 'wechatpay-timestamp': String(NOW_SECONDS - 301) }) }),
  (body) => ({ body, headers: signedHeaders(body, { 'wechatpay-timestamp': String(NOW_SECONDS + 301) }) }),
  (body) => ({ body, headers: { ...signedHeaders(body), 'wechatpay-nonce': 'another' } }),
  (body) => ({ body, headers: { ...signedHeaders(body), 'wechatpay-signature': 'WECHATPAY/SIGNTEST/c2hvcnQ=' } }),
  (body) => ({ body, headers: {} }),
  (body) => ({ body: `${body} `, headers: signedHeaders(body) }),
  (body) => ({ body: body.replace('29900', '29901'), headers: signedHeaders(body) }),
  (body) => ({ body: JSON.stringify(JSON.parse(body)), headers: signedHeaders(body) }),
);

/** How one and the same object may be written down. */
const anySpelling = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.replaceAll('/', '\\/'),
  (text) => text.replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (text) => JSON.stringify(JSON.parse(text), null, 2),
);

test('an answer is believed exactly when the library believes it, whatever stands in it', async () => {
  const verdicts = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(anyText, anySpelling, anyAnswer, async (attach, spell, make) => {
      const { body, headers } = make(spell(JSON.stringify({ ...PAID, attach })));
      const gateway: typeof fetch = async () => new Response(body, { headers });
      const provider = createWechatPay(CONFIG, { fetch: gateway, now: () => Date.now() });
      const isBelieved = (await provider.query(OUT_TRADE_NO)).status === 'paid';
      verdicts.add(isBelieved);
      expect(isBelieved).toBe(await isBelievedByLibrary(body, headers));
      // Notifications are signed like answers.
      const notification = await provider.readNotification({ headers: new Headers(headers), body });
      const words = isBelieved ? /signed, but unreadable$/ : /^the notification: it /;
      expect(notification).toEqual({ kind: 'invalid', cause: expect.stringMatching(words) });
    }),
    { numRuns: 300 },
  );
  expect(verdicts).toEqual(new Set([true, false]));
});

async function isBelievedByLibrary(body: string, headers: Record<string, string>): Promise<boolean> {
  const decorator = new Decorator({
    baseURL: CONFIG.apiUrl,
    mchid: CONFIG.mchId,
    serial: CONFIG.mchSerialNo,
    privateKey: merchant.privateKey,
    certs: CONFIG.platformKeys,
    adapter: async (config) => ({ data: body, status: 200, statusText: 'OK', headers, config }),
  });
  return decorator.v3.get('/v3/any').then(
    () => true,
    () => false,
  );
}

/** Sealing as the library does it, and as Node's own cryptography does. */
const anySeal = fc.constantFrom<(text: string, nonce: string, associatedData: string) => string>(
  (text, nonce, associatedData) => Aes.AesGcm.encrypt(text, CONFIG.apiV3Key, nonce, associatedData),
  (text, nonce, associatedData) => {
    const cipher = createCipheriv('aes-256-gcm', CONFIG.apiV3Key, nonce).setAAD(Buffer.from(associatedData));
    const sealed = [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(sealed).toString('base64');
  },
);

type Resource = { ciphertext: string; nonce: string; associated_data: string };

/** One byte of a ciphertext changed; the last sixteen are its tag. */
function flipped(ciphertext: string, at: number): string {
  const bytes = Buffer.from(ciphertext, 'base64');
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ 0x40;
  return bytes.toString('base64');
}

const anyTampering: fc.Arbitrary<(resource: Resource) => Resource> = fc.oneof(
  fc.constant((resource: Resource) => resource),
  fc.nat({ max: 1_000 }).map((at) => (resource: Resource) => ({
    ...resource,
    ciphertext: flipped(resource.ciphertext, at),
  })),
  fc.constant((resource: Resource) => ({ ...resource, ciphertext: resource.ciphertext.slice(0, -24) })),
  fc.constant((resource: Resource) => ({ ...resource, nonce: `${resource.nonce}0` })),
  fc.constant((resource: Resource) => ({ ...resource, associated_data: `${resource.associated_data}x` })),
);

test('a notification opens exactly when the library opens it, and says the same', async () => {
  const verdicts = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(
      fc.record({ attach: anyText, total: anyAmount, seal: anySeal, tamper: anyTampering }),
      fc.stringMatching(/^[0-9A-Za-z]{12,16}$/),
      fc.constantFrom('', 'transaction', '附加数据'),
      async ({ attach, total, seal, tamper }, nonce, associatedData) => {
        const payment = { ...PAID, attach, amount: { total, currency: 'CNY' } };
        const ciphertext = seal(JSON.stringify(payment), nonce, associatedData);
        const resource = tamper({ ciphertext, nonce, associated_data: associatedData });
        const whole = {
          id: 'EV-1',
          event_type: 'TRANSACTION.SUCCESS',
          resource: { algorithm: ALGORITHM, ...resource },
        };
        const body = JSON.stringify(whole);
        const headers = new Headers(signedHeaders(body));
        const provider = createWechatPay(CONFIG, { fetch, now: () => Date.now() });
        const notification = await provider.readNotification({ headers, body });
        const opened = openByLibrary(resource);
        verdicts.add(opened !== null);
        expect(notification).toMatchObject(
          opened === null ? { kind: 'invalid' } : { kind: 'payment', payment: { amountFen: total } },
        );
        expect(opened ?? payment).toEqual(payment);
      },
    ),
    { numRuns: 300 },
  );
  expect(verdicts).toEqual(new Set([true, false]));
});

const ALGORITHM = 'AEAD_AES_256_GCM';

function openByLibrary({ ciphertext, nonce, associated_data: associatedData }: Resource): unknown {
  try {
    return JSON.parse(Aes.AesGcm.decrypt(ciphertext, CONFIG.apiV3Key, nonce, associatedData));
  } catch {
    return null;
  }
}

test('of real certificates the key and the serial number are the ones that Node reads', () => {
  const certificates = [...rootCertificates, certify(certified, CERTIFICATE_SERIAL), certify(certified, '0A', 1)];
  expect(certificates.length).toBeGreaterThan(100);
  for (const pem of certificates) {
    const expected = new X509Certificate(pem);
    const certificate = readCertificate(keyBytes(pem) ?? new Uint8Array());
    // Node shows the number 0 as one digit.
    expect(certificate?.serial).toBe(expected.serialNumber.padStart(2, '0'));
    expect(Buffer.from(certificate?.spki ?? [])).toEqual(expected.publicKey.export({ type: 'spki', format: 'der' }));
  }
});
