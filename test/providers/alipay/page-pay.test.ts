/** A payment in a browser: the link, the form and what it posts, and both at the pretend Alipay, written apart from ours. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { createVerify } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { PaymentProvider, PrepayAnswer, PrepayKind, PrepayRequest } from '../../../src/core/payment/provider.ts';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import { type AlipayGateway, createAlipayGateway } from '../../sandbox/alipay/gateway.ts';
import { CODE_URL, CONFIG, NOW_MS, ORDER, OUT_TRADE_NO, providerWith } from './signed-gateway.ts';

const KINDS = ['html_form', 'redirect_url'] as const satisfies readonly PrepayKind[];
type Kind = (typeof KINDS)[number];

/** What the client is given. */
function givenIn(answer: PrepayAnswer): string {
  if (answer.status !== 'ready') throw new Error(`not ready: ${answer.cause}`);
  expect(answer.handle).toBeNull();
  if (answer.prepay.kind === 'html_form') return answer.prepay.form;
  if (answer.prepay.kind === 'redirect_url') return answer.prepay.url;
  throw new Error(`nothing for a page: ${answer.prepay.kind}`);
}

async function prepare(kind: Kind, change: Partial<PrepayRequest> = {}): Promise<string> {
  const { provider, calls } = providerWith({});
  const answer = await provider.prepay({ ...ORDER, kind, ...change });
  expect(answer).toMatchObject({ status: 'ready', prepay: { kind } });
  expect(calls).toEqual([]);
  return givenIn(answer);
}

const ENTITIES = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);

/** A value as it stands in HTML, read; a bare `&` is one that a browser may take for something else. */
function decodeHtml(text: string): string {
  return text.replaceAll(/&(?:#?\w+;)?/g, (entity) => {
    const character = ENTITIES.get(entity);
    if (character === undefined) throw new Error(`not escaped: ${entity}`);
    return character;
  });
}

type Element = { name: string; attributes: Record<string, string> };

/** Every element of the HTML, and all text between them. */
async function readHtml(html: string) {
  const elements: Element[] = [];
  let text = '';
  const rewriter = new HTMLRewriter().on('*', {
    element({ tagName, attributes }) {
      const pairs = Array.from(attributes, ([name = '', value = '']) => [name, decodeHtml(value)]);
      elements.push({ name: tagName, attributes: Object.fromEntries(pairs) });
    },
  });
  rewriter.onDocument({
    text(chunk) {
      text += chunk.text;
    },
  });
  await rewriter.transform(new Response(html)).text();
  return { elements, text };
}

/** Where a browser goes with what the client was given, and what it posts there. */
async function browse(kind: Kind, given: string): Promise<{ address: string; form: URLSearchParams }> {
  if (kind === 'redirect_url') return { address: given, form: new URLSearchParams() };
  const { elements } = await readHtml(given);
  const fields = elements.filter(({ name }) => name === 'input');
  const form = new URLSearchParams(fields.map(({ attributes: { name = '', value = '' } }) => [name, value]));
  return { address: elements[0]?.attributes['action'] ?? '', form };
}

/** What arrives at the gateway, where, and the content in it. */
async function arrive(kind: Kind, change: Partial<PrepayRequest> = {}) {
  const { address, form } = await browse(kind, await prepare(kind, change));
  const parameters = new URLSearchParams([...new URL(address).searchParams, ...form]);
  const content: Record<string, string> = JSON.parse(parameters.get('biz_content') ?? '{}');
  return { address, form, parameters, content };
}

