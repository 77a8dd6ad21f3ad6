/** Alipay's official SDK as the judge: our orders to the byte, and our verdicts on what is signed. */
import { AlipaySdk } from 'alipay-sdk';
import fc from 'fast-check';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formatYuan, MAX_AMOUNT_FEN } from '../../src/core/money.ts';
import type { PaymentProvider, PrepayRequest } from '../../src/core/payment/provider.ts';
import { createAlipay, type AlipayConfig } from '../../src/providers/alipay/index.ts';
import { createAlipayGateway } from '../sandbox/alipay/gateway.ts';
import { readPage } from '../sandbox/alipay/page-payment.ts';

const APP_ID = '2021003133619168';
const OUT_TRADE_NO = '20221122055683842352922648';
const NOTIFY_URL = 'https://orders.example/callback/alipay?from=alipay&x=1';
const CODE_URL = 'https://qr.alipay.com/bax03431ljhokirwl38f00a7';
const QUERY_RESPONSE = 'alipay_trade_query_response';
const PRECREATE_RESPONSE = 'alipay_trade_precreate_response';

function keyPair() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}
const merchant = keyPair();
const alipay = keyPair();

const CONFIG: AlipayConfig = {
  appId: APP_ID,
  sellerId: '2088102146225135',
  gatewayUrl: 'https://alipay.example/gateway.do',
  privateKey: merchant.privateKey,
  publicKey: alipay.publicKey,
  notifyUrl: NOTIFY_URL,
};

const SDK_CONFIG = {
  appId: APP_ID,
  keyType: 'PKCS8',
  privateKey: merchant.privateKey,
  alipayPublicKey: alipay.publicKey,
  gateway: CONFIG.gatewayUrl,
} as const;

const sdk = new AlipaySdk(SDK_CONFIG);

function signAsAlipay(text: string): string {
  return createSign('RSA-SHA256').update(text, 'utf8').sign(alipay.privateKey, 'base64');
}

/** Any text, with the characters that have broken other shops more often than chance would have it. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(fc.constantFrom('{', '}', '"', '\\', '"sign"', '\\/', '%', '%2B', '+', ' ', '&amp;', '茶', '😀', '\u2028'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
);

beforeEach(() => {
  // The SDK stamps its requests with the machine's local time; on a machine in Beijing that is the right one.
  vi.stubEnv('TZ', 'Asia/Shanghai');
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.UTC(2022, 10, 22, 8, 37, 20, 999));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test('an order string is what the SDK writes, byte for byte', async () => {
  expect(new Date().getTimezoneOffset()).toBe(-480);
  const provider = createAlipay(CONFIG, { fetch, now: () => Date.now() });
  await fc.assert(
    fc.asyncProperty(
      anyText.filter((text) => text.replaceAll(/[/=&]/g, '').trim() !== ''),
      fc.integer({ min: 1, max: MAX_AMOUNT_FEN }),
      fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-30'), noInvalidDate: true }),
      async (subject, amountFen, now) => {
        vi.setSystemTime(now);
        const answer = await provider.prepay({
          kind: 'app_order_string',
          outTradeNo: OUT_TRADE_NO,
          amountFen,
          subject,
          payableUntilMs: now.getTime() + 120_000,
          payerId: null,
          handle: null,
        });
        const expected = sdk.sdkExecute('alipay.trade.app.pay', {
          format: 'JSON',
          notify_url: NOTIFY_URL,
          bizContent: {
            subject: subject.replaceAll(/[/=&]/g, ''),
            out_trade_no: OUT_TRADE_NO,
            total_amount: formatYuan(amountFen),
            product_code: 'QUICK_MSECURITY_PAY',
            time_expire: new Date(now.getTime() + 120_000).toLocaleString('sv-SE'),
          },
        });
        const prepay = { kind: 'app_order_string', orderString: expected };
        expect(answer).toEqual({ status: 'ready', prepay, handle: null });
      },
    ),
    { numRuns: 300 },
  );
});

const CODE_REQUEST: PrepayRequest = {
  kind: 'qr_code',
  outTradeNo: OUT_TRADE_NO,
  amountFen: 19_600,
  subject: '1号技师的项目二',
  payableUntilMs: Date.UTC(2022, 10, 22, 8, 39, 20),
  payerId: null,
  handle: null,
};

/** What a gateway on this machine was asked: where, with which content type, and what. */
type Asked = { url: string | undefined; contentType: string | undefined; body: string };

