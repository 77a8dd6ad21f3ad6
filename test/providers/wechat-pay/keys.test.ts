/** Keys in every form in which they get pasted, the mistakes that people make with them, and the settings around them. */
import { createPrivateKey, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { keyBytes, readCertificate } from '../../../src/providers/key-format.ts';
import { diagnoseWechatPayKeys } from '../../../src/providers/wechat-pay/diagnose-keys.ts';
import { readPlatformKeys } from '../../../src/providers/wechat-pay/platform-keys.ts';
import { wechatPayConfigSchema } from '../../../src/providers/wechat-pay/schema.ts';
import { createKeys } from '../../../src/providers/wechat-pay/signature.ts';
import { certify } from './certificate.ts';
import { armour, bare, generateKeyPair, oneLine } from './key-pair.ts';
import {
  CERTIFICATE_SERIAL,
  CERTIFIED,
  CONFIG,
  MERCHANT,
  MERCHANT_SERIAL,
  NOW_MS,
  PLATFORM,
  PUBLIC_KEY_ID,
  signedHeaders,
} from './signed-gateway.ts';

const OURS = createPrivateKey(MERCHANT.privateKey);
const THEIRS = createPublicKey(PLATFORM.publicKey);
const SMALL = await generateKeyPair(1024);
const LARGE = await generateKeyPair(4096);

function pem(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'spki'): string {
  return String(key.export({ type, format: 'pem' }));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = keyBytes(text);
  if (!bytes) throw new Error('not base64');
  return bytes;
}

const PRIVATE_FORMS: [name: string, text: string][] = [
  ['PKCS#8 as PEM', MERCHANT.privateKey],
  ['PKCS#1 as PEM', pem(OURS, 'pkcs1')],
  ['PKCS#8 as bare base64', bare(MERCHANT.privateKey)],
  ['PKCS#1 as bare base64', bare(pem(OURS, 'pkcs1'))],
  ['PEM in one line', oneLine(MERCHANT.privateKey)],
  ['PEM with carriage returns', MERCHANT.privateKey.replaceAll('\n', '\r\n')],
];

test.each(PRIVATE_FORMS)('our private key works as %s', async (_name, privateKey) => {
  const expected = createSign('RSA-SHA256').update('a\n茶\n', 'utf8').sign(MERCHANT.privateKey, 'base64');
  expect(await createKeys({ ...CONFIG, privateKey }).sign('a\n茶\n')).toBe(expected);
  expect(await diagnoseWechatPayKeys({ ...CONFIG, privateKey })).toEqual([]);
});

const PLATFORM_FORMS: [name: string, serial: string, text: string][] = [
  ['a public key as PEM', PUBLIC_KEY_ID, PLATFORM.publicKey],
  ['a public key as bare base64', PUBLIC_KEY_ID, bare(PLATFORM.publicKey)],
  ['a public key as PEM in one line', PUBLIC_KEY_ID, oneLine(PLATFORM.publicKey)],
  ['a public key as PKCS#1', PUBLIC_KEY_ID, pem(THEIRS, 'pkcs1')],
  ['a public key under the serial of its certificate', CERTIFICATE_SERIAL, PLATFORM.publicKey],
  ['a certificate as PEM', CERTIFICATE_SERIAL, certify(PLATFORM, CERTIFICATE_SERIAL)],
  ['a certificate as bare base64', CERTIFICATE_SERIAL, bare(certify(PLATFORM, CERTIFICATE_SERIAL))],
  ['a certificate as PEM in one line', CERTIFICATE_SERIAL, oneLine(certify(PLATFORM, CERTIFICATE_SERIAL))],
  ['a certificate of version 1', CERTIFICATE_SERIAL, certify(PLATFORM, CERTIFICATE_SERIAL, 1)],
  [
    'a certificate under its serial in small letters',
    CERTIFICATE_SERIAL.toLowerCase(),
    certify(PLATFORM, CERTIFICATE_SERIAL),
  ],
  [
    'a certificate that its issuer comes behind',
    CERTIFICATE_SERIAL,
    certify(PLATFORM, CERTIFICATE_SERIAL) + certify(CERTIFIED, 'AA'),
  ],
];

test.each(PLATFORM_FORMS)("WeChat Pay's key works as %s", async (_name, serial, text) => {
  const config = { ...CONFIG, platformKeys: { [serial]: text } };
  const keys = createKeys(config);
  const headers = signedHeaders('{"a":"茶"}', { serial: serial.toUpperCase() });
  expect(await keys.findForgery(headers, '{"a":"茶"}', NOW_MS)).toBeNull();
  expect(await keys.findForgery(headers, '{"a":"茶"} ', NOW_MS)).toBe('it is not signed by WeChat Pay');
  expect(await diagnoseWechatPayKeys(config)).toEqual([]);
});

test('of several keys each verifies what was signed under its own name, and nothing else', async () => {
  const keys = createKeys(CONFIG);
  const certified = { privateKey: CERTIFIED.privateKey, serial: CERTIFICATE_SERIAL };
  expect(await keys.findForgery(signedHeaders('{}'), '{}', NOW_MS)).toBeNull();
  expect(await keys.findForgery(signedHeaders('{}', certified), '{}', NOW_MS)).toBeNull();
  const crossed = { ...certified, serial: PUBLIC_KEY_ID };
  expect(await keys.findForgery(signedHeaders('{}', crossed), '{}', NOW_MS)).toBe('it is not signed by WeChat Pay');
  expect(await diagnoseWechatPayKeys(CONFIG)).toEqual([]);
});

test('answers are asked to be signed with the public key that is listed first', () => {
  const [first, second] = ['PUB_KEY_ID_2', 'PUB_KEY_ID_1'];
  const platformKeys = { [CERTIFICATE_SERIAL]: 'x', [first]: 'x', [second]: 'x' };
  expect(createKeys({ ...CONFIG, platformKeys }).publicKeyId).toBe(first);
  expect(createKeys({ ...CONFIG, platformKeys: { [CERTIFICATE_SERIAL]: 'x' } }).publicKeyId).toBeNull();
});

test('a key is imported once, however often it is used', async () => {
  const keys = createKeys(CONFIG);
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  let imports = 0;
  Object.defineProperty(crypto.subtle, 'importKey', {
    configurable: true,
    value: (...input: Parameters<typeof importKey>) => {
      imports += 1;
      return importKey(...input);
    },
  });
  try {
    await Promise.all([keys.sign('a'), keys.sign('b'), keys.findForgery(signedHeaders('{}'), '{}', NOW_MS)]);
    await keys.findForgery(signedHeaders('[]'), '[]', NOW_MS);
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'importKey');
  }
  expect(imports).toBe(2);
});

