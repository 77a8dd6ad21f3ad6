/** Two projects: `workers` runs in workerd against real D1 and real Durable Objects, `node` holds what only Node can. */
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = `${dirname(import.meta.dirname)}/`;
const migrations = await readD1Migrations(`${root}migrations`);

/** A fresh key pair for each run: nothing that signs anything is ever committed. */
function keyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}
const merchant = keyPair();
const alipay = keyPair();
const wechatMerchant = keyPair();
const wechatPlatform = keyPair();
const wechatNextPlatform = keyPair();

/** WeChat Pay signs under the id of its public key; while a merchant changes keys, under a certificate's serial too. */
const PLATFORM_SERIAL = 'PUB_KEY_ID_0119000000012022112200000001';
const NEXT_PLATFORM_SERIAL = '7132D72A03E93CDDF8C03BBD1F37EEDF0123ABCD';
const wechatPay = {
  appId: 'wx0123456789abcdef',
  mchId: '1900000001',
  mchSerialNo: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  apiV3Key: randomBytes(16).toString('hex'),
};

export default defineConfig({
  root,
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            main: `${root}src/index.ts`,
            wrangler: { configPath: `${root}wrangler.toml` },
            miniflare: {
              bindings: {
                // Each value is said here, so that a developer's own .dev.vars changes no test.
                DIALECTS: '',
                ORDER_TTL_SECONDS: '1800',
                PAYMENT_TTL_SECONDS: '120',
                REFUND_APPROVAL: 'manual',
                CORS_ORIGINS: '',
                JWKS_URL: '',
                PUBLIC_URL: 'https://orders.example',
                JWT_SECRET: randomBytes(32).toString('hex'),
                WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
                WEBHOOK_URL: 'https://shop.example/hooks',
                ALIPAY_APP_ID: '2021003133619168',
                ALIPAY_SELLER_ID: '2088102146225135',
                ALIPAY_GATEWAY_URL: 'https://alipay.example/gateway.do',
                ALIPAY_PRIVATE_KEY: merchant.privateKey,
                ALIPAY_PUBLIC_KEY: alipay.publicKey,
                PII_KEY: randomBytes(32).toString('base64'),
                PII_KEY_PREVIOUS: '',
                WECHAT_APP_ID: wechatPay.appId,
                WECHAT_MCH_ID: wechatPay.mchId,
                WECHAT_MCH_SERIAL_NO: wechatPay.mchSerialNo,
                WECHAT_API_URL: 'https://wechat.example',
                WECHAT_PRIVATE_KEY: wechatMerchant.privateKey,
                WECHAT_API_V3_KEY: wechatPay.apiV3Key,
                WECHAT_PLATFORM_KEYS: JSON.stringify({
                  [PLATFORM_SERIAL]: wechatPlatform.publicKey,
                  [NEXT_PLATFORM_SERIAL]: wechatNextPlatform.publicKey,
                }),
                // What only the pretend outside world and the test files read.
                TEST_MIGRATIONS: migrations,
                SANDBOX_MERCHANT_PUBLIC_KEY: merchant.publicKey,
                SANDBOX_ALIPAY_PRIVATE_KEY: alipay.privateKey,
                SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY: wechatMerchant.publicKey,
                SANDBOX_WECHAT_PLATFORM_SERIAL: PLATFORM_SERIAL,
                SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY: wechatPlatform.privateKey,
                SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL: NEXT_PLATFORM_SERIAL,
                SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY: wechatNextPlatform.privateKey,
              },
            },
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/{core,conformance,providers,workers}/**/*.test.ts'],
          setupFiles: ['test/harness/apply-migrations.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/{architecture,outside,live}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
