/** Writes `.dev.vars` for the service and for the sandbox: generated keys that belong to each other. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from './addresses.ts';

/** Where the sandbox's own file stands, beside its wrangler.toml. */
export const SANDBOX_VARS = 'test/sandbox/.dev.vars';

/** The merchant of the document's example. */
const APP_ID = '2021003133619168';
const SELLER_ID = '2088102146225135';

/** The same shop at WeChat Pay: an app of the open platform, a merchant, and the serials of both sides' keys. */
const WECHAT_APP_ID = 'wx1234567890abcdef';
const WECHAT_MCH_ID = '1230000109';
const WECHAT_PLATFORM_SERIAL = 'PUB_KEY_ID_0112300001092024112000000000000001';

/** Writes both files when there is no `.dev.vars`, and says whether it did. An existing `.dev.vars` is never touched. */
export function writeDevVars(root: string, { serviceUrl, sandboxUrl }: Addresses): boolean {
  const path = join(root, '.dev.vars');
  if (existsSync(path)) return false;
  const merchant = generateKeys();
  const alipay = generateKeys();
  const wechatMerchant = generateKeys();
  const wechatPlatform = generateKeys();
  const serialNo = randomBytes(20).toString('hex').toUpperCase();
  const apiV3Key = randomBytes(16).toString('hex');
  const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
  write(path, 'Written by `npm start` for development: generated keys, and the sandbox as the world outside.', {
    PUBLIC_URL: serviceUrl,
    JWT_SECRET: randomBytes(32).toString('hex'),
    WEBHOOK_URL: `${sandboxUrl}/webhooks`,
    WEBHOOK_SECRET: webhookSecret,
    ALIPAY_APP_ID: APP_ID,
    ALIPAY_SELLER_ID: SELLER_ID,
    ALIPAY_GATEWAY_URL: `${sandboxUrl}/alipay/gateway.do`,
    ALIPAY_PRIVATE_KEY: base64(merchant.privateKey),
    ALIPAY_PUBLIC_KEY: base64(alipay.publicKey),
    PII_KEY: randomBytes(32).toString('base64'),
    WECHAT_APP_ID,
    WECHAT_MCH_ID,
    WECHAT_MCH_SERIAL_NO: serialNo,
    WECHAT_API_URL: sandboxUrl,
    WECHAT_PRIVATE_KEY: base64(wechatMerchant.privateKey),
    WECHAT_API_V3_KEY: apiV3Key,
    WECHAT_PLATFORM_KEYS: `'${JSON.stringify({ [WECHAT_PLATFORM_SERIAL]: base64(wechatPlatform.publicKey) })}'`,
  });
  write(join(root, SANDBOX_VARS), 'Written by `npm start`: the other side of the .dev.vars that was written with it.', {
    SANDBOX_MERCHANT_APP_ID: APP_ID,
    SANDBOX_MERCHANT_SELLER_ID: SELLER_ID,
    SANDBOX_MERCHANT_PUBLIC_KEY: quotedPem(merchant.publicKey),
    SANDBOX_ALIPAY_PRIVATE_KEY: quotedPem(alipay.privateKey),
    SANDBOX_WEBHOOK_SECRET: webhookSecret,
    SANDBOX_WECHAT_APP_ID: WECHAT_APP_ID,
    SANDBOX_WECHAT_MCH_ID: WECHAT_MCH_ID,
    SANDBOX_WECHAT_MCH_SERIAL_NO: serialNo,
    SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY: quotedPem(wechatMerchant.publicKey),
    SANDBOX_WECHAT_PLATFORM_SERIAL: WECHAT_PLATFORM_SERIAL,
    SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY: quotedPem(wechatPlatform.privateKey),
    SANDBOX_WECHAT_API_V3_KEY: apiV3Key,
  });
  return true;
}

function write(path: string, opening: string, vars: Record<string, string>): void {
  const lines = Object.entries(vars).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(path, `# ${opening}\n${lines.join('')}`, { mode: 0o600 });
}

function generateKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

/** The key on one line that needs no quotes. */
function base64(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, '');
}

/** The key as PEM on one line: between double quotes `\n` is read as the end of a line. */
function quotedPem(pem: string): string {
  return `"${pem.trim().replaceAll('\n', '\\n')}"`;
}