/** A gateway that gives every call this answer, and tells what it was asked. */
async function gatewayThatAnswers(answer: string) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      asked.push({ url: request.url, contentType: request.headers['content-type']?.toLowerCase(), body });
      response.setHeader('content-type', 'text/html;charset=utf-8').end(answer);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens nowhere');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { gatewayUrl: `http://127.0.0.1:${address.port}/gateway.do`, asked, close };
}

test('a code is asked for as the SDK asks, address and signature byte for byte, and read as the SDK reads it', async () => {
  const inner = JSON.stringify({ code: '10000', msg: 'Success', out_trade_no: OUT_TRADE_NO, qr_code: CODE_URL });
  const escaped = inner.replaceAll('/', '\\/');
  const { gatewayUrl, asked, close } = await gatewayThatAnswers(
    `{"${PRECREATE_RESPONSE}":${escaped},"sign":"${signAsAlipay(escaped)}"}`,
  );
  const provider = createAlipay({ ...CONFIG, gatewayUrl }, { fetch, now: () => Date.now() });
  const caller = new AlipaySdk({ ...SDK_CONFIG, gateway: gatewayUrl });
  try {
    await fc.assert(
      fc.asyncProperty(
        anyText.filter((text) => text.replaceAll(/[/=&]/g, '').trim() !== ''),
        fc.integer({ min: 1, max: MAX_AMOUNT_FEN }),
        async (subject, amountFen) => {
          const answer = await provider.prepay({ ...CODE_REQUEST, amountFen, subject });
          const read = await caller.exec('alipay.trade.precreate', {
            format: 'JSON',
            notify_url: NOTIFY_URL,
            bizContent: {
              subject: subject.replaceAll(/[/=&]/g, ''),
              out_trade_no: OUT_TRADE_NO,
              total_amount: formatYuan(amountFen),
              product_code: 'QR_CODE_OFFLINE',
              time_expire: '2022-11-22 16:39:20',
            },
          });
          const [ours, theirs] = asked.splice(0);
          expect(ours?.url).toBe(theirs?.url);
          expect(ours?.contentType).toBe(theirs?.contentType);
          expect([...new URLSearchParams(ours?.body)]).toEqual([...new URLSearchParams(theirs?.body)]);
          expect(read).toMatchObject({ code: '10000', qrCode: CODE_URL });
          expect(answer).toMatchObject({ status: 'ready', prepay: { kind: 'qr_code', codeUrl: read['qrCode'] } });
        },
      ),
      { numRuns: 100 },
    );
  } finally {
    close();
  }
});

