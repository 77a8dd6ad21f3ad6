/** `npm start` in a folder like a fresh clone: what it prints works, and it leaves nothing behind. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { itemRow } from '../../src/core/catalog/catalog.ts';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { plainFields } from '../demo-rows/demo-row.ts';
import { demoRows } from '../demo-rows/index.ts';
import type { Addresses } from '../local/addresses.ts';
import { isPortInUse } from '../local/is-port-in-use.ts';
import { readVars } from '../local/read-vars.ts';
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

type Shown = readonly [title: string, ...shown: RegExp[]];

/** What each step of technician booking shows, in the order in which they are printed. */
const BOOKING: readonly Shown[] = [
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
  ['What Alipay has', /"capturedFen":19600/, /"refundedFen":19600/],
];

/** The same of the medical companion. */
const MEDICAL: readonly Shown[] = [
  ["Submit the document's order", /订单提交成功，请及时支付/, /^ID is \d+$/m, /^ORDER is \d{22}$/m],
  ['Start paying at WeChat', /"amount":299,/, /^TICKET is \{"appId":"wx.*"package":"prepay_id=.*"paySign":"[^"]+"\}$/m],
  [
    "Open WeChat's cashier",
    /^微信支付 · 全面体检套餐$/m,
    /^http:\/\/localhost:\d+\/wechat-pay\/cashier\?appId=.*&package=prepay_id%3D.*&paySign=/m,
  ],
  ['Pay in the cashier', /"capturedFen":29900/, /"accepted":true/],
  ['Look at the order', /"status":"paid"/, /"formData":\{"patientName":"张三"/, /"paymentMethod":"wechat_pay"/],
  ['List the paid orders', /"status":"paid"/, /"total":1,"page":1,"pageSize":10,"hasMore":false/],
  [
    'The operator looks',
    /"specialRequirements":"无特殊要求"/,
    /"commission":\{"referrerId":"2","amountFen":1495,"status":"accrued"/,
  ],
  ['The operator completes the order', /"status":"completed"/],
  ['The customer asks for 100.00', /"refundId":\d+,"message":"退款申请提交成功"/],
  [
    'The operator looks again',
    /"status":"requested","amountFen":10000,"reason":"服务不满意"/,
    /"referrerId":"2","amountFen":1495,"status":"payable"/,
    /^REFUND is \d{28}$/m,
  ],
  ['WeChat takes its time', /^\{"refunds":"at_once"\}$/],
  ['The operator approves the refund', /"refundNo":"\d{28}"/],
  [
    'Look again: refundInfo says refunded',
    /"status":"completed"/,
    /"refundAmount":100,"refundReason":"服务不满意","status":"refunded"/,
  ],
  ['Let WeChat take its time again', /^\{"refunds":"on_query"\}$/],
  ['Submit another order', /^ID is \d+$/m, /^ORDER is \d{22}$/m],
  ['Start paying it at WeChat, and at Alipay instead', /"package":"prepay_id=/, /"orderString":"[^"]*biz_content=/],
  ['Cancel it', /订单取消成功/],
  ['What WeChat has', /"refundedFen":10000,"state":"REFUND"/, /"refundedFen":0,"state":"CLOSED"/],
];

/** The same of recharge. */
const RECHARGE: readonly Shown[] = [
  ['Create an order of two', /"status":"pending_payment"/, /^ID is \d+$/m, /^ORDER is ORD\d{22}$/m],
  ['Start paying: a code', /^PAYMENT is ORD\d{26}$/m, /^CODE is weixin:\/\/wxpay\/bizpayurl/m],
  ['Scan it', /^微信支付 · 话费充值100元$/m, /^http:\/\/localhost:\d+\/wechat-pay\/cashier\?code_url=weixin%3a/im],
  ['Pay with the code', /"capturedFen":20000/, /"accepted":true/],
  ['The customer says so too', /"code":0,"message":"success"/],
  ['Look at the order', /"status":"pending_recharge"/],
  ['The operator splits it', /"split_order_ids":\[\d+,\d+\]/],
  ['List the parts', /"total":3/, /"total_amount":79.5/, /^ID is \d+$/m, /^ORDER is ORD\d{22}$/m],
  ['The operator hands the part', /"code":0/],
  ["Look at the operator's view", /"apiTradeNum":"TRADE123456"/],
  ['The recharge fails', /"code":0/],
  ['The operator gives the money', /"code":0/],
  ['The one before it', /^ID is \d+$/m, /"code":0[^]*"code":0/],
  ['List the orders again', /"status":"success"/, /"status":"split"/],
  ['Create another order, and cancel it', /"remark":"备注信息"/, /"code":0,"message":"success","data":null/],
];

/** The same of the print shop. */
const PRINT: readonly Shown[] = [
  ['Have a print job checked and priced', /《申报指南.docx》等共1个文件/, /^ORDER is \d{22}$/m],
  ['Start paying at Alipay: a form', /"payform":"<form id=/],
  ['Keep the form in a page', /^file:\/\/.*print-shop-cashier\.html$/m],
  ['Pay with the form', /"capturedFen":25/, /"accepted":true/],
  ['Ask how the payment goes', /"state":"PAID"/],
  ['Look at the order', /"username":"18945678900","nickname":"xxx"/, /"payway":"ALIPAY"/],
  ['The customer wants the money back', /^\{"result":"OK"\}$/m],
  ['The operator looks at the print order', /"reason":"不需要了"/, /^REFUND is \d{28}$/m],
  ['The operator approves the refund', /"refundNo":"\d{28}"/],
  ['Look at the counts', /"ALL":1,.*"REFUND":1/],
  ['Have another job checked', /^ORDER is \d{22}$/m],
  ['Start paying it at WeChat: the address', /^PICTURE is http:\/\/localhost:\d+\/API\/pay\/QRCode\?size=\d+&uri=/m],
  ['Get the picture', /^<svg /],
  ['Cancel the second job', /^\{"result":"OK"\}$/m],
  ['List all print orders', /"state":"CANCEL"/, /"state":"REFUNDED"/],
  ['What Alipay has', /"capturedFen":25/, /"refundedFen":25/],
];

/** The same of subscriptions. */
const SUBSCRIPTION: readonly Shown[] = [
  ['See what can be paid with', /"id":10,"name":"pay","payment":"AlipayF2F"/, /"id":12,/],
  ["Order the document's month", /^ORDER is \d{22}$/m],
  ['Start paying with method 10', /"type":0/, /^CODE is https:\/\/qr\.alipay\.com\//m],
  ['Scan it', /^收银台 · 基础套餐$/m, /^http:\/\/localhost:\d+\/alipay\/cashier\?code_url=https%3a/im],
  ['Pay with the code', /"capturedFen":10,/, /"accepted":true/],
  ['Look at the status', /^\{"data":3\}$/m],
  ['The operator puts 500 fen', /"balanceFen":500/, /"kind":"set","amountFen":500/, /"reason":"周年回馈"/],
  [
    'Change to plan 2',
    /^ORDER is \d{22}$/m,
    /"type":3/,
    // By how much depends on how long these steps have taken.
    /"total_amount":149[01],/,
    /"surplus_amount":(?:9|10),"refund_amount":null,"balance_amount":500,"surplus_order_ids":\[\d+\],"status":0/,
  ],
  [
    'Start paying with method 12',
    /"type":1,"data":"http:\/\/localhost:\d+\/alipay\//,
    /^CODE is weixin:\/\/wxpay\/bizpayurl/m,
  ],
  ['Scan it', /^微信支付 · 高级套餐$/m, /^http:\/\/localhost:\d+\/wechat-pay\/cashier\?code_url=weixin%3a/im],
  ['Pay with the code', /"capturedFen":149[01],/, /"accepted":true/],
  ['Look at all orders', /"payment_id":11,"type":3,.*"status":3/, /"payment_id":10,"type":1,.*"status":4/],
  ['Change to a year of plan 1', /"total_amount":0,"discount_amount":10,/, /"refund_amount":19\d\d,/],
  ['Check it out', /^\{"type":-1,"data":true\}$/m],
  ['Order another month', /^ORDER is \d{22}$/m, /^\{"data":true\}$/m],
  [
    'Look at the user',
    /"balanceFen":19\d\d,"ledger":\[/,
    /"kind":"returned".*"kind":"spent".*"kind":"credited".*"kind":"spent".*"kind":"set"/,
  ],
];

const SHOWN: readonly Shown[] = [
  ['Who is calling', /^$/],
  ...BOOKING,
  ...MEDICAL,
  ...RECHARGE,
  ...PRINT,
  ...SUBSCRIPTION,
  ['Run the cron now', /^ok$/],
  [
    'What the shop was told',
    /"arrivals":1/,
    /technician-booking/,
    /medical-companion/,
    /recharge/,
    /print-shop/,
    /subscription/,
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
    const outcomes = [...demo.output.matchAll(/^All of it worked: (.+)$/gm)].map(([, outcome]) => outcome);
    expect(outcomes.slice(0, -1)).toEqual(
      [19_600, 29_900, 20_000, 25].map((fen) => `${fen} fen were taken and given back.`),
    );
    expect(outcomes.at(-1)).toMatch(/^2000 fen were taken, 500 given back, and 14(?:89|90) are on the balance\.$/);
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
  [, ...shown]: Shown,
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
const SEALED = z.array(z.object({ row_name: z.string(), sealed: z.string() }));

describe('npm run db:demo', () => {
  test('brings changed rows back, and changes nothing the second time', async () => {
    expect(await rowsInPlain()).toEqual(wholeRows);
    change("UPDATE catalog_items SET removed_at_ms = 1 WHERE kind = 'technicians'");
    change("UPDATE catalog_items SET body = json_set(body, '$.tourPriceFen', 1) WHERE kind = 'booking-services'");
    const another = "SELECT sealed FROM personal_data WHERE row_name = 'catalog/patients/2'";
    change(`UPDATE personal_data SET sealed = (${another}) WHERE row_name = 'catalog/patients/1'`);
    change("DELETE FROM personal_data WHERE row_name = 'catalog/addresses/2'");
    change(`INSERT INTO balance_entries (user_id, seq, at_ms, kind, amount_fen, balance_fen, actor)
      VALUES ('2058', 2, 1, 'set', -299, 1, 'operator:9001')`);
    expect(await runScript(folder.root, 'test/local/load-demo-rows.ts')).toMatchObject({ code: 0 });
    const loaded = rowsOnSale(folder.root);
    expect(loaded.map(({ kind, id, body }) => ({ kind, id, body: parseJson(body) }))).toEqual(plainRows);
    expect(await rowsInPlain()).toEqual(wholeRows);
    expect(balancesOf('2058')).toEqual([300, 1, 300]);
    expect(balancesOf('2057').at(-1)).toBe(0);
    const ledgers = [balancesOf('2057'), balancesOf('2058')];
    expect(await runScript(folder.root, 'test/local/load-demo-rows.ts')).toMatchObject({ code: 0 });
    expect([balancesOf('2057'), balancesOf('2058')]).toEqual(ledgers);
    expect(rowsOnSale(folder.root)).toEqual(loaded);
    expect(await rowsInPlain()).toEqual(wholeRows);
  });

  test('loads the rows without what is personal where there is no .dev.vars', async () => {
    const { root, remove } = await freshFolder();
    try {
      expect(await runScript(root, 'test/local/load-demo-rows.ts')).toMatchObject({ code: 0 });
      const loaded = rowsOnSale(root).map(({ kind, id, body }) => ({ kind, id, body: parseJson(body) }));
      expect(loaded).toEqual(plainRows);
      expect(sealedTexts(root)).toEqual(new Map());
    } finally {
      await remove();
    }
  });
});

/** The demo rows in the database's order, with all fields; and without those that are only kept sealed. */
const wholeRows = demoRows.toSorted((left, right) =>
  `${left.kind} ${left.id}` < `${right.kind} ${right.id}` ? -1 : 1,
);
const plainRows = wholeRows.map((row) => ({ ...row, body: plainFields(row) }));

function change(sql: string): void {
  const database = openDatabase(folder.root);
  const { changes } = database.prepare(sql).run();
  database.close();
  expect(changes).toBeGreaterThan(0);
}

/** Without the users who have come by themselves: the demo's customers among them. */
function rowsOnSale(root: string): z.output<typeof ROWS> {
  const database = openDatabase(root);
  const sql = 'SELECT kind, id, body, version FROM catalog_items WHERE removed_at_ms IS NULL ORDER BY kind, id';
  const found = ROWS.parse(database.prepare(sql).all());
  database.close();
  return found.filter(({ kind, id }) => kind !== 'users' || demoRows.some((row) => row.kind === kind && row.id === id));
}

/** A user's balance after each row of their ledger. */
function balancesOf(userId: string): number[] {
  const database = openDatabase(folder.root);
  const sql = 'SELECT balance_fen AS fen FROM balance_entries WHERE user_id = ? ORDER BY seq';
  const found = z.array(z.object({ fen: z.int() })).parse(database.prepare(sql).all(userId));
  database.close();
  return found.map(({ fen }) => fen);
}

/** What is sealed of catalogue rows, by the name of the row. */
function sealedTexts(root: string): Map<string, string> {
  const database = openDatabase(root);
  const sql = "SELECT row_name, sealed FROM personal_data WHERE row_name LIKE 'catalog/%'";
  const found = SEALED.parse(database.prepare(sql).all());
  database.close();
  return new Map(found.map(({ row_name: row, sealed }) => [row, sealed]));
}

/** The rows with their sealed fields opened, by the key that the service has. */
async function rowsInPlain(): Promise<{ kind: string; id: string; body: unknown }[]> {
  const key = readVars(join(folder.root, '.dev.vars'))?.['PII_KEY'] ?? '';
  const vault = createVault({ current: key, previous: null });
  const sealed = sealedTexts(folder.root);
  return Promise.all(
    rowsOnSale(folder.root).map(async ({ kind, id, body }) => {
      const row = itemRow({ kind, id });
      const text = sealed.get(row);
      const personal = text === undefined ? {} : FIELDS.parse(parseJson(await vault.open(text, row)));
      return { kind, id, body: { ...FIELDS.parse(parseJson(body)), ...personal } };
    }),
  );
}

const FIELDS = z.record(z.string(), z.unknown());
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
