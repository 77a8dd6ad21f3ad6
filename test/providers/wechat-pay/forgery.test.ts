/** The forgery table: what is not signed by WeChat Pay, or not meant for us, never becomes a payment or a refund. */
import { createSign } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { generateKeyPair } from './key-pair.ts';
import {
  CERTIFICATE_SERIAL,
  CERTIFIED,
  CONFIG,
  MERCHANT,
  MERCHANT_SERIAL,
  NOW_MS,
  OUT_TRADE_NO,
  PAID,
  PLATFORM,
  PUBLIC_KEY_ID,
  signedHeaders,
} from './signed-gateway.ts';
import {
  envelope,
  EVENT_ID,
  type Message,
  paidMessage,
  read,
  REFUND_NOTICE,
  type Sealing,
  sealed,
  signed,
} from './signed-notification.ts';

const STRANGER = await generateKeyPair();
const NOW_SECONDS = NOW_MS / 1000;

const GENUINE = paidMessage();

/** Signed first, changed afterwards. */
function withBody(change: (body: string) => string): Message {
  return { headers: GENUINE.headers, body: change(GENUINE.body) };
}

function withHeaders(change: (headers: Headers) => void): Message {
  const headers = new Headers(GENUINE.headers);
  change(headers);
  return { headers, body: GENUINE.body };
}

/** Signed over another text than the three lines. */
function signedOver(text: (timestamp: string, nonce: string, body: string) => string, hash = 'RSA-SHA256'): Message {
  const { headers, body } = GENUINE;
  const over = text(headers.get('wechatpay-timestamp') ?? '', headers.get('wechatpay-nonce') ?? '', body);
  const signature = createSign(hash).update(over, 'utf8').sign(PLATFORM.privateKey, 'base64');
  return withHeaders((changed) => changed.set('wechatpay-signature', signature));
}

const SIGNATURE = GENUINE.headers.get('wechatpay-signature') ?? '';

function withSignature(signature: string): Message {
  return withHeaders((headers) => headers.set('wechatpay-signature', signature));
}

test('the genuine one is believed', async () => {
  expect((await read(GENUINE)).kind).toBe('payment');
});

