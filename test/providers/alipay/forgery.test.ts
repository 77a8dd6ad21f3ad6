/** The forgery table: what is not signed by Alipay, or not meant for us, never becomes a payment or a refund. */
import { env } from 'cloudflare:workers';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import { CONFIG, NOW_MS, OUT_TRADE_NO, signAsAlipay } from './signed-gateway.ts';
import { changed, form, PAID, read, signed, signedText, type Fields } from './signed-notification.ts';

const STRANGER = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** Signed first, changed afterwards. */
function tampered(change: Record<string, string | undefined>): string {
  return form(changed(signed(PAID), change));
}

function withSign(sign: string, fields: Fields = PAID): string {
  return form({ ...fields, sign_type: 'RSA2', sign });
}

const GENUINE = form(signed(PAID));
const SIGNATURE = signAsAlipay(signedText(PAID));
const RSA1 = createSign('RSA-SHA1').update(signedText(PAID)).sign(env.SANDBOX_ALIPAY_PRIVATE_KEY, 'base64');

test.each([
  ['an empty body', ''],
  ['JSON', JSON.stringify(signed(PAID))],
  ['XML', '<xml><trade_status>TRADE_SUCCESS</trade_status></xml>'],
  ['bytes of no text', '\u0000\uFFFD'],
  ['no signature', form(PAID)],
  ['an empty signature', withSign('')],
  ['a signature that is no base64', withSign('!!!!')],
  ['a signature cut short', withSign(SIGNATURE.slice(0, 340))],
  ['a signature with something behind it', withSign(`${SIGNATURE}AAAA`)],
  ['a signature in the alphabet of URLs', withSign('-_'.repeat(172))],
  ['a signature with line breaks in it', withSign(SIGNATURE.replace(/.{76}/g, '$&\n'))],
  ['the signature of another message', withSign(signAsAlipay(signedText({ ...PAID, total_amount: '1.00' })))],
  ['a signature with our own merchant key', form(signed(PAID, env.ALIPAY_PRIVATE_KEY))],
  ["a signature with a stranger's key", form(signed(PAID, STRANGER.privateKey))],
  ['a signature with SHA-1', form({ ...PAID, sign_type: 'RSA', sign: RSA1 })],
  ['a signature with SHA-1 that calls itself RSA2', withSign(RSA1)],
  ['a good signature that calls itself RSA', tampered({ sign_type: 'RSA' })],
  ['a signature over the encoded text', withSign(signAsAlipay(form(PAID)))],
  ['a signature over the unsorted text', withSign(signAsAlipay(signedText(PAID).split('&').toReversed().join('&')))],
  ['a signature over sign_type as well', withSign(signAsAlipay(`${signedText(PAID)}&sign_type=RSA2`))],
  ['another amount', tampered({ total_amount: '0.01' })],
  ['the same amount in other words', tampered({ total_amount: '196.0' })],
  ['another payment number', tampered({ out_trade_no: `${OUT_TRADE_NO}1` })],
  ['another number of the trade', tampered({ trade_no: '1' })],
  ['another status', tampered({ trade_status: 'TRADE_FINISHED' })],
  ['another app', tampered({ app_id: '2021000000000000' })],
  ['a field more', tampered({ receipt_amount: '196.00' })],
  ['a field less', tampered({ gmt_payment: undefined })],
  ['a value where an empty one was signed', tampered({ body: 'x' })],
  ['an empty field more', tampered({ out_biz_no: '' })],
  ['a subject without its trailing blanks', form({ ...signed({ ...PAID, subject: 'tea  ' }), subject: 'tea' })],
  ['a subject in another composition', form({ ...signed({ ...PAID, subject: 'e\u0301' }), subject: '\u00e9' })],
  ['values that were encoded twice', form(Object.fromEntries(Object.entries(signed(PAID)).map(encodeValue)))],
  ['a subject that was decoded twice', form({ ...signed({ ...PAID, subject: '50%25' }), subject: '50%' })],
  ['a duplicate of a field', `${GENUINE}&total_amount=196.00`],
  ['a duplicate that comes first', `total_amount=0.01&${GENUINE}`],
  ['a duplicate of the signature', `${GENUINE}&sign=c2lnbg%3D%3D`],
  ['a name that swallows its neighbour', GENUINE.replace('gmt_create=', 'fund_x%3Dy%26gmt_create=')],
  ['a form that was encoded as a whole', encodeURIComponent(GENUINE)],
])('%s is not authentic', async (_name, body) => {
  expect(body).not.toBe(GENUINE);
  expect(await read(body)).toEqual({ kind: 'invalid', cause: expect.any(String) });
});

test('a name that moves the borders between signed values is refused, though the text is the signed one', async () => {
  const { fund_bill_list, gmt_create = '', ...rest } = signed(PAID);
  const body = form({ ...rest, [`fund_bill_list=${fund_bill_list}&gmt_create`]: gmt_create });
  expect(await read(body)).toMatchObject({ kind: 'invalid' });
});

function encodeValue([name, value]: [string, string]): [string, string] {
  return [name, encodeURIComponent(value)];
}

test.each([
  ['another app', { app_id: '2021000000000000', auth_app_id: undefined }],
  ['no app', { app_id: undefined, auth_app_id: undefined }],
  ['an app that acts on behalf of another', { auth_app_id: '2021000000000000' }],
  ['another seller', { seller_id: '2088000000000000' }],
  ['another seller, as a refund', { seller_id: '2088000000000000', gmt_refund: '2022-11-23 10:00:00' }],
  ['another app, and an unreadable amount', { app_id: '2021000000000000', total_amount: 'x' }],
])('a genuine notification for %s is foreign', async (_name, change) => {
  expect(await read(form(signed(changed(PAID, change))))).toEqual({
    kind: 'foreign',
    notificationId: PAID['notify_id'],
    outTradeNo: OUT_TRADE_NO,
    cause: expect.any(String),
  });
});

test.each([
  ['no amount', { total_amount: undefined }],
  ['an amount with three decimals', { total_amount: '196.000' }],
  ['an amount of nothing', { total_amount: '0.00' }],
  ['a negative amount', { total_amount: '-196.00' }],
  ['an amount with a blank', { total_amount: '196.00 ' }],
  ['an amount in thousands', { total_amount: '1,960.00' }],
  ['more than anything may cost', { total_amount: '100000000.01' }],
  ['no number of the trade', { trade_no: '' }],
  ['no payment number', { out_trade_no: undefined }],
  ['a payment number with a blank', { out_trade_no: `${OUT_TRADE_NO} ` }],
  ['a payment number of 65 characters', { out_trade_no: '1'.repeat(65) }],
  ['a payment number in another alphabet', { out_trade_no: '１２３' }],
])('a genuine notification with %s is never acknowledged', async (_name, change) => {
  expect(await read(form(signed(changed(PAID, change))))).toEqual({ kind: 'invalid', cause: expect.any(String) });
});

test('a public key that cannot be read believes nothing', async () => {
  const broken = createAlipay({ ...CONFIG, publicKey: STRANGER.privateKey }, { fetch, now: () => NOW_MS });
  expect(await broken.readNotification({ headers: new Headers(), body: GENUINE })).toEqual({
    kind: 'invalid',
    cause: 'ALIPAY_PUBLIC_KEY cannot be read',
  });
});