test.each([
  ['C157F09EFDC096DE15EBE81A47057A7232F1B8E1', 'C157F09EFDC096DE15EBE81A47057A7232F1B8E1'],
  ['5157f09efdc096de15ebe81a47057a7232f1b8e1', '5157F09EFDC096DE15EBE81A47057A7232F1B8E1'],
  ['0A', '0A'],
  ['00', '00'],
])('a certificate with the serial %s tells its serial and its key', (serial, shown) => {
  for (const version of [1, 3] as const) {
    for (const pair of [PLATFORM, SMALL, LARGE]) {
      expect(readCertificate(bytesOf(certify(pair, serial, version)))).toEqual({
        serial: shown,
        spki: bytesOf(pair.publicKey),
      });
    }
  }
});

test('what is no certificate, or only a part of one, is none', () => {
  const whole = bytesOf(certify(PLATFORM, CERTIFICATE_SERIAL));
  for (let length = 0; length < whole.length; length += 1) {
    expect(readCertificate(whole.subarray(0, length))).toBeNull();
  }
  for (const text of [MERCHANT.privateKey, PLATFORM.publicKey, pem(OURS, 'pkcs1'), pem(THEIRS, 'pkcs1')]) {
    expect(readCertificate(bytesOf(text))).toBeNull();
  }
});

