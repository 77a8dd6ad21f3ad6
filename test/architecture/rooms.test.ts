/** The house's import table: held over every file of `src`, and shown to catch what it is there to catch. */
import { describe, expect, test } from 'vitest';
import { forbiddenImports, ROOMS } from './rooms.ts';
import { filesOf, importsOf } from './source-files.ts';

const files = filesOf('src/**/*.ts');

test('every file of src imports only what its room allows', () => {
  expect(files.length).toBeGreaterThan(80);
  expect(forbiddenImports(files)).toEqual([]);
});

test('every relative import leads to a file', () => {
  const paths = new Set(files.map(({ path }) => path));
  const lost = files.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('src/') && !paths.has(name))
      .map((name) => `${file.path}: ${name}`),
  );
  expect(lost).toEqual([]);
});

test('every room is lived in, and every package of the table is used', () => {
  const idle = ROOMS.flatMap((room) => {
    const prefix = room.files.replace(/\*.*$/, '');
    const inside = files.filter(({ path }) => path.startsWith(prefix));
    const used = new Set(inside.flatMap((file) => importsOf(file)));
    const unused = room.packages.filter((name) => ![...used].some((one) => one === name || one.startsWith(`${name}/`)));
    return inside.length === 0 ? [`${room.files} is empty`] : unused.map((name) => `${room.files}: ${name}`);
  });
  expect(idle).toEqual([]);
});

describe('the table catches', () => {
  test.each([
    ['src/core/order/a.ts', "import { Hono } from 'hono';", 'hono'],
    ['src/core/order/a.ts', "import type { SQL } from 'drizzle-orm';", 'drizzle-orm'],
    ['src/core/order/a.ts', "import * as z from 'zod';", 'zod'],
    ['src/core/order/a.ts', "import { env } from 'cloudflare:workers';", 'cloudflare:workers'],
    ['src/core/order/a.ts', "import { randomUUID } from 'node:crypto';", 'node:crypto'],
    ['src/core/order/a.ts', "import { orders } from '../../db/schema.ts';", 'src/db/schema.ts'],
    ['src/core/order/a.ts', "import '../../http/callbacks.ts';", 'src/http/callbacks.ts'],
    ['src/core/order/a.ts', "export * from '../../env.ts';", 'src/env.ts'],
    ['src/core/order/a.ts', "const late = await import('../../compose.ts');", 'src/compose.ts'],
    ['src/core/order/a.ts', "type Late = import('../../app.ts').App;", 'src/app.ts'],
    ['src/core/order/a.ts', 'const late = await import(name);', '(computed)'],
    ['src/core/order/a.ts', "import {\n  one,\n  two,\n} from '../../jobs.ts';", 'src/jobs.ts'],
    ['src/dialects/recharge/routes.ts', "import { orders } from '../../db/schema.ts';", 'src/db/schema.ts'],
    [
      'src/dialects/recharge/routes.ts',
      "import { x } from '../print-shop/routes.ts';",
      'src/dialects/print-shop/routes.ts',
    ],
    ['src/dialects/recharge/routes.ts', "import { x } from '../index.ts';", 'src/dialects/index.ts'],
    [
      'src/dialects/recharge/routes.ts',
      "import { x } from '../../durable/order-gate.ts';",
      'src/durable/order-gate.ts',
    ],
    [
      'src/dialects/recharge/routes.ts',
      "import { x } from '../../providers/alipay/index.ts';",
      'src/providers/alipay/index.ts',
    ],
    ['src/dialects/recharge/routes.ts', "import { eq } from 'drizzle-orm';", 'drizzle-orm'],
    ['src/dialects/index.ts', "import { x } from './recharge/routes.ts';", 'src/dialects/recharge/routes.ts'],
    ['src/admin/routes.ts', "import { x } from '../dialects/recharge/index.ts';", 'src/dialects/recharge/index.ts'],
    ['src/admin/routes.ts', "import { x } from '../db/order-store.ts';", 'src/db/order-store.ts'],
    [
      'src/providers/alipay/index.ts',
      "import { x } from '../wechat-pay/index.ts';",
      'src/providers/wechat-pay/index.ts',
    ],
    ['src/providers/alipay/index.ts', "import { x } from '../../core/errors.ts';", 'src/core/errors.ts'],
    ['src/providers/alipay/index.ts', "import { Hono } from 'hono';", 'hono'],
    ['src/providers/alipay/index.ts', "import { AlipaySdk } from 'alipay-sdk';", 'alipay-sdk'],
    ['src/db/order-store.ts', "import { Hono } from 'hono/tiny';", 'hono/tiny'],
    ['src/db/order-store.ts', "import { x } from '../providers/alipay/index.ts';", 'src/providers/alipay/index.ts'],
    ['src/durable/order-gate.ts', "import { compose } from '../compose.ts';", 'src/compose.ts'],
    ['src/durable/order-gate.ts', "import { x } from '../providers/alipay/index.ts';", 'src/providers/alipay/index.ts'],
    ['src/http/callbacks.ts', "import { x } from '../db/order-store.ts';", 'src/db/order-store.ts'],
    ['src/http/callbacks.ts', "import { x } from '../env.ts';", 'src/env.ts'],
    ['src/webhook/sender.ts', "import { Webhook } from 'standardwebhooks';", 'standardwebhooks'],
    ['src/compose.ts', "import { x } from './providers/alipay/client.ts';", 'src/providers/alipay/client.ts'],
    ['src/app.ts', "import { createAlipay } from './providers/alipay/index.ts';", 'src/providers/alipay/index.ts'],
    ['src/index.ts', "import { compose } from './compose.ts';", 'src/compose.ts'],
    ['src/core/order/a.ts', "import { x } from '../../../test/harness/shop.ts';", 'test/harness/shop.ts'],
    ['src/db/order-store.ts', "import { x } from 'drizzle-orm-of-another';", 'drizzle-orm-of-another'],
  ])('%s: %s', (path, text, name) => {
    expect(forbiddenImports([{ path, text }])).toEqual([`${path} imports ${name}`]);
  });

  test('a file that belongs nowhere', () => {
    expect(forbiddenImports([{ path: 'src/cache/store.ts', text: '' }])).toEqual(['src/cache/store.ts is in no room']);
    expect(forbiddenImports([{ path: 'src/worker.ts', text: '' }])).toEqual(['src/worker.ts is in no room']);
  });
});

describe('the table lets be', () => {
  test.each([
    ['src/core/order/a.ts', "import { x } from '../money.ts';\nimport type { Y } from './order.ts';"],
    ['src/core/order/a.ts', "/**\n * import { x } from 'hono';\n */\n// import 'hono';\nconst text = `from 'hono'`;"],
    ['src/core/order/a.ts', "export const from = 'hono';"],
    ['src/dialects/recharge/routes.ts', "import { x } from './schema.ts';\nimport { Hono } from 'hono';"],
    ['src/providers/wechat-pay/index.ts', "import { Fen } from '../../core/money.ts';\nimport * as z from 'zod';"],
    ['src/db/order-store.ts', "import { drizzle } from 'drizzle-orm/d1';"],
    ['src/durable/order-gate.ts', "import { DurableObject } from 'cloudflare:workers';"],
    ['src/compose.ts', "import { createWechatPay } from './providers/wechat-pay/index.ts';"],
  ])('%s: %s', (path, text) => {
    expect(forbiddenImports([{ path, text }])).toEqual([]);
  });
});
