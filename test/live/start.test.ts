/** `npm start` in a folder like a fresh clone: what it prints works, and it leaves nothing behind. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { demoRows } from '../demo-rows/index.ts';
import type { Addresses } from '../local/addresses.ts';
import { isPortInUse } from '../local/is-port-in-use.ts';
import { waitUntil } from '../local/wait-until.ts';
import type { Step } from '../local/walkthrough.ts';
import { freeAddresses } from './free-addresses.ts';
import { freshFolder } from './fresh-folder.ts';
import { openDatabase } from './open-database.ts';
import { openShell } from './open-shell.ts';
import { readSteps } from './read-steps.ts';
import { type RunningScript, runScript, startScript } from './run-script.ts';

const START_MS = 120_000;
vi.setConfig({ testTimeout: START_MS });
const UP = 'Ctrl-C stops it all.';

let folder: Awaited<ReturnType<typeof freshFolder>>;
let addresses: Addresses;
let env: { PORT: string; SANDBOX_PORT: string };
let started: RunningScript;

beforeAll(async () => {
  folder = await freshFolder();
  addresses = await freeAddresses();
  env = { PORT: String(addresses.servicePort), SANDBOX_PORT: String(addresses.sandboxPort) };
  started = startScript(folder.root, 'test/local/start.ts', { env });
  await untilUp(started);
}, START_MS);

afterAll(async () => {
  started.signal('SIGTERM');
  await started.ended;
  await folder.remove();
}, START_MS);

async function untilUp(script: RunningScript): Promise<void> {
  let ended = false;
  void script.ended.then(() => (ended = true));
  await waitUntil('npm start is up', () => (ended || script.output().includes(UP) ? true : null), {
    withinMs: START_MS,
  });
  expect(script.output()).toContain(UP);
}

async function portsInUse(): Promise<boolean[]> {
  return Promise.all([isPortInUse(addresses.servicePort), isPortInUse(addresses.sandboxPort)]);
}

/** What each step shows, in the order in which they are printed. */
const SHOWN: readonly (readonly [title: string, ...shown: RegExp[]])[] = [
  ['Who is calling', /^$/],
  ['Place an order', /"order_amount":19600,"status":0/, /^ORDER is \d{22}$/m],
  ['List the orders', /"current_page":1/, /"service_item":\{/],
  ['Look at the order', /"status":0/, /"expire_at"/],
  ['Start paying', /成功了！/, /^PAYMENT is \d{26}$/m, /^ORDER_STR is .*biz_content=/m],
  [
    'Open the cashier',
    /^收银台 · 1号技师的项目二$/m,
    /^http:\/\/localhost:\d+\/alipay\/cashier\?.*biz_content=.*&sign=/m,
  ],
  ['Walk away', /取消成功/],
  ['Start paying again', /成功了！/, /^PAYMENT is \d{26}$/m],
  ['Press the button', /"capturedFen":19600/, /"accepted":true/],
  ['Look again: status 1', /"status":1/],
  ['The operator completes the order', /"status":"completed"/],
  ['The customer asks for the money back', /"pay_amount":19600/, /"status":0/],
  ['The operator looks at the order', /"log":\[/, /^REFUND is \d{28}$/m],
  ['The operator approves the refund', /"refundNo":"\d{28}"/],
  ['Look again: status 3', /"status":3/],
  ['Place another order', /^ORDER is \d{22}$/m],
  ['Delete it', /删除成功/],
  ['Run the cron now', /^ok$/],
  [
    'What the shop was told',
    /"webhooks|"arrivals":1/,
    /"refundedFen":19600/,
    /"configuration":"ok","database":"ok","cron":"ok"/,
  ],
];

describe('npm start', () => {
  test('writes keys and prints commands for the whole life of an order, and every one of them works', async () => {
    expect(started.output()).toContain('Wrote .dev.vars and test/sandbox/.dev.vars');
    const steps = readSteps(started.output());
    expect(steps.map(({ title }, nth) => title.startsWith(SHOWN[nth]?.[0] ?? '?'))).toEqual(SHOWN.map(() => true));
    const shell = openShell();
    try {
      for (const [nth, step] of steps.entries()) await follow(shell.run, step, SHOWN[nth] ?? ['?']);
    } finally {
      shell.close();
    }
  });

  test('runs the demo', async () => {
    const demo = await runScript(folder.root, 'test/local/demo.ts', { env });
    expect(demo.output).toContain('All of it worked: 19600 fen were taken and given back.');
    expect(demo.code).toBe(0);
  });

  test('is refused in words where a port is taken', async () => {
    const second = await runScript(folder.root, 'test/local/start.ts', { env });
    expect(second.output).toContain(`Port ${env.PORT} is in use.`);
    expect(second.code).toBe(1);
  });

  test('ends on Ctrl-C, and leaves nothing behind', async () => {
    started.signal('SIGINT');
    expect(await started.ended).toBe(0);
    expect(await portsInUse()).toEqual([false, false]);
  });

  test('is not up: the demo says so', async () => {
    const demo = await runScript(folder.root, 'test/local/demo.ts', { env });
    expect(demo.output).toContain(`Nobody answers at ${addresses.serviceUrl}.`);
    expect(demo.code).toBe(1);
  });
});

/** Types a step until it shows what it should: a refund that was approved takes a moment to come back from Alipay. */
async function follow(
  run: (lines: readonly string[]) => Promise<string>,
  { title, lines }: Step,
  [, ...shown]: (typeof SHOWN)[number],
): Promise<void> {
  let output = await run([`# ${title}`, ...lines]);
  if (title.startsWith('Look')) {
    await waitUntil(
      title,
      async () => {
        output = await run(lines);
        return shown.every((pattern) => pattern.test(output)) ? true : null;
      },
      { withinMs: 10_000 },
    );
  }
  for (const pattern of shown) expect(output).toMatch(pattern);
}

const ROWS = z.array(z.object({ kind: z.string(), id: z.string(), body: z.string(), version: z.int() }));

describe('npm run db:demo', () => {
  test('brings changed rows back, and changes nothing the second time', async () => {
    change("UPDATE catalog_items SET removed_at_ms = 1 WHERE kind = 'technicians'");
    change("UPDATE catalog_items SET body = json_set(body, '$.tourPriceFen', 1) WHERE kind = 'booking-services'");
    expect(await runScript(folder.root, 'test/local/load-demo-rows.ts')).toMatchObject({ code: 0 });
    const loaded = rowsOnSale();
    expect(loaded.map(({ kind, id, body }) => ({ kind, id, body: parseJson(body) }))).toEqual(
      demoRows.toSorted((left, right) => (`${left.kind} ${left.id}` < `${right.kind} ${right.id}` ? -1 : 1)),
    );
    expect(await runScript(folder.root, 'test/local/load-demo-rows.ts')).toMatchObject({ code: 0 });
    expect(rowsOnSale()).toEqual(loaded);
  });
});

function change(sql: string): void {
  const database = openDatabase(folder.root);
  database.exec(sql);
  database.close();
}

function rowsOnSale(): z.output<typeof ROWS> {
  const database = openDatabase(folder.root);
  const sql = 'SELECT kind, id, body, version FROM catalog_items WHERE removed_at_ms IS NULL ORDER BY kind, id';
  const found = ROWS.parse(database.prepare(sql).all());
  database.close();
  return found;
}

const parseJson = (text: string): unknown => JSON.parse(text);

describe('npm start, the second time', () => {
  test('leaves .dev.vars alone, and when one of the two cannot live it ends the other and fails', async () => {
    const vars = await readFile(join(folder.root, '.dev.vars'), 'utf8');
    const config = join(folder.root, 'test/sandbox/wrangler.toml');
    await rename(config, `${config}.gone`);
    const { code, output } = await runScript(folder.root, 'test/local/start.ts', { env });
    expect(output).toContain('Found a .dev.vars and left it as it is.');
    expect(output).toContain(`Alipay's gateway is ${addresses.sandboxUrl}/alipay/gateway.do.`);
    expect(output).toContain('The sandbox has ended by itself');
    expect(code).toBe(1);
    expect(await portsInUse()).toEqual([false, false]);
    expect(await readFile(join(folder.root, '.dev.vars'), 'utf8')).toBe(vars);
  });

  test('refuses a wrong .dev.vars in words, and does not touch it', async () => {
    const path = join(folder.root, '.dev.vars');
    await writeFile(path, 'JWT_SECRET=short\n');
    const { code, output } = await runScript(folder.root, 'test/local/start.ts', { env });
    expect(output).toContain('JWT_SECRET must have at least 32 characters (.dev.vars)');
    expect(code).toBe(1);
    expect(await readFile(path, 'utf8')).toBe('JWT_SECRET=short\n');
  });
});