describe.each(KINDS)('%s', (kind) => {
  test('says what is to be paid, to whom, and until when, without asking the gateway', async () => {
    const { address, parameters, content } = await arrive(kind);
    expect(address.startsWith(`${CONFIG.gatewayUrl}?`)).toBe(true);
    const { sign, biz_content: _content, ...rest } = Object.fromEntries(parameters);
    expect(rest).toEqual({
      method: 'alipay.trade.page.pay',
      app_id: CONFIG.appId,
      charset: 'utf-8',
      version: '1.0',
      sign_type: 'RSA2',
      timestamp: '2022-11-22 16:37:20',
      format: 'JSON',
      notify_url: CONFIG.notifyUrl,
    });
    expect(content).toEqual({
      subject: '1号技师的项目二',
      out_trade_no: OUT_TRADE_NO,
      total_amount: '196.00',
      product_code: 'FAST_INSTANT_TRADE_PAY',
      time_expire: '2022-11-22 16:39:20',
    });
    expect(sign).toHaveLength(344);
  });

  test('is signed with the merchant key, over the raw values, sign_type among them', async () => {
    const { parameters } = await arrive(kind, { subject: 'tea + 50 % off, 😀 "quoted" \\' });
    const text = [...parameters]
      .filter(([name]) => name !== 'sign')
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join('&');
    const verifier = createVerify('RSA-SHA256').update(text, 'utf8');
    expect(verifier.verify(env.SANDBOX_MERCHANT_PUBLIC_KEY, parameters.get('sign') ?? '', 'base64')).toBe(true);
  });

  test.each([
    ['<b>"甲"</b>', '<b>"甲"<b>'],
    [`茶 'green' <script>alert("1")</script>`, `茶 'green' <script>alert("1")<script>`],
    ['&lt;tea&gt; &amp; &#x22;', 'lt;teagt; amp; #x22;'],
    ['"><input name="biz_content" value="{}">', '"><input name"biz_content" value"{}">'],
    ["' onmouseover='", "' onmouseover'"],
    ['', OUT_TRADE_NO],
    ['字'.repeat(257), '字'.repeat(256)],
    ['a\r\nb\u0000c\ud800', 'a\r\nb\u0000c\ud800'],
  ])('shows the subject %j as %j', async (subject, shown) => {
    expect((await arrive(kind, { subject })).content['subject']).toBe(shown);
  });

  test.each([
    [1, '0.01'],
    [110, '1.10'],
    [10_000_000_000, '100000000.00'],
  ])('writes %d fen as %s yuan', async (amountFen, yuan) => {
    expect((await arrive(kind, { amountFen })).content['total_amount']).toBe(yuan);
  });

  test.each([
    ['the last second of a Beijing day', Date.UTC(2022, 10, 22, 15, 59, 59), '2022-11-22 23:59:59'],
    ['the first second of a year', Date.UTC(2022, 11, 31, 16, 0, 0), '2023-01-01 00:00:00'],
    ['a fraction of a second, which is never rounded up', Date.UTC(2022, 10, 22, 8, 0, 0, 999), '2022-11-22 16:00:00'],
  ])('expires at %s', async (_name, payableUntilMs, shown) => {
    expect((await arrive(kind, { payableUntilMs })).content['time_expire']).toBe(shown);
  });

  test('is signed anew, whatever was kept', async () => {
    expect(await prepare(kind, { handle: CODE_URL })).toBe(await prepare(kind));
  });

  test.each([
    ['the amount 0', { amountFen: 0 }],
    ['half a fen', { amountFen: 1.5 }],
    ['more than anything may cost', { amountFen: 10_000_000_001 }],
    ['an empty payment number', { outTradeNo: '' }],
    ['a payment number that is HTML', { outTradeNo: '"><script>' }],
  ])('refuses %s', async (_name, change) => {
    expect((await providerWith({}).provider.prepay({ ...ORDER, kind, ...change })).status).toBe('refused');
  });

  test('refuses with a key that cannot sign, in words that hold nothing of it', async () => {
    const broken = createAlipay({ ...CONFIG, privateKey: 'c2VjcmV0' }, { fetch, now: () => NOW_MS });
    expect(await broken.prepay({ ...ORDER, kind })).toEqual({
      status: 'refused',
      cause: 'the order could not be signed with ALIPAY_PRIVATE_KEY',
    });
  });
});

test('a form posts its content and nothing else, in UTF-8, with the charset in its address', async () => {
  const { address, form } = await arrive('html_form');
  expect([...form.keys()]).toEqual(['biz_content']);
  expect(new URL(address).searchParams.get('charset')).toBe('utf-8');
});

test('a form is one form with one hidden field, and a script that submits that very form', async () => {
  const html = await prepare('html_form');
  const { elements, text } = await readHtml(html);
  const id = `alipay-${OUT_TRADE_NO}`;
  expect(elements).toEqual([
    {
      name: 'form',
      attributes: { id, action: expect.any(String), method: 'post', 'accept-charset': 'utf-8' },
    },
    { name: 'input', attributes: { type: 'hidden', name: 'biz_content', value: expect.any(String) } },
    { name: 'script', attributes: {} },
  ]);
  expect(text).toBe(`document.forms["${id}"].submit();`);
});

test('no value of a form holds what could end it, between whatever quotes', async () => {
  const html = await prepare('html_form', { subject: `</form>'"><茶 '>` });
  expect(html).toMatch(
    /^<form id="[\w-]+" action="[^<>"']+" method="post" accept-charset="utf-8"><input type="hidden" name="biz_content" value="[^<>"']+"><\/form><script>[^<>]+<\/script>$/,
  );
});

test('a link is a link, whatever stands in the subject', async () => {
  const url = await prepare('redirect_url', { subject: `<"茶" \n'%2B'+😀\\^|{}>` });
  expect(url).toMatch(/^https:\/\/[\w.-]+\/gateway\.do\?[\w.*'()!~%+&=-]+$/);
});

/** Any text, with what has broken other shops' pages more often than chance would have it. */
const anySubject = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom('<', '>', '"', "'", '&', '&quot;', '&#39', ';', '</script>', '-->', '\n', '%', '+', '茶😀'),
      {
        maxLength: 12,
      },
    )
    .map((parts) => parts.join('')),
);

