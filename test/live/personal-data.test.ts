/** The real service's disk and output after busy days: whoever steals them reads nothing that somebody said. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { findTexts } from '../harness/find-texts.ts';
import type { Addresses } from '../local/addresses.ts';
import { fireCron } from '../local/fire-cron.ts';
import { loadDemoRows } from '../local/load-demo-rows.ts';
import { readVars } from '../local/read-vars.ts';
import { signToken } from '../local/sign-token.ts';
import { type RunningWorker, startWorker } from '../local/start-worker.ts';
import { waitUntil } from '../local/wait-until.ts';
import { SANDBOX_VARS, writeDevVars } from '../local/write-dev-vars.ts';
import { freeAddresses } from './free-addresses.ts';
import { freshFolder } from './fresh-folder.ts';
import { openDatabase } from './open-database.ts';
import { serveSandbox } from './serve-sandbox.ts';

const START_MS = 60_000;

/** What people say here, in words that stand nowhere else on this machine. */
const SAID = {
  userName: '欧阳金丝雀',
  userPhone: '13755501771',
  patientName: '司马黄鹂🐤',
  patientPhone: '18699208863',
  address: '上海市静安区画眉弄七十七号',
  date: '2031-07-17',
  time: '下午七点半的钟声响时',
  requirements: '请带轮椅🐥从后门进来',
  form: '青霉素过敏，不要告诉家属',
  openId: 'oCanary77AJO_M2pxb1Q9zNjWeS6',
  otherOpenId: 'oFinch777AJO_M2pxb1Q9zNjWeS6',
  cancelReason: '我改约了别家的李医生',
  operatorsCancelReason: '客人在电话里说要住院了',
  refundReason: '陪诊员迟到还发火🤬',
  rejectReason: '客人当时不在医院门口',
  approveReason: '客人出示了住院证明',
  ownRefundReason: '代客人垫付的挂号费用',
  remark: '已在住院部三楼接到客人',
  refused: '不该留下来的话🐦15377204419',
  /** Said after the keys were changed. */
  later: '换了钥匙以后才说的话🔑',
} as const;
const ALL_SAID = Object.values(SAID);
/** What is shown to everybody, and stands in plain: whoever does not find this would find nothing. */
const TITLE = '白头翁陪诊套餐';

const PERSON = { userId: 77_001, patientId: 77_002, addressId: 77_003 };
const SERVICE_ID = 77_004;

let folder: Awaited<ReturnType<typeof freshFolder>>;
let addresses: Addresses;
let sandbox: Awaited<ReturnType<typeof serveSandbox>> | null = null;
let worker: RunningWorker | null = null;
let tokens: { customer: string; operator: string; booking: string };
/** All that the service has printed. */
const lines: string[] = [];
/** All that it has answered to what it refused. */
const refusals: string[] = [];

beforeAll(async () => {
  folder = await freshFolder();
  addresses = await freeAddresses();
  writeDevVars(folder.root, addresses);
  const secret = readVars(join(folder.root, '.dev.vars'))?.['JWT_SECRET'] ?? '';
  tokens = {
    customer: await signToken(secret, { userId: String(PERSON.userId), days: 1 }),
    operator: await signToken(secret, { userId: '9001', role: 'operator', days: 1 }),
    booking: await signToken(secret, { userId: '50373883813', days: 1 }),
  };
  await loadDemoRows(folder.root);
  sandbox = await serveSandbox(readVars(join(folder.root, SANDBOX_VARS)) ?? {}, addresses.sandboxPort);
}, 2 * START_MS);

afterAll(async () => {
  await worker?.kill();
  await sandbox?.close();
  await folder.remove();
}, START_MS);

async function startService(): Promise<void> {
  const { servicePort: port, serviceUrl } = addresses;
  worker = startWorker(folder.root, { config: 'wrangler.toml', port, onLine: (line) => lines.push(line) });
  const isUp = async (): Promise<true | null> => ((await fetch(`${serviceUrl}/health`)).ok ? true : null);
  await waitUntil('the service answers', isUp, { withinMs: START_MS });
}

/** What a caller sends: JSON, unless it is a text of its own type. */
type Sent = { as?: keyof typeof tokens; method?: string; json?: unknown; text?: string; type?: string };

