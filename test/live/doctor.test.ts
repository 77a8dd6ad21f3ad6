/** `npm run doctor` tells the classic mistakes apart, and never shows a value. */
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAddresses } from '../local/addresses.ts';
import { diagnoseConfig } from '../local/diagnose-config.ts';
import { readVars } from '../local/read-vars.ts';
import { writeDevVars } from '../local/write-dev-vars.ts';
import { freshFolder } from './fresh-folder.ts';
import { runScript } from './run-script.ts';

let folder: Awaited<ReturnType<typeof freshFolder>>;
let written: Record<string, string>;

beforeAll(async () => {
  folder = await freshFolder();
  writeDevVars(folder.root, readAddresses({}));
  written = readVars(join(folder.root, '.dev.vars')) ?? {};
});
afterAll(() => folder.remove());

/** A key pair in the forms in which people have theirs. */
function keys(modulusLength = 2048): { pkcs1: string; spki: string; encrypted: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return {
    pkcs1: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    spki: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    encrypted: privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a passphrase' })
      .toString(),
  };
}
const ours = keys();
const ellipticKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const oneLine = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, '');

/** How a file differs from the one that `npm start` writes, `null` for a name that is missing, and what is said of it. */
type Case = [mistake: string, changes: Record<string, string | null>, ...words: string[]];

const MISTAKES: Case[] = [
  ['nothing', {}],
  ['keys as PEM between quotes, ours as PKCS#1', { ALIPAY_PRIVATE_KEY: `"${ours.pkcs1}"` }],
  ['no Alipay at all', { ...noAlipay() }],
  ['JWT_SECRET missing', { JWT_SECRET: null }, 'JWT_SECRET is missing (or set JWKS_URL)'],
  ['JWT_SECRET short', { JWT_SECRET: 'short' }, 'JWT_SECRET must have at least 32 characters (.dev.vars)'],
  ['a webhook key of another make', { WEBHOOK_SECRET: 'secret' }, 'WEBHOOK_SECRET must be whsec_ followed by'],
  ['half of Alipay', { ALIPAY_SELLER_ID: null }, 'ALIPAY_SELLER_ID is missing, while other values of Alipay are set'],
  ['the app id of somebody else', { ALIPAY_APP_ID: 'wx1234' }, 'ALIPAY_APP_ID must be the 16 digits'],
  ['a word where seconds belong', { ORDER_TTL_SECONDS: 'soon' }, 'ORDER_TTL_SECONDS must be a whole number of seconds'],
  [
    'our own public key where Alipay’s belongs',
    { ALIPAY_PRIVATE_KEY: oneLine(ours.pkcs1), ALIPAY_PUBLIC_KEY: oneLine(ours.spki) },
    "ALIPAY_PUBLIC_KEY is our own app's public key",
  ],
  [
    'the keys exchanged',
    { ALIPAY_PRIVATE_KEY: oneLine(ours.spki), ALIPAY_PUBLIC_KEY: oneLine(ours.pkcs1) },
    "ALIPAY_PRIVATE_KEY is a public key: our app's private key belongs here (.dev.vars)",
    "ALIPAY_PUBLIC_KEY is a private key: Alipay's public key belongs here (.dev.vars)",
  ],
  [
    'a PEM without quotes',
    { ALIPAY_PRIVATE_KEY: ours.pkcs1 },
    'ALIPAY_PRIVATE_KEY ends after its first line: put quotes around all of it',
  ],
  ['a key with a passphrase', { ALIPAY_PRIVATE_KEY: `"${ours.encrypted}"` }, 'ALIPAY_PRIVATE_KEY is encrypted'],
  ['an elliptic-curve key', { ALIPAY_PRIVATE_KEY: `"${ellipticKey}"` }, 'ALIPAY_PRIVATE_KEY is not an RSA key'],
  ['a weak key', { ALIPAY_PRIVATE_KEY: oneLine(keys(1024).pkcs1) }, 'ALIPAY_PRIVATE_KEY has 1024 bits'],
  [
    'half a key',
    { ALIPAY_PUBLIC_KEY: oneLine(ours.spki).slice(0, 200) },
    'ALIPAY_PUBLIC_KEY is base64, but not a public key: it may have been cut off',
  ],
  [
    'two mistakes at once',
    { JWT_SECRET: 'short', ALIPAY_PUBLIC_KEY: 'not a key!' },
    'JWT_SECRET must have at least 32 characters',
    'ALIPAY_PUBLIC_KEY is neither PEM nor base64',
  ],
];

function noAlipay(): Record<string, null> {
  const names = ['APP_ID', 'SELLER_ID', 'GATEWAY_URL', 'PRIVATE_KEY', 'PUBLIC_KEY'];
  return Object.fromEntries(names.map((name) => [`ALIPAY_${name}`, null]));
}

