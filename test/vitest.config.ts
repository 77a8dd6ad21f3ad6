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
                PUBLIC_URL: 'https://orders.example',
                JWT_SECRET: randomBytes(32).toString('hex'),
                WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
                WEBHOOK_URL: 'https://shop.example/hooks',
                ALIPAY_APP_ID: '2021003133619168',
                ALIPAY_SELLER_ID: '2088102146225135',
                ALIPAY_GATEWAY_URL: 'https://alipay.example/gateway.do',
                ALIPAY_PRIVATE_KEY: merchant.privateKey,
                ALIPAY_PUBLIC_KEY: alipay.publicKey,
                // What only the pretend outside world and the test files read.
                TEST_MIGRATIONS: migrations,
                SANDBOX_MERCHANT_PUBLIC_KEY: merchant.publicKey,
                SANDBOX_ALIPAY_PRIVATE_KEY: alipay.privateKey,
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
