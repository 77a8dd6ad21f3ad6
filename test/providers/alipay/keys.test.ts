/** Keys in every form in which they get pasted, the mistakes that people make with them, and the settings around them. */
import { env } from 'cloudflare:workers';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { diagnoseAlipayKeys } from '../../../src/providers/alipay/diagnose-keys.ts';
import { alipayConfigSchema } from '../../../src/providers/alipay/schema.ts';
import { createKeys } from '../../../src/providers/alipay/signature.ts';
import { CONFIG, signAsAlipay } from './signed-gateway.ts';

const OURS = createPrivateKey(env.ALIPAY_PRIVATE_KEY);
const OUR_PUBLIC = createPublicKey(env.SANDBOX_MERCHANT_PUBLIC_KEY);
const THEIRS = createPublicKey(env.ALIPAY_PUBLIC_KEY);

function pem(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'spki' | 'sec1'): string {
  return String(key.export({ type, format: 'pem' }));
}

/** The bare base64 that Alipay's own tool gives. */
function bare(text: string): string {
  return text.replaceAll(/-----[^-]+-----|\s/g, '');
}

/** What a PEM looks like in a setting of one line. */
function oneLine(text: string): string {
  return text.trim().replaceAll('\n', '\\n');
}

const PRIVATE_FORMS: [name: string, text: string][] = [
  ['PKCS#8 as PEM', pem(OURS, 'pkcs8')],
  ['PKCS#1 as PEM', pem(OURS, 'pkcs1')],
  ['PKCS#8 as bare base64', bare(pem(OURS, 'pkcs8'))],
  ['PKCS#1 as bare base64', bare(pem(OURS, 'pkcs1'))],
  ['PKCS#1 in the armour of PKCS#8', pem(OURS, 'pkcs1').replaceAll('RSA PRIVATE', 'PRIVATE')],
  ['PKCS#8 in the armour of PKCS#1', pem(OURS, 'pkcs8').replaceAll('PRIVATE', 'RSA PRIVATE')],
  ['PEM with carriage returns', pem(OURS, 'pkcs8').replaceAll('\n', '\r\n')],
  ['PEM in one line', oneLine(pem(OURS, 'pkcs8'))],
  ['bare base64 in indented lines', bare(pem(OURS, 'pkcs8')).replaceAll(/.{64}/g, '  $&\t\n')],
];

const PUBLIC_FORMS: [name: string, text: string][] = [
  ['SPKI as PEM', pem(THEIRS, 'spki')],
  ['SPKI as bare base64', bare(pem(THEIRS, 'spki'))],
  ['SPKI as PEM in one line', oneLine(pem(THEIRS, 'spki'))],
  ['PKCS#1 as PEM', pem(THEIRS, 'pkcs1')],
  ['PKCS#1 as bare base64', bare(pem(THEIRS, 'pkcs1'))],
];

test.each(PRIVATE_FORMS)('our private key works as %s', async (_name, privateKey) => {
  const expected = signAsAlipay('a=1&b=茶', env.ALIPAY_PRIVATE_KEY);
  expect(await createKeys({ privateKey, publicKey: CONFIG.publicKey }).sign('a=1&b=茶')).toBe(expected);
  expect(await diagnoseAlipayKeys({ privateKey, publicKey: CONFIG.publicKey })).toEqual([]);
});

test.each(PUBLIC_FORMS)("Alipay's public key works as %s", async (_name, publicKey) => {
  const keys = createKeys({ privateKey: CONFIG.privateKey, publicKey });
  expect(await keys.verify('a=1&b=茶', signAsAlipay('a=1&b=茶'))).toBe(true);
  expect(await keys.verify('a=1&b=茶 ', signAsAlipay('a=1&b=茶'))).toBe(false);
  expect(await diagnoseAlipayKeys({ privateKey: CONFIG.privateKey, publicKey })).toEqual([]);
});

test.each([1024, 2048, 3072, 4096])(
  'PKCS#1 of %d bits becomes PKCS#8, whatever the length of its lengths',
  async (bits) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    const keys = createKeys({ privateKey: pem(privateKey, 'pkcs1'), publicKey: pem(publicKey, 'pkcs1') });
    expect(await keys.verify('text', await keys.sign('text'))).toBe(true);
  },
);

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
    await Promise.all([keys.sign('a'), keys.sign('b'), keys.verify('a', signAsAlipay('a'))]);
    await keys.verify('b', signAsAlipay('b'));
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'importKey');
  }
  expect(imports).toBe(2);
});

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SMALL = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ENCRYPTED = String(OURS.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }));
const OLD_ENCRYPTED =
  '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----';