/** Writes a file like the one of `npm start`, with changes, and gives its path. */
async function write(name: string, changes: Record<string, string | null>): Promise<string> {
  const vars = Object.entries({ ...written, ...changes }).flatMap(([key, value]) =>
    value === null ? [] : [`${key}=${value}\n`],
  );
  const path = join(folder.root, name);
  await writeFile(path, vars.join(''));
  return path;
}

/** Compares as far as the words go: what follows them explains. */
function beginnings(problems: readonly string[], words: readonly string[]): string[] {
  return problems.map((problem, nth) => problem.slice(0, words[nth]?.length));
}

/** The values of a file that are found in a text. */
function valuesIn(text: string, envFile: string): string[] {
  return Object.values(readVars(envFile) ?? {}).filter((value) => value.length >= 5 && text.includes(value));
}

describe('in a file for development', () => {
  test.each(MISTAKES)('%s', async (_mistake, changes, ...words) => {
    const envFile = await write('.dev.vars', changes);
    const problems = await diagnoseConfig(folder.root, { envFile, deploy: false });
    expect(beginnings(problems, words)).toEqual(words);
    expect(valuesIn(problems.join('\n'), envFile)).toEqual([]);
  });
});

describe('for a deploy', () => {
  const LIVE = {
    PUBLIC_URL: 'https://orders.acme-bookings.cn',
    WEBHOOK_URL: null,
    ALIPAY_GATEWAY_URL: null,
    WECHAT_API_URL: null,
  };
  const IN_TOML = 'database_id is still the placeholder';
  const NOT_PUBLIC = 'must be an https address that the internet can reach';

  test.each<Case>([
    ['the placeholder of the database', LIVE, IN_TOML],
    ['the file of `npm start`', {}, 'PUBLIC_URL', 'WEBHOOK_URL', 'ALIPAY_GATEWAY_URL', 'WECHAT_API_URL', IN_TOML],
    ['http', { ...LIVE, PUBLIC_URL: 'http://orders.acme-bookings.cn' }, `PUBLIC_URL ${NOT_PUBLIC}`, IN_TOML],
    ['a neighbour', { ...LIVE, PUBLIC_URL: 'https://192.168.1.20' }, `PUBLIC_URL ${NOT_PUBLIC}`, IN_TOML],
    ['a loopback', { ...LIVE, PUBLIC_URL: 'https://[::1]' }, `PUBLIC_URL ${NOT_PUBLIC}`, IN_TOML],
    ['an example', { ...LIVE, PUBLIC_URL: 'https://orders.example' }, `PUBLIC_URL ${NOT_PUBLIC}`, IN_TOML],
    [
      "Alipay's own sandbox",
      { ...LIVE, ALIPAY_GATEWAY_URL: 'https://openapi-sandbox.dl.alipaydev.com/gateway.do' },
      'ALIPAY_GATEWAY_URL is not the gateway where money moves',
      IN_TOML,
    ],
    [
      'another WeChat',
      { ...LIVE, WECHAT_API_URL: 'https://api.mch.weixin.qq.com.cn' },
      'WECHAT_API_URL is not where money moves',
      IN_TOML,
    ],
  ])('%s', async (_mistake, changes, ...words) => {
    const envFile = await write('.live.vars', changes);
    const problems = await diagnoseConfig(folder.root, { envFile, deploy: true });
    expect(beginnings(problems, words)).toEqual(words);
  });

  test('says so and ends with 0 when all is well, and with 1 when it is not', async () => {
    const toml = join(folder.root, 'wrangler.toml');
    const placeholder = '00000000-0000-0000-0000-000000000000';
    await writeFile(toml, (await readFile(toml, 'utf8')).replace(placeholder, 'b53c4d5e-77b1-4a8e-9d6f-0c1f2a3b4d5e'));
    await write('.live.vars', LIVE);
    const args = ['--', '--deploy', '--env-file', '.live.vars'];
    const well = await runScript(folder.root, 'test/local/doctor.ts', { args });
    expect(well).toEqual({ code: 0, output: 'All is well: wrangler.toml and .live.vars, for a deploy.\n' });

    const path = await write('.live.vars', { ...LIVE, JWT_SECRET: 'short' });
    const ill = await runScript(folder.root, 'test/local/doctor.ts', { args });
    expect(ill.output).toContain('JWT_SECRET must have at least 32 characters (.live.vars)');
    expect(ill.code).toBe(1);
    expect(valuesIn(ill.output, path)).toEqual([]);
  });
});

test('a file that is not there is the problem', async () => {
  const none = await runScript(folder.root, 'test/local/doctor.ts', { args: ['--', '--env-file', 'nowhere.vars'] });
  expect(none.output).toContain('nowhere.vars does not exist');
  expect(none.code).toBe(1);
});