test.each<[name: string, message: Message]>([
  ['no headers', { headers: new Headers(), body: GENUINE.body }],
  ['no timestamp', withHeaders((headers) => headers.delete('wechatpay-timestamp'))],
  ['no nonce', withHeaders((headers) => headers.delete('wechatpay-nonce'))],
  ['no serial', withHeaders((headers) => headers.delete('wechatpay-serial'))],
  ['no signature', withHeaders((headers) => headers.delete('wechatpay-signature'))],
  ['an empty signature', withSignature('')],
  ['a signature that is no base64', withSignature('!!!!')],
  ['a probing signature', withSignature(`WECHATPAY/SIGNTEST/${SIGNATURE}`)],
  ['a probing signature that looks like one', withSignature(`WECHATPAY/SIGNTEST/${SIGNATURE}`.slice(0, 344))],
  ['a signature cut short', withSignature(SIGNATURE.slice(0, 340))],
  ['a signature with something behind it', withSignature(`${SIGNATURE.replace(/=+$/, '')}AAAA`)],
  ['a signature in the alphabet of URLs', withSignature('-_'.repeat(172))],
  ['a signature twice', withHeaders((headers) => headers.append('wechatpay-signature', SIGNATURE))],
  ['a serial twice', withHeaders((headers) => headers.append('wechatpay-serial', PUBLIC_KEY_ID))],
  [
    'the signature of another message',
    withSignature(paidMessage({ trade_state: 'REFUND' }).headers.get('wechatpay-signature') ?? ''),
  ],
  ['a signature with our own merchant key', signed(envelope(PAID), { privateKey: MERCHANT.privateKey })],
  [
    'our own merchant key under our own serial',
    signed(envelope(PAID), { privateKey: MERCHANT.privateKey, serial: MERCHANT_SERIAL }),
  ],
  ["a signature with a stranger's key", signed(envelope(PAID), { privateKey: STRANGER.privateKey })],
  ['a serial that nobody knows', signed(envelope(PAID), { serial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1' })],
  [
    'a public key that nobody knows',
    signed(envelope(PAID), { serial: 'PUB_KEY_ID_0119000001092022112200999999999999' }),
  ],
  ['the serial of another of their keys', signed(envelope(PAID), { serial: CERTIFICATE_SERIAL })],
  ['another of their keys under a serial', signed(envelope(PAID), { privateKey: CERTIFIED.privateKey })],
  ['the name of a method for a serial', signed(envelope(PAID), { serial: 'constructor' })],
  ['a signature with SHA-1', signedOver((...lines) => lines.map((line) => `${line}\n`).join(''), 'RSA-SHA1')],
  [
    'a signature by a method for smart cards',
    withHeaders((headers) => headers.set('wechatpay-signature-type', 'WECHATPAY2-SM2-WITH-SM3')),
  ],
  ['a signature over the body alone', signedOver((_timestamp, _nonce, body) => body)],
  ['a signature without the last line end', signedOver((...lines) => lines.join('\n'))],
  [
    'a signature over lines in another order',
    signedOver((timestamp, nonce, body) => `${nonce}\n${timestamp}\n${body}\n`),
  ],
  [
    'a signature over the request form',
    signedOver((timestamp, nonce, body) => `POST\n/callback/wechat\n${timestamp}\n${nonce}\n${body}\n`),
  ],
  ['a timestamp of five minutes and a second ago', signed(envelope(PAID), { timestamp: String(NOW_SECONDS - 301) })],
  ['a timestamp of a day ago', signed(envelope(PAID), { timestamp: String(NOW_SECONDS - 86_400) })],
  ['a timestamp of five minutes and a second ahead', signed(envelope(PAID), { timestamp: String(NOW_SECONDS + 301) })],
  [
    'an old timestamp that was freshened',
    withHeaders((headers) => headers.set('wechatpay-timestamp', String(NOW_SECONDS + 1))),
  ],
  ['a timestamp in milliseconds', signed(envelope(PAID), { timestamp: String(NOW_MS) })],
  ['a timestamp with a fraction', signed(envelope(PAID), { timestamp: `${NOW_SECONDS}.5` })],
  ['a timestamp in hex', signed(envelope(PAID), { timestamp: `0x${NOW_SECONDS.toString(16)}` })],
  ['a timestamp in words', signed(envelope(PAID), { timestamp: 'now' })],
  ['another nonce', withHeaders((headers) => headers.set('wechatpay-nonce', 'c5ac7061fccab6bf3e254dcf98995b8d'))],
  ['a line that moved from the nonce to the timestamp', withHeaders((headers) => headers.set('wechatpay-nonce', ''))],
  ['another event', withBody((body) => body.replace('TRANSACTION.SUCCESS', 'REFUND.SUCCESS'))],
  ['another id', withBody((body) => body.replace(EVENT_ID, 'EV-1'))],
  ['another ciphertext', withBody((body) => body.replace(/"ciphertext":"./, '"ciphertext":"A'))],
  ['a blank more', withBody((body) => body.replace('":"', '": "'))],
  ['a line end more', withBody((body) => `${body}\n`)],
  ['a body that was read and written again', withBody((body) => JSON.stringify(JSON.parse(body), null, 1))],
  ['a body in another composition', withBody((body) => body.replace('支付成功', '支付成功\u0301'))],
  ['an empty body', withBody(() => '')],
  ['XML of the older interface', withBody(() => '<xml><result_code><![CDATA[SUCCESS]]></result_code></xml>')],
  ['a form', withBody(() => 'trade_state=SUCCESS')],
])('%s is not authentic', async (_name, message) => {
  expect(message).not.toEqual(GENUINE);
  expect(await read(message)).toEqual({ kind: 'invalid', cause: expect.any(String) });
});

test('nothing is parsed or decrypted before the signature has held', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const decrypt = vi.spyOn(crypto.subtle, 'decrypt');
  expect((await read(signed(envelope(PAID), { privateKey: STRANGER.privateKey }))).kind).toBe('invalid');
  expect(parse).not.toHaveBeenCalled();
  expect(decrypt).not.toHaveBeenCalled();
  parse.mockRestore();
  decrypt.mockRestore();
});

type Resource = ReturnType<typeof sealed>;

/** The bytes of a ciphertext with one of them changed, counted from the end where that is below zero. */
function flipped(ciphertext: string, at: number): string {
  const bytes = Buffer.from(ciphertext, 'base64');
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64');
}

/** Changed before it is signed: the signature holds, the seal does not. */
test.each<[name: string, change: (resource: Resource) => object]>([
  ['its first byte', ({ ciphertext }) => ({ ciphertext: flipped(ciphertext, 0) })],
  ['a byte of its amount', ({ ciphertext }) => ({ ciphertext: flipped(ciphertext, 200) })],
  ['the first byte of its tag', ({ ciphertext }) => ({ ciphertext: flipped(ciphertext, -16) })],
  ['the last byte of its tag', ({ ciphertext }) => ({ ciphertext: flipped(ciphertext, -1) })],
  ['its tag, which is gone', ({ ciphertext }) => ({ ciphertext: cut(ciphertext, -16) })],
  ['its tag, of which half is gone', ({ ciphertext }) => ({ ciphertext: cut(ciphertext, -8) })],
  [
    'all of it but the tag',
    ({ ciphertext }) => ({ ciphertext: Buffer.from(ciphertext, 'base64').subarray(-16).toString('base64') }),
  ],
  ['all of it', () => ({ ciphertext: '' })],
  ['its alphabet', ({ ciphertext }) => ({ ciphertext: `%${ciphertext}` })],
  ['its nonce', () => ({ nonce: 'fdasflkja485' })],
  ['the length of its nonce', () => ({ nonce: 'fdasflkja4840000' })],
  ['its nonce, which is gone', () => ({ nonce: '' })],
  ['its associated data', () => ({ associated_data: 'refund' })],
  ['its associated data, which is gone', () => ({ associated_data: undefined })],
  ['the name of its algorithm', () => ({ algorithm: 'AEAD_SM4_GCM' })],
  ['its ciphertext, which is an object', () => ({ ciphertext: {} })],
])('a signed notification with a change to %s is not read', async (_name, change) => {
  const whole = envelope(PAID);
  const message = signed({ ...whole, resource: { ...whole.resource, ...change(whole.resource) } });
  expect(await read(message)).toEqual({ kind: 'invalid', cause: expect.any(String) });
});

function cut(ciphertext: string, to: number): string {
  return Buffer.from(ciphertext, 'base64').subarray(0, to).toString('base64');
}

test.each<[name: string, sealing: Sealing]>([
  ['another APIv3 key', { key: 'another APIv3 key has 32 bytes..' }],
  ['the key of our neighbour', { key: '00000000000000000000000000000000' }],
])(
  'a signed notification that is sealed with %s is not read, and says which setting to look at',
  async (_name, sealing) => {
    const read32 = await read(signed(envelope(PAID, 'TRANSACTION.SUCCESS', sealing)));
    expect(read32).toEqual({ kind: 'invalid', cause: 'the notification does not open with WECHAT_API_V3_KEY' });
  },
);

test.each(['31 bytes of a key are too few..', ''])(
  'the APIv3 key %j opens nothing, and nothing is thrown',
  async (apiV3Key) => {
    expect((await read(GENUINE, { ...CONFIG, apiV3Key })).kind).toBe('invalid');
  },
);

test('a signed notification that is not sealed at all is not read', async () => {
  expect((await read(signed({ ...envelope(PAID), resource: PAID }))).kind).toBe('invalid');
  expect((await read(signed(PAID))).kind).toBe('invalid');
});

test.each(['', '[]', 'null', '<xml></xml>', 'id=1&event_type=TRANSACTION.SUCCESS', '{"id":'])(
  'a signed body that reads %j is not read',
  async (body) => {
    expect((await read(signed(body))).kind).toBe('invalid');
  },
);

test.each([' ', '[]', 'null', '"SUCCESS"', '{"out_trade_no":', '\uFEFF'])(
  'a sealed text that reads %j is never acknowledged',
  async (text) => {
    expect((await read(signed(envelope(text)))).kind).toBe('invalid');
    expect((await read(signed(envelope(text, 'REFUND.SUCCESS')))).kind).toBe('invalid');
  },
);

test.each([
  ['another merchant', { mchid: '1900000110' }],
  ['no merchant', { mchid: undefined }],
  ['another app', { appid: 'wx0000000000000000' }],
  ['no app', { appid: undefined }],
  ['another app, and an unreadable amount', { appid: 'wx0000000000000000', amount: {} }],
])('a genuine payment for %s is foreign', async (_name, change) => {
  expect(await read(paidMessage(change))).toEqual({
    kind: 'foreign',
    notificationId: EVENT_ID,
    outTradeNo: OUT_TRADE_NO,
    cause: expect.any(String),
  });
});

test.each(['1900000110', undefined])('a genuine refund of the merchant %j is foreign', async (mchid) => {
  const message = signed(envelope({ ...REFUND_NOTICE, mchid }, 'REFUND.SUCCESS'));
  expect(await read(message)).toMatchObject({ kind: 'foreign', outTradeNo: OUT_TRADE_NO });
});

test.each([
  ['no amount', { amount: undefined }],
  ['an amount without a total', { amount: { payer_total: 29_900 } }],
  ['half a fen', { amount: { total: 0.5 } }],
  ['an amount of nothing', { amount: { total: 0 } }],
  ['a negative amount', { amount: { total: -1 } }],
  ['an amount as text', { amount: { total: '29900' } }],
  ['an amount in dollars', { amount: { total: 29_900, currency: 'USD' } }],
  ['more than anything may cost', { amount: { total: 10_000_000_001 } }],
  ['no number of the transaction', { transaction_id: '' }],
  ['no payment number', { out_trade_no: undefined }],
  ['a payment number with a blank', { out_trade_no: `${OUT_TRADE_NO} ` }],
  ['a payment number of 33 characters', { out_trade_no: '1'.repeat(33) }],
])('a genuine payment with %s is never acknowledged', async (_name, change) => {
  expect(await read(paidMessage(change))).toEqual({ kind: 'invalid', cause: expect.any(String) });
});

test('a refund without a payment number is never acknowledged', async () => {
  const message = signed(envelope({ ...REFUND_NOTICE, out_trade_no: undefined }, 'REFUND.SUCCESS'));
  expect((await read(message)).kind).toBe('invalid');
});

test('a key that cannot be read believes nothing, and is named', async () => {
  const config = { ...CONFIG, platformKeys: { [PUBLIC_KEY_ID]: STRANGER.privateKey } };
  expect(await read(GENUINE, config)).toEqual({
    kind: 'invalid',
    cause: `the notification: it is signed under ${PUBLIC_KEY_ID}, whose key in WECHAT_PLATFORM_KEYS cannot be read`,
  });
});

test('what was refused is not repeated in the cause', async () => {
  const message = { headers: signedHeaders('13800138000', { serial: '13800138000' }), body: '13800138000' };
  expect(JSON.stringify(await read(message))).not.toContain('13800138000');
});