test('whatever the subject, the form posts exactly the parameters that the link holds', async () => {
  await fc.assert(
    fc.asyncProperty(anySubject, async (subject) => {
      const [form, link] = await Promise.all(KINDS.map((kind) => arrive(kind, { subject })));
      expect([...(form?.parameters ?? [])]).toEqual([...(link?.parameters ?? [])]);
      const shown = subject.replaceAll(/[/=&]/g, '');
      expect(form?.content['subject']).toBe(shown.trim() === '' ? OUT_TRADE_NO : shown);
    }),
    { numRuns: 300 },
  );
});

describe.each(KINDS)('%s, at the pretend Alipay,', (kind) => {
  let nowMs = NOW_MS;
  let alipay: AlipayGateway;
  let provider: PaymentProvider;

  beforeEach(() => {
    nowMs = NOW_MS;
    alipay = createAlipayGateway({
      merchant: {
        appId: env.ALIPAY_APP_ID,
        sellerId: env.ALIPAY_SELLER_ID,
        publicKeyPem: env.SANDBOX_MERCHANT_PUBLIC_KEY,
      },
      alipayPrivateKeyPem: env.SANDBOX_ALIPAY_PRIVATE_KEY,
      now: () => nowMs,
    });
    provider = createAlipay(CONFIG, {
      fetch: (input, init) => alipay.fetch(new Request(input, init)),
      now: () => nowMs,
    });
  });

  /** The cashier, as the payer's browser gets it. */
  async function open(given: string): Promise<{ status: number; page: string }> {
    const { address, form } = await browse(kind, given);
    const init = kind === 'html_form' ? { method: 'POST', body: form } : {};
    const response = await alipay.fetch(new Request(address, init));
    return { status: response.status, page: await response.text() };
  }

  test('is absent, then open, then paid, and the notification says so too', async () => {
    const given = await prepare(kind);
    const { status, page } = await open(given);
    expect(status).toBe(200);
    for (const shown of ['1号技师的项目二', '196.00', OUT_TRADE_NO]) expect(page).toContain(shown);
    expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'absent' });
    expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'absent' });
    alipay.openWithoutPaying(given);
    expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unpaid' });
    nowMs += 60_000;
    const paid = alipay.pay(given);
    const payment = {
      outTradeNo: OUT_TRADE_NO,
      transactionId: paid.ok ? paid.trade.transactionId : '',
      amountFen: 19_600,
      paidAtMs: nowMs,
    };
    expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'paid', ...payment });
    const [told] = alipay.takeNotifications();
    expect(told?.url).toBe(CONFIG.notifyUrl);
    const read = await provider.readNotification({ headers: new Headers(told?.headers), body: told?.body ?? '' });
    expect(read).toMatchObject({ kind: 'payment', payment });
  });

  test('is one payment, however often it is signed', async () => {
    const first = await prepare(kind);
    nowMs += 1000;
    const second = givenIn(await provider.prepay({ ...ORDER, kind }));
    expect(second).not.toBe(first);
    expect(alipay.openWithoutPaying(first)).toMatchObject({ ok: true });
    expect(alipay.pay(second)).toMatchObject({ ok: true });
    expect(alipay.pay(first)).toMatchObject({ subCode: 'ACQ.TRADE_HAS_SUCCESS' });
    expect(alipay.takeNotifications()).toHaveLength(1);
  });

  test('cannot be paid from its deadline on', async () => {
    const given = await prepare(kind);
    nowMs = ORDER.payableUntilMs;
    expect(alipay.pay(given)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(alipay.ledger.trades()).toEqual([]);
  });

  test.each([
    ['the amount', '196.00', '0.01'],
    ['the number', OUT_TRADE_NO, `${OUT_TRADE_NO.slice(0, -1)}9`],
    ['the deadline', '16:39:20', '16:59:20'],
    ['the address to tell', 'orders.example', 'elsewhere.example'],
    ['the time', '16:37:20', '16:37:21'],
  ])('is refused when somebody changed %s', async (_name, was, is) => {
    const given = await prepare(kind);
    const forged = given.replaceAll(was, is).replaceAll(encodeURIComponent(was), encodeURIComponent(is));
    expect(forged).not.toBe(given);
    expect(await open(forged)).toEqual({ status: 400, page: expect.stringContaining('isv.invalid-signature') });
    expect(alipay.pay(forged)).toMatchObject({ ok: false, subCode: 'isv.invalid-signature' });
    expect(alipay.ledger.trades()).toEqual([]);
  });

  test('takes any subject', async () => {
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(anySubject, async (subject) => {
        nth += 1;
        const given = await prepare(kind, { subject, outTradeNo: `subject${nth}` });
        expect((await open(given)).status).toBe(200);
        expect(alipay.pay(given)).toMatchObject({ ok: true, trade: { outTradeNo: `subject${nth}` } });
      }),
      { numRuns: 100 },
    );
  });
});