/** The tag of a form, and the fields in it. A `>` stands unescaped in the SDK's values. */
function readForm(html: string) {
  const tags = html.match(/<(?:form|input)\s(?:[^">]|"[^"]*")*>/g) ?? [];
  const [form, ...inputs] = tags.map((tag) => {
    const attributes = Array.from(tag.matchAll(/([a-z-]+)="([^"]*)"/g), ([, name = '', value = '']) => [name, value]);
    return Object.fromEntries(attributes);
  });
  return { action: String(form?.['action']), method: form?.['method'], fields: inputs.map(({ name }) => name) };
}

const ALIPAY_SDK = /alipay_sdk=[^&]*&/;
const SIGNATURE = /sign=[^&]*/;

test('a page is given what the SDK gives it, the link byte for byte, but for its mark and the signature over that', async () => {
  const provider = createAlipay(CONFIG, { fetch, now: () => Date.now() });
  await fc.assert(
    fc.asyncProperty(
      anyText.filter((text) => text.replaceAll(/[/=&]/g, '').trim() !== ''),
      fc.integer({ min: 1, max: MAX_AMOUNT_FEN }),
      async (subject, amountFen) => {
        const parameters = {
          format: 'JSON',
          notify_url: NOTIFY_URL,
          bizContent: {
            subject: subject.replaceAll(/[/=&]/g, ''),
            out_trade_no: OUT_TRADE_NO,
            total_amount: formatYuan(amountFen),
            product_code: 'FAST_INSTANT_TRADE_PAY',
            time_expire: '2022-11-22 16:39:20',
          },
        };
        const link = await provider.prepay({ ...CODE_REQUEST, kind: 'redirect_url', amountFen, subject });
        const page = await provider.prepay({ ...CODE_REQUEST, kind: 'html_form', amountFen, subject });
        if (link.status !== 'ready' || link.prepay.kind !== 'redirect_url') throw new Error('no link');
        if (page.status !== 'ready' || page.prepay.kind !== 'html_form') throw new Error('no form');
        const { url } = link.prepay;
        const { form } = page.prepay;

        // The SDK signs what an app takes along without its mark, by the same rule.
        const signed = new URLSearchParams(sdk.sdkExecute('alipay.trade.page.pay', parameters));
        const sign = `sign=${encodeURIComponent(signed.get('sign') ?? '')}`;
        const theirLink = sdk.pageExecute('alipay.trade.page.pay', 'GET', parameters);
        expect(url).toBe(theirLink.replace(ALIPAY_SDK, '').replace(SIGNATURE, sign));

        const theirForm = readForm(sdk.pageExecute('alipay.trade.page.pay', 'POST', parameters));
        const ourForm = readForm(form);
        expect(ourForm.action.replaceAll('&amp;', '&')).toBe(theirForm.action.replace(SIGNATURE, sign));
        expect({ ...ourForm, action: '' }).toEqual({ method: 'post', fields: ['biz_content'], action: '' });
        expect({ ...theirForm, action: '' }).toEqual({
          method: 'post',
          fields: ['alipay_sdk', 'biz_content'],
          action: '',
        });
        expect(new URLSearchParams(readPage(form) ?? '').get('biz_content')).toBe(signed.get('biz_content'));
      },
    ),
    { numRuns: 200 },
  );
});

test('the pretend Alipay takes what the SDK gives a page, and nothing that was changed in it', async () => {
  const gateway = createAlipayGateway({
    merchant: { appId: APP_ID, sellerId: CONFIG.sellerId, publicKeyPem: merchant.publicKey },
    alipayPrivateKeyPem: alipay.privateKey,
    now: () => Date.now(),
  });
  for (const method of ['GET', 'POST'] as const) {
    const page = sdk.pageExecute('alipay.trade.page.pay', method, {
      notify_url: NOTIFY_URL,
      bizContent: {
        subject: '1号技师的 <"项目"> +%2B',
        out_trade_no: `sdk_${method}`,
        total_amount: '196.00',
        product_code: 'FAST_INSTANT_TRADE_PAY',
        time_expire: '2022-11-22 16:39:20',
      },
    });
    const cheaper = page.replace('196.00', '0.01');
    expect(gateway.pay(cheaper)).toMatchObject({ ok: false, subCode: 'isv.invalid-signature' });
    expect(gateway.pay(page)).toMatchObject({ ok: true, trade: { capturedFen: 19_600 } });
  }
});

/** A genuine notification's fields. No value is empty: the SDK has only one reading of empty values, we have both. */
const anyMessage = fc.record({
  app_id: fc.constant(APP_ID),
  charset: fc.constant('utf-8'),
  gmt_payment: fc.constant('2022-11-22 16:38:01'),
  notify_id: fc.stringMatching(/^[0-9a-f]{34}$/),
  out_trade_no: fc.constant(OUT_TRADE_NO),
  seller_id: fc.constant(CONFIG.sellerId),
  subject: anyText.filter((text) => text !== ''),
  total_amount: fc.integer({ min: 1, max: MAX_AMOUNT_FEN }).map(formatYuan),
  trade_no: fc.constant('2022112222001404121438421234'),
  trade_status: fc.constantFrom('TRADE_SUCCESS', 'TRADE_FINISHED', 'TRADE_CLOSED', 'WAIT_BUYER_PAY'),
});

type Message = Record<string, string>;

function signedMessage(fields: Message): Message {
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('&');
  return { ...fields, sign_type: 'RSA2', sign: signAsAlipay(text) };
}

/** What may happen to a message on its way; some of it hurts, some of it does not. */
const anyAccident = fc.constantFrom<(message: Message) => Message>(
  (message) => message,
  (message) => Object.fromEntries(Object.entries(message).toReversed()),
  ({ sign_type: _signType, ...message }) => message,
  (message) => ({ ...message, total_amount: '0.01' }),
  (message) => ({ ...message, subject: `${message['subject']} ` }),
  (message) => ({ ...message, subject: encodeURIComponent(message['subject'] ?? '') }),
  (message) => ({ ...message, subject: (message['subject'] ?? '').normalize('NFD') }),
  (message) => ({ ...message, trade_status: 'TRADE_SUCCESS' }),
  (message) => ({ ...message, refund_fee: '1.00' }),
  (message) => ({ ...message, sign_type: 'RSA' }),
  (message) => ({ ...message, sign: '' }),
  (message) => ({ ...message, sign: (message['sign'] ?? '').slice(4) }),
  (message) => ({ ...message, sign: signAsAlipay('another text') }),
  ({ notify_id: _notifyId, ...message }) => message,
  ({ sign: _sign, ...message }) => message,
);

test('a notification is believed exactly when the SDK believes it', async () => {
  const provider = createAlipay(CONFIG, { fetch, now: () => Date.now() });
  const verdicts = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(anyMessage, anyAccident, async (fields, accident) => {
      const message = accident(signedMessage(fields));
      const body = new URLSearchParams(message).toString();
      const ours = await provider.readNotification({ headers: new Headers(), body });
      const isBelieved = ours.kind !== 'invalid';
      verdicts.add(isBelieved);
      expect(isBelieved).toBe(sdk.checkNotifySignV2(message));
      // The SDK's first check decodes the values once more, so it only agrees where nothing looks encoded.
      const isPlain = Object.values(message).every((value) => !value.includes('%'));
      expect(!isPlain || isBelieved === sdk.checkNotifySign(message)).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(verdicts).toEqual(new Set([true, false]));
});

/** How one and the same object may be written down. */
const anySpelling = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.replaceAll('/', '\\/'),
  (text) => text.replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (text) => JSON.stringify(JSON.parse(text), null, 2),
);

/** What may happen to an answer on its way, given its name, its signed object, and its signature. */
const anyEnvelope = fc.constantFrom<(name: string, inner: string, sign: string) => string>(
  (name, inner, sign) => `{"${name}":${inner},"sign":"${sign}"}`,
  (name, inner, sign) => `{ "${name}" : ${inner} ,\n "sign" : "${sign}" }`,
  (name, inner, sign) => `{"${name}":${inner},"alipay_cert_sn":"0a1b","sign":"${sign}"}`,
  (name, inner, sign) => `{"${name}":${inner.replace('196.00', '196.01')},"sign":"${sign}"}`,
  (name, inner, sign) => `{"${name}":${inner.replace('{', '{ ')},"sign":"${sign}"}`,
  (name, inner) => `{"${name}":${inner},"sign":"${signAsAlipay('{}')}"}`,
);

type Ask = (provider: PaymentProvider) => Promise<{ status: string }>;

test.each<[name: string, ask: Ask, good: string]>([
  [QUERY_RESPONSE, (provider) => provider.query(OUT_TRADE_NO), 'unpaid'],
  [PRECREATE_RESPONSE, (provider) => provider.prepay(CODE_REQUEST), 'ready'],
])('%s is believed exactly when the SDK believes it, whatever stands in its subject', async (name, ask, good) => {
  const verdicts = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(anyText, anySpelling, anyEnvelope, async (subject, spell, envelope) => {
      const known = { out_trade_no: OUT_TRADE_NO, trade_status: 'WAIT_BUYER_PAY', qr_code: CODE_URL };
      const inner = spell(JSON.stringify({ code: '10000', subject, ...known, fee: '196.00' }));
      const text = envelope(name, inner, signAsAlipay(inner));
      const provider = createAlipay(CONFIG, { fetch: async () => new Response(text), now: () => Date.now() });
      const isBelieved = (await ask(provider)).status === good;
      verdicts.add(isBelieved);
      expect(isBelieved).toBe(isBelievedBySdk(name, text));
    }),
    { numRuns: 300 },
  );
  expect(verdicts).toEqual(new Set([true, false]));
});

function isBelievedBySdk(name: string, text: string): boolean {
  const { sign }: { sign: string } = JSON.parse(text);
  try {
    sdk.checkResponseSign(text, name, sign, '');
    return true;
  } catch {
    return false;
  }
}