test('bytes that only look like a certificate are none, whatever their lengths say', () => {
  const whole = bytesOf(certify(PLATFORM, CERTIFICATE_SERIAL));
  for (let at = 0; at < 40; at += 1) {
    for (const byte of [0x00, 0x02, 0x30, 0x7f, 0x80, 0x84, 0xa0, 0xff]) {
      const changed = Uint8Array.from(whole);
      changed[at] = byte;
      const spki = readCertificate(changed)?.spki;
      expect(spki === undefined || spki[0] === 0x30).toBe(true);
    }
  }
});

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ENCRYPTED = String(OURS.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }));

test.each([
  ['nothing', '', 'is empty: it takes our merchant.s private key'],
  ['words', 'to be filled in!', 'is neither PEM nor base64'],
  ['the path of a file', './apiclient_key.pem', 'is neither PEM nor base64'],
  ['quotes around it', `"${oneLine(MERCHANT.privateKey)}"`, 'has quotes around it'],
  ['our merchant certificate', certify(MERCHANT, MERCHANT_SERIAL), 'is a certificate .* private key belongs here'],
  ['our public key', MERCHANT.publicKey, 'is a public key: our merchant.s private key belongs here'],
  ['our public key as PKCS#1', pem(createPublicKey(MERCHANT.publicKey), 'pkcs1'), 'is a public key'],
  ['an encrypted key', ENCRYPTED, 'is encrypted'],
  ['an elliptic-curve key', pem(EC.privateKey, 'pkcs8'), 'is not an RSA key'],
  ['a key that was cut off', bare(MERCHANT.privateKey).slice(0, 800), 'may have been cut off'],
  ['a key of 1024 bits', SMALL.privateKey, 'has 1024 bits'],
])('in the private slot, %s is told as such', async (_name, privateKey, words) => {
  const problems = await diagnoseWechatPayKeys({ ...CONFIG, privateKey });
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^WECHAT_PRIVATE_KEY .*${words}`))]);
});

test.each([
  ['nothing', '', 'is not the 40 hex digits'],
  ['words', 'apiclient_cert.pem', 'is not the 40 hex digits'],
  ['39 digits', MERCHANT_SERIAL.slice(1), 'is not the 40 hex digits'],
  ['colons', MERCHANT_SERIAL.replaceAll(/..(?=.)/g, '$&:'), 'is not the 40 hex digits'],
  ["the id of WeChat Pay's public key", PUBLIC_KEY_ID, "is the id of WeChat Pay's public key"],
])('as our serial number, %s is told as such', async (_name, mchSerialNo, words) => {
  const problems = await diagnoseWechatPayKeys({ ...CONFIG, mchSerialNo });
  expect(problems).toEqual([expect.stringContaining(`WECHAT_MCH_SERIAL_NO ${words}`)]);
});

test.each([
  ['', 0],
  ['31 bytes of a key are too few..', 31],
  [`"${CONFIG.apiV3Key}"`, 34],
  [`${CONFIG.apiV3Key}\n`, 33],
  ['一个密钥一个密钥一个密钥一个密钥', 48],
])('the APIv3 key %j has %d bytes, which is told', async (apiV3Key, bytes) => {
  expect(await diagnoseWechatPayKeys({ ...CONFIG, apiV3Key })).toEqual([
    `WECHAT_API_V3_KEY has ${bytes} bytes: it must be the 32 characters set in the merchant platform`,
  ]);
});

test.each([
  ['nothing', PUBLIC_KEY_ID, '', "is empty: it takes WeChat Pay's public key or platform certificate"],
  ['words', PUBLIC_KEY_ID, 'to be filled in!', 'is neither PEM nor base64'],
  ['quotes', PUBLIC_KEY_ID, `"${bare(PLATFORM.publicKey)}"`, 'has quotes around it'],
  ['a private key', PUBLIC_KEY_ID, MERCHANT.privateKey, 'is a private key'],
  ['an encrypted private key', PUBLIC_KEY_ID, ENCRYPTED, 'is an encrypted private key'],
  ['an elliptic-curve key', PUBLIC_KEY_ID, pem(EC.publicKey, 'spki'), 'is not an RSA key'],
  ['a key that was cut off', PUBLIC_KEY_ID, bare(PLATFORM.publicKey).slice(0, 200), 'may have been cut off'],
  ['a key of 1024 bits', PUBLIC_KEY_ID, SMALL.publicKey, 'has 1024 bits'],
  ['a damaged key', PUBLIC_KEY_ID, damage(PLATFORM.publicKey), 'cannot be read as one'],
  ['our own public key', PUBLIC_KEY_ID, MERCHANT.publicKey, 'is our own merchant key'],
  ['our own public key, bare', PUBLIC_KEY_ID, bare(MERCHANT.publicKey), 'is our own merchant key'],
  [
    'our own certificate under its serial',
    MERCHANT_SERIAL,
    certify(MERCHANT, MERCHANT_SERIAL),
    'is our own merchant certificate',
  ],
  [
    'our own certificate under another name',
    PUBLIC_KEY_ID,
    certify(MERCHANT, MERCHANT_SERIAL),
    'is our own merchant certificate',
  ],
  [
    'an older certificate of ours',
    CERTIFICATE_SERIAL,
    certify(MERCHANT, CERTIFICATE_SERIAL),
    'is our own merchant key',
  ],
  ['their key under our serial', MERCHANT_SERIAL, PLATFORM.publicKey, 'is our own merchant certificate'],
  [
    'their key under our serial in small letters',
    MERCHANT_SERIAL.toLowerCase(),
    PLATFORM.publicKey,
    'is our own merchant certificate',
  ],
  [
    'a certificate under the serial of another',
    '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
    certify(PLATFORM, CERTIFICATE_SERIAL),
    `is a certificate of another serial number: file it under ${CERTIFICATE_SERIAL}`,
  ],
  [
    'a certificate under the id of a key',
    PUBLIC_KEY_ID,
    certify(PLATFORM, CERTIFICATE_SERIAL),
    'is a certificate: file it under its own serial number',
  ],
  [
    'half a certificate',
    CERTIFICATE_SERIAL,
    armour('CERTIFICATE', Buffer.from('300a30020500300003020000', 'hex')),
    'cannot be read as one',
  ],
])('among the platform keys, %s is told as such', async (_name, serial, text, words) => {
  const problems = await diagnoseWechatPayKeys({ ...CONFIG, platformKeys: { [serial]: text } });
  expect(problems).toEqual([expect.stringContaining(words)]);
  expect(problems[0]).toMatch(new RegExp(`^WECHAT_PLATFORM_KEYS ${serial} `));
});

test.each([
  ['half a name', 'PUB_KEY_ID'],
  ['a name without its number', 'PUB_KEY_ID_'],
  ['a name in small letters', 'pub_key_id_1'],
  ['a word', 'serial'],
  ['nothing', ''],
  ['39 digits', CERTIFICATE_SERIAL.slice(1)],
  ['a private key', bare(MERCHANT.privateKey)],
])('a platform key under %s is told as filed wrongly, without repeating the name', async (_name, serial) => {
  const platformKeys = { ...CONFIG.platformKeys, [serial]: PLATFORM.publicKey };
  expect(await diagnoseWechatPayKeys({ ...CONFIG, platformKeys })).toEqual([
    'WECHAT_PLATFORM_KEYS entry 3 is filed under neither a PUB_KEY_ID_ nor the 40 hex digits of a platform certificate',
  ]);
});

test('no platform key at all is told', async () => {
  expect(await diagnoseWechatPayKeys({ ...CONFIG, platformKeys: {} })).toEqual([
    expect.stringMatching(/^WECHAT_PLATFORM_KEYS holds no key/),
  ]);
});

test('every problem is told, and no words hold any of a key', async () => {
  const problems = await diagnoseWechatPayKeys({
    mchSerialNo: bare(PLATFORM.publicKey),
    privateKey: PLATFORM.publicKey,
    apiV3Key: bare(PLATFORM.publicKey),
    platformKeys: { [PUBLIC_KEY_ID]: MERCHANT.privateKey, [bare(PLATFORM.publicKey)]: MERCHANT.publicKey },
  });
  expect(problems).toHaveLength(5);
  for (const key of [MERCHANT.privateKey, PLATFORM.publicKey]) {
    expect(problems.join(' ')).not.toContain(bare(key).slice(40, 64));
  }
});

/** Keeps the shape of an SPKI and overwrites the numbers inside. */
function damage(text: string): string {
  const base64 = bare(text);
  return `${base64.slice(0, 44)}${'A'.repeat(base64.length - 48)}${base64.slice(-4)}`;
}

test('platform keys are read from JSON', () => {
  const text = JSON.stringify(CONFIG.platformKeys, null, 2);
  expect(readPlatformKeys(text)).toEqual({ ok: true, platformKeys: CONFIG.platformKeys });
});

test.each([
  ['nothing', '', 'is empty'],
  ['blanks', ' \n', 'is empty'],
  ['words', 'to be filled in', 'is not JSON'],
  ['single quotes', "{'PUB_KEY_ID_1': 'x'}", 'is not JSON'],
  ['half of it', JSON.stringify(CONFIG.platformKeys).slice(0, -1), 'is not JSON'],
  ['a bare key', PLATFORM.publicKey, 'is a bare key'],
  ['a key pasted as it is', `{"PUB_KEY_ID_1": "${PLATFORM.publicKey}"}`, 'is not JSON: the line ends of a key must'],
  ['an empty object', '{}', 'holds no key'],
  ['a list', '[]', 'is JSON, but not an object of texts'],
  ['null', 'null', 'is JSON, but not an object of texts'],
  ['a text', '"PUB_KEY_ID_1"', 'is JSON, but not an object of texts'],
  ['objects', '{"PUB_KEY_ID_1": {"key": "x"}}', 'is JSON, but not an object of texts'],
])('platform keys that are %s are told as such', (_name, text, words) => {
  const problem = expect.stringContaining(`WECHAT_PLATFORM_KEYS ${words}`);
  expect(readPlatformKeys(text)).toEqual({ ok: false, problem });
});

test('the settings of a sound configuration are taken as they are', () => {
  expect(wechatPayConfigSchema.parse(CONFIG)).toEqual(CONFIG);
});

test.each([
  ['appId', '', 'WECHAT_APP_ID'],
  ['appId', '2021003133619168', 'WECHAT_APP_ID'],
  ['mchId', 'wx1234', 'WECHAT_MCH_ID'],
  ['mchSerialNo', PUBLIC_KEY_ID, 'WECHAT_MCH_SERIAL_NO'],
  ['apiUrl', 'api.mch.weixin.qq.com', 'WECHAT_API_URL'],
  ['apiUrl', 'ftp://api.mch.weixin.qq.com', 'WECHAT_API_URL'],
  ['privateKey', '', 'WECHAT_PRIVATE_KEY'],
  ['apiV3Key', 'too short', 'WECHAT_API_V3_KEY'],
  ['platformKeys', {}, 'WECHAT_PLATFORM_KEYS'],
  ['platformKeys', 'x', 'WECHAT_PLATFORM_KEYS'],
  ['platformKeys', { serial: 'x' }, 'WECHAT_PLATFORM_KEYS'],
  ['platformKeys', { [PUBLIC_KEY_ID]: '' }, 'WECHAT_PLATFORM_KEYS'],
  ['notifyUrl', '/callback/wechat', 'PUBLIC_URL'],
  ['notifyUrl', 'https://orders.example/callback/wechat?from=wechat', 'PUBLIC_URL'],
  ['refundNotifyUrl', `https://orders.example/${'x'.repeat(240)}`, 'PUBLIC_URL'],
])('the setting %s cannot be %j, and is named', (name, value, variable) => {
  const parsed = wechatPayConfigSchema.safeParse({ ...CONFIG, [name]: value });
  expect(parsed.error?.issues.map((issue) => issue.message)).toEqual([expect.stringContaining(variable)]);
});