/** The outline of a certificate: three parts, of which the first two are sequences and the third is a bit string. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${btoa('\x30\x0a\x30\x02\x05\x00\x30\x00\x03\x02\x00\x00')}\n-----END CERTIFICATE-----`;

test.each([
  ['nothing', '', 'is empty'],
  ['blanks', ' \n', 'is empty'],
  ['words', 'to be filled in!', 'is neither PEM nor base64'],
  ['the path of a file', './private-key.pem', 'is neither PEM nor base64'],
  ['base64 in the alphabet of URLs', bare(pem(OURS, 'pkcs8')).replaceAll('/', '_'), 'is neither PEM nor base64'],
  ['half a PEM', pem(OURS, 'pkcs8').slice(0, 200), 'is neither PEM nor base64'],
  ['double quotes around it', `"${oneLine(pem(OURS, 'pkcs8'))}"`, 'has quotes around it'],
  ['single quotes around it', `'${bare(pem(OURS, 'pkcs8'))}'`, 'has quotes around it'],
  ['our public key', pem(OUR_PUBLIC, 'spki'), 'is a public key'],
  ['our public key as PKCS#1', pem(OUR_PUBLIC, 'pkcs1'), 'is a public key'],
  ['an encrypted key', ENCRYPTED, 'is encrypted'],
  ['an encrypted key as bare base64', bare(ENCRYPTED), 'is encrypted'],
  ['a key encrypted the old way', OLD_ENCRYPTED, 'is encrypted'],
  ['an elliptic-curve key', pem(EC.privateKey, 'pkcs8'), 'is not an RSA key'],
  ['an elliptic-curve key as SEC 1', pem(EC.privateKey, 'sec1'), 'is not an RSA key'],
  ['a key that was cut off', bare(pem(OURS, 'pkcs8')).slice(0, 800), 'neither a PKCS#8 nor a PKCS#1 private key'],
  ['a key with something behind it', `${bare(pem(OURS, 'pkcs8')).replace(/=+$/, '')}AAAA`, 'neither a PKCS#8'],
  ['base64 of no key', btoa('a secret of another kind'), 'neither a PKCS#8 nor a PKCS#1 private key'],
  ['a certificate', CERTIFICATE, 'is a certificate'],
  ['a key of 1024 bits', pem(SMALL.privateKey, 'pkcs8'), 'has 1024 bits'],
  ['a damaged key', damage(pem(OURS, 'pkcs8')), 'cannot be read as one'],
])('in the private slot, %s is told as such', async (_name, privateKey, words) => {
  const problems = await diagnoseAlipayKeys({ privateKey, publicKey: CONFIG.publicKey });
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^ALIPAY_PRIVATE_KEY .*(?:${words})`))]);
});

test.each([
  ['nothing', '', 'is empty'],
  ['words', 'to be filled in!', 'is neither PEM nor base64'],
  ['quotes around it', `"${bare(pem(THEIRS, 'spki'))}"`, 'has quotes around it'],
  ['a private key', pem(OURS, 'pkcs8'), 'is a private key'],
  ['a private key as PKCS#1', bare(pem(OURS, 'pkcs1')), 'is a private key'],
  ['an encrypted private key', ENCRYPTED, 'is an encrypted private key'],
  ['an elliptic-curve key', pem(EC.publicKey, 'spki'), 'is not an RSA key'],
  ['a key that was cut off', bare(pem(THEIRS, 'spki')).slice(0, 200), 'is base64, but not a public key'],
  ['a certificate', CERTIFICATE, 'is a certificate'],
  ['a key of 1024 bits', pem(SMALL.publicKey, 'spki'), 'has 1024 bits'],
  ["our own app's public key", pem(OUR_PUBLIC, 'spki'), "is our own app's public key"],
  ["our own app's public key as bare base64", bare(pem(OUR_PUBLIC, 'spki')), "is our own app's public key"],
])('in the public slot, %s is told as such', async (_name, publicKey, words) => {
  const problems = await diagnoseAlipayKeys({ privateKey: CONFIG.privateKey, publicKey });
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^ALIPAY_PUBLIC_KEY .*${words}`))]);
});

test('keys that were swapped are two problems, and no words hold any of them', async () => {
  const problems = await diagnoseAlipayKeys({ privateKey: CONFIG.publicKey, publicKey: CONFIG.privateKey });
  expect(problems).toHaveLength(2);
  expect(problems.join(' ')).not.toMatch(/[A-Za-z0-9+/]{24}/);
});

/** Keeps the shape of PKCS#8 and overwrites the numbers inside. */
function damage(text: string): string {
  const base64 = bare(text);
  return `${base64.slice(0, 40)}${'A'.repeat(base64.length - 44)}${base64.slice(-4)}`;
}

test('the settings of a sound configuration are taken as they are', () => {
  expect(alipayConfigSchema.parse(CONFIG)).toEqual(CONFIG);
});

test.each([
  ['appId', '', 'ALIPAY_APP_ID'],
  ['appId', 'wx1234', 'ALIPAY_APP_ID'],
  ['sellerId', '2021003133619168', 'ALIPAY_SELLER_ID'],
  ['gatewayUrl', 'openapi.alipay.com', 'ALIPAY_GATEWAY_URL'],
  ['gatewayUrl', 'ftp://openapi.alipay.com/gateway.do', 'ALIPAY_GATEWAY_URL'],
  ['privateKey', '', 'ALIPAY_PRIVATE_KEY'],
  ['publicKey', '', 'ALIPAY_PUBLIC_KEY'],
  ['notifyUrl', '/callback/alipay', 'PUBLIC_URL'],
])('the setting %s cannot be %j, and is named', (name, value, variable) => {
  const parsed = alipayConfigSchema.safeParse({ ...CONFIG, [name]: value });
  expect(parsed.error?.issues.map((issue) => issue.message)).toEqual([expect.stringContaining(variable)]);
});