async function ask(path: string, { as = 'customer', method, json, text, type }: Sent = {}) {
  const body = text ?? (json === undefined ? null : JSON.stringify(json));
  const response = await fetch(`${addresses.serviceUrl}${path}`, {
    method: method ?? (body === null ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${tokens[as]}`, ...(body !== null && { 'content-type': type ?? JSON_TYPE }) },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** What must go well; gives the answer. */
async function must(path: string, sent: Sent = {}): Promise<unknown> {
  const { status, text } = await ask(path, sent);
  if (status !== 200 && status !== 201) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text);
}

const operate = (path: string, json: unknown, method = 'POST') =>
  must(`/admin${path}`, { as: 'operator', method, json });

const placed = z.object({ data: z.object({ orderId: z.int(), orderNo: z.string() }) });
const started = z.object({ data: z.object({ paymentParams: z.record(z.string(), z.string()) }) });
const history = z.object({ refunds: z.array(z.object({ refundNo: z.string(), status: z.string() })) });
type Placed = z.output<typeof placed>['data'];

async function placeSaying(): Promise<Placed> {
  const json = {
    ...PERSON,
    serviceId: SERVICE_ID,
    appointmentDate: SAID.date,
    appointmentTime: SAID.time,
    specialRequirements: SAID.requirements,
    formData: { patientName: SAID.patientName, patientPhone: SAID.patientPhone, notes: [SAID.form] },
  };
  return placed.parse(await must('/api/order/submit', { json })).data;
}

/** Opens the cashier as somebody, and pays there; the shop has been told of it when this is over. */
async function payAs({ orderId }: Placed, openId: string): Promise<void> {
  const json = { paymentMethod: 'wechat_pay', openId };
  const ticket = started.parse(await must(`/api/order/pay/${orderId}`, { json })).data.paymentParams;
  const response = await fetch(`${addresses.sandboxUrl}/wechat-pay/cashier/pay`, {
    method: 'POST',
    headers: { accept: JSON_TYPE, 'content-type': FORM_TYPE },
    body: new URLSearchParams({ ticket: JSON.stringify(ticket) }).toString(),
  });
  expect(await response.json()).toMatchObject({ ok: true, deliveries: [{ accepted: true }] });
}

async function waitingRefund(orderNo: string): Promise<string> {
  const { refunds } = history.parse(await must(`/admin/orders/${orderNo}`, { as: 'operator' }));
  return refunds.find(({ status }) => status === 'requested')?.refundNo ?? 'none waits';
}

async function keepRows(): Promise<void> {
  const userId = String(PERSON.userId);
  const rows = {
    [`medical-services/${SERVICE_ID}`]: { title: TITLE, description: '半天', priceFen: 29_900 },
    [`users/${userId}`]: { name: SAID.userName, phone: SAID.userPhone },
    [`patients/${PERSON.patientId}`]: { userId, name: SAID.patientName, phone: SAID.patientPhone },
    [`addresses/${PERSON.addressId}`]: { userId, address: SAID.address },
  };
  for (const [path, body] of Object.entries(rows)) await operate(`/catalog/${path}`, body, 'PUT');
}

/** Orders of the medical companion, one paid and given back in parts and two that come to nothing. */
async function liveThrough(): Promise<Placed> {
  const paid = await placeSaying();
  const json = { paymentMethod: 'wechat_pay', openId: SAID.otherOpenId };
  await must(`/api/order/pay/${paid.orderId}`, { json });
  await payAs(paid, SAID.openId);
  const refund = { reason: SAID.refundReason, refundAmount: 1 };
  await operate(`/orders/${paid.orderNo}/fulfilment`, { to: 'in_progress', remark: SAID.remark });
  await must(`/api/order/refund/${paid.orderId}`, { json: refund });
  await operate(`/refunds/${await waitingRefund(paid.orderNo)}/reject`, { reason: SAID.rejectReason });
  await must(`/api/order/refund/${paid.orderId}`, { json: refund });
  await operate(`/refunds/${await waitingRefund(paid.orderNo)}/approve`, { reason: SAID.approveReason });
  const mine = await placeSaying();
  await must(`/api/order/cancel/${mine.orderId}`, { json: { reason: SAID.cancelReason } });
  const theirs = await placeSaying();
  await operate(`/orders/${theirs.orderNo}/cancel`, { reason: SAID.operatorsCancelReason });
  return paid;
}

const booked = z.object({ data: z.object({ order_id: z.string() }) });
const slip = z.object({ data: z.object({ order_str: z.string() }) });

/** An order of the technician booking, paid at Alipay and given back by an operator. */
async function book(): Promise<void> {
  const order = { service_id: 2, technician_id: 2, order_duration: 1, pay_type: 1 };
  const { order_id: orderNo } = booked.parse(await must('/V1/order', { as: 'booking', json: order })).data;
  const opened = slip.parse(await must('/V1/order/pay', { as: 'booking', json: { order_id: orderNo } })).data;
  await fetch(`${addresses.sandboxUrl}/alipay/cashier/pay`, {
    method: 'POST',
    headers: { accept: JSON_TYPE, 'content-type': FORM_TYPE },
    body: new URLSearchParams({ order_string: opened.order_str }).toString(),
  });
  await operate(`/orders/${orderNo}/refunds`, { amountFen: 1, reason: SAID.ownRefundReason });
}

/**
 * Bodies that are wrong in every way, and hold what must not be left anywhere. Addresses hold nothing of it: the
 * platform writes them down, and no call takes in its address what somebody says.
 */
async function getItWrong({ orderId }: Placed): Promise<void> {
  const { refused } = SAID;
  const inForm = encodeURIComponent(refused);
  const wrong: [path: string, sent: Sent][] = [
    ['/api/order/submit', { json: { ...PERSON, serviceId: SERVICE_ID, formData: refused } }],
    ['/api/order/submit', { json: { ...PERSON, specialRequirements: [refused] } }],
    ['/api/order/submit', { text: `{"formData": {"a": "${refused}` }],
    ['/api/order/submit', { text: refused }],
    ['/api/order/submit', { text: refused, type: 'text/plain' }],
    ['/api/order/submit', { text: `formData=${inForm}`, type: FORM_TYPE }],
    ['/api/order/submit', { json: { formData: { a: refused.repeat(4000) } } }],
    [`/api/order/pay/${orderId}`, { json: { paymentMethod: 'wechat_pay', openId: `${refused} ${refused}` } }],
    [`/api/order/cancel/${orderId}`, { json: { reason: { said: refused } } }],
    [`/api/order/refund/${orderId}`, { json: { reason: refused, refundAmount: refused } }],
    [`/api/order/refund/${orderId}`, { json: { reason: refused, refundAmount: 100_000 } }],
    [`/api/order/list?userId=${PERSON.userId}`, { text: refused }],
    [`/admin/catalog/users/${PERSON.userId}`, { as: 'operator', method: 'PUT', json: { name: refused, phone: 1 } }],
    ['/admin/catalog/nothing/1', { as: 'operator', method: 'PUT', json: { name: refused } }],
    ['/admin/orders/2024/cancel', { as: 'operator', json: { reason: refused } }],
    ['/callback/wechat', { json: { said: refused } }],
    ['/callback/alipay', { text: `said=${inForm}`, type: FORM_TYPE }],
  ];
  for (const [path, sent] of wrong) {
    const { status, text } = await ask(path, sent);
    if (status < 400 && !path.startsWith('/callback/')) throw new Error(`${path} was not refused: ${status}`);
    refusals.push(text);
  }
}

/** Every file below the folder where the service keeps its state, and what Wrangler keeps beside it. */
async function filesOfService(): Promise<string[]> {
  const root = join(folder.root, '.wrangler');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Each of the texts that is in a file, with the file and the form. */
async function findOnDisk(texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesOfService()) {
    const inFile = findTexts(await readFile(file), texts);
    found.push(...inFile.map((text) => `${file.slice(folder.root.length)}: ${text}`));
  }
  return found;
}

const inText = (text: string, texts: readonly string[] = ALL_SAID) => findTexts(Buffer.from(text), texts);

/** The keys that something is sealed with, and how many texts there are. */
function sealedWith(): { keys: unknown[]; texts: number } {
  const database = openDatabase(folder.root);
  const rows = database.prepare('SELECT key_id AS id, count(*) AS texts FROM personal_data GROUP BY 1').all();
  database.close();
  return { keys: rows.map(({ id }) => id), texts: rows.reduce((sum, { texts }) => sum + Number(texts), 0) };
}

/** Puts a new key in front of the one in use. */
async function changeKey(): Promise<void> {
  const path = join(folder.root, '.dev.vars');
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  const vars = await readFile(path, 'utf8');
  await writeFile(path, vars.replace(/^PII_KEY=(.*)$/m, `PII_KEY=${key}\nPII_KEY_PREVIOUS=$1`));
}

/** Forms that Node writes by itself, which the search must know without having been told how. */
const SPELLINGS: Readonly<Record<string, (text: string) => Buffer | string>> = {
  'as it is': (text) => text,
  'in UTF-16': (text) => Buffer.from(text, 'utf16le'),
  'in UTF-16, the other way round': (text) => Buffer.from(text, 'utf16le').swap16(),
  'in JSON': (text) => JSON.stringify({ text }),
  'in JSON, escaped': (text) => JSON.stringify(text).replaceAll(/[^ -~]/g, escapeUnit),
  'in an address': (text) => new URL(`http://localhost/?said=${text}`).search,
  'in a form': (text) => new URLSearchParams({ text }).toString(),
  'in hex': (text) => Buffer.from(text).toString('hex'),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64, a byte on': (text) => Buffer.from(`x${text}y`).toString('base64'),
  'in base64, two bytes on': (text) => Buffer.from(`xx${text}`).toString('base64'),
  'in base64 of addresses': (text) => Buffer.from(`xx${text}y`).toString('base64url'),
};
const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

describe('the search', () => {
  test.each(Object.entries(SPELLINGS))('finds what was put on the disk on purpose, %s', async (_spelling, write) => {
    const written = ALL_SAID.map(write).map((one) => (typeof one === 'string' ? Buffer.from(one) : one));
    const file = join(folder.root, '.wrangler', 'on-purpose');
    await writeFile(file, Buffer.concat(written.flatMap((one) => [Buffer.from([0xff, 0, 0x80]), one])));
    const expected = ALL_SAID.map((text): unknown => expect.stringContaining(`/on-purpose: ${text} (`));
    const found = await findOnDisk(ALL_SAID);
    await rm(file);
    expect(found).toEqual(expected);
  });

  test('takes nothing for what it is not', async () => {
    const file = join(folder.root, '.wrangler', 'on-purpose');
    await writeFile(file, ALL_SAID.map((text) => text.slice(1)).join('\n'));
    const found = await findOnDisk(ALL_SAID);
    await rm(file);
    expect(found).toEqual([]);
  });
});

describe('a service that has been busy, and was killed', () => {
  let paid: Placed;
  let shown = '';
  let webhooks = '';
  beforeAll(async () => {
    await startService();
    await keepRows();
    paid = await liveThrough();
    await book();
    await getItWrong(paid);
    await fireCron(addresses.serviceUrl);
    webhooks = await (await fetch(`${addresses.sandboxUrl}/webhooks`)).text();
    shown = (await ask(`/admin/orders/${paid.orderNo}`, { as: 'operator' })).text;
    await worker?.kill();
    worker = null;
  }, 2 * START_MS);

  test('knew all of it, and showed it to an operator', () => {
    const said = [SAID.requirements, SAID.form, SAID.remark, SAID.refundReason, SAID.rejectReason, SAID.approveReason];
    expect(inText(shown, said)).toHaveLength(said.length);
  });

  test('has left nothing that was said on its disk: not in the database, its log, or beside it', async () => {
    const files = await filesOfService();
    const ofDatabase = files.filter((file) => file.includes('/d1/'));
    expect(ofDatabase.map((file) => file.replace(/.*\./, ''))).toEqual(
      expect.arrayContaining(['sqlite', 'sqlite-wal']),
    );
    expect(await findOnDisk(ALL_SAID)).toEqual([]);
  });

  test('has left there what everybody may see, and all that is sealed', async () => {
    expect((await findOnDisk([TITLE])).filter((found) => found.includes('/d1/'))).not.toEqual([]);
    expect(sealedWith().texts).toBeGreaterThan(12);
  });

  test('has printed nothing of it', () => {
    const output = lines.join('\n');
    expect(output).toContain('/api/order/submit');
    expect(inText(output)).toEqual([]);
  });

  test('has told the shop nothing of it', () => {
    expect(webhooks).toContain(paid.orderNo);
    expect(inText(webhooks)).toEqual([]);
  });

  test('has repeated nothing of it to those whom it refused', () => {
    expect(refusals.length).toBeGreaterThan(15);
    expect(inText(refusals.join('\n'))).toEqual([]);
  });
});

describe('the same service under another key', () => {
  test(
    'seals all of it anew, leaves nothing of it in plain on the way, and shows it again',
    async () => {
      const before = sealedWith();
      await changeKey();
      const printed = lines.length;
      await startService();
      const later = await placeSaying();
      await must(`/api/order/cancel/${later.orderId}`, { json: { reason: SAID.later } });
      await fireCron(addresses.serviceUrl);
      await operate('/catalog/users/77005', { name: SAID.later, phone: SAID.userPhone }, 'PUT');
      const shown = await Promise.all([
        ask(`/admin/orders/${later.orderNo}`, { as: 'operator' }),
        ask(`/admin/catalog/patients/${PERSON.patientId}`, { as: 'operator' }),
        ask(`/admin/catalog/addresses/${PERSON.addressId}`, { as: 'operator' }),
      ]);
      const said = [SAID.later, SAID.requirements, SAID.patientPhone, SAID.address];
      expect(inText(shown.map(({ text }) => text).join('\n'), said)).toHaveLength(said.length);
      await worker?.kill();
      worker = null;

      const after = sealedWith();
      expect(after.texts).toBe(before.texts + 3);
      expect([before.keys.length, after.keys.length]).toEqual([1, 1]);
      expect(after.keys).not.toEqual(before.keys);
      expect(lines.slice(printed).join('\n')).toContain('personal_data_resealed');
      expect(await findOnDisk(ALL_SAID)).toEqual([]);
      expect(inText(lines.join('\n'))).toEqual([]);
    },
    2 * START_MS,
  );
});
