/** How calls may be written: JSON and forms that answer alike, tokens in three places, words in two languages. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REASONS } from '../../src/core/errors.ts';
import { renderRefusal } from '../../src/dialects/subscription/errors.ts';
import { RULES } from '../../src/dialects/subscription/rules.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Sent, type Shop } from '../harness/shop.ts';
import { BASES, METHODS, type SubscriptionCustomer } from '../harness/subscription.ts';
import { FORM_TYPE, JSON_TYPE, MAX_BODY_BYTES, SPOILT_BODIES, WRONG_TYPES } from './spoilt-bodies.ts';
import { newCoupon, newCustomer, newPlan } from './subscription-people.ts';
import { IN_ENGLISH, invalid, NO_ORDER, refusal, said, type Said, UNKNOWN_CALLER } from './subscription-refusal.ts';

const MISSING_PLAN = '套餐 ID 不能为空';
const WRONG_PLAN = '套餐 ID 参数有误';
const MISSING_CYCLE = '套餐周期不能为空';
const WRONG_CYCLE = '套餐周期参数有误';
const WRONG_COUPON = '优惠券参数有误';
const MISSING_ORDER = '订单号不能为空';
const WRONG_ORDER = '订单号参数有误';
const NOT_OURS = '不是该接口的参数';

let shop: Shop;
let customer: SubscriptionCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});
beforeEach(async () => {
  customer = await newCustomer(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

type Body = Record<string, unknown>;

const postJson = (who: SubscriptionCustomer, path: string, body: Body): Promise<Received> =>
  who.send(path, { method: 'POST', body });

/** The same fields as a form: what is `null`, or left out, is left out. */
function postForm(who: SubscriptionCustomer, path: string, body: Body): Promise<Received> {
  const fields = Object.entries(body).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString();
  return who.send(path, { method: 'POST', body: text, headers: FORM_TYPE });
}

/** What is seen of an answer that went well, but for its text. */
const seenAs = { status: 200, retryAfter: null, contentType: 'application/json', language: null };

describe('JSON and forms answer alike', () => {
  test.each<[what: string, body: Body, wanted: ReturnType<typeof invalid> | 'saved']>([
    ['a number', { plan_id: 1, cycle: 'month_price' }, 'saved'],
    ['its digits', { plan_id: '1', cycle: 'month_price' }, 'saved'],
    ['its digits behind zeros', { plan_id: '0001', cycle: 'month_price' }, 'saved'],
    ['a coupon left blank', { plan_id: 1, cycle: 'month_price', coupon_code: '' }, 'saved'],
    ['a coupon of null', { plan_id: 1, cycle: 'month_price', coupon_code: null }, 'saved'],
    ['an unknown field left blank', { plan_id: 1, cycle: 'month_price', token: '' }, 'saved'],
    ['nothing at all', {}, invalid({ plan_id: [MISSING_PLAN], cycle: [MISSING_CYCLE] })],
    ['blanks', { plan_id: '', cycle: '' }, invalid({ plan_id: [MISSING_PLAN], cycle: [MISSING_CYCLE] })],
    ['null', { plan_id: null, cycle: null }, invalid({ plan_id: [MISSING_PLAN], cycle: [MISSING_CYCLE] })],
    ['no plan', { cycle: 'month_price' }, invalid({ plan_id: [MISSING_PLAN] })],
    ['no cycle', { plan_id: 1 }, invalid({ cycle: [MISSING_CYCLE] })],
    ['a cycle that is none', { plan_id: 1, cycle: 'month' }, invalid({ cycle: [WRONG_CYCLE] })],
    ['a cycle in capitals', { plan_id: 1, cycle: 'MONTH_PRICE' }, invalid({ cycle: [WRONG_CYCLE] })],
    [
      'a column of the plan that is no cycle',
      { plan_id: 1, cycle: 'transfer_enable' },
      invalid({ cycle: [WRONG_CYCLE] }),
    ],
    ['a key of every object', { plan_id: 1, cycle: 'constructor' }, invalid({ cycle: [WRONG_CYCLE] })],
    ['a word', { plan_id: 'one', cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['zero', { plan_id: 0, cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['less', { plan_id: -1, cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['a fraction', { plan_id: 1.5, cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['2^53', { plan_id: 2 ** 53, cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['full-width digits', { plan_id: '１', cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['a blank before it', { plan_id: ' 1', cycle: 'month_price' }, invalid({ plan_id: [WRONG_PLAN] })],
    ['an unknown field', { plan_id: 1, cycle: 'month_price', price: 1 }, invalid({ price: [`price ${NOT_OURS}`] })],
    [
      'all at once',
      { plan_id: 'x', cycle: 'y', price: 1, user_id: 2 },
      invalid({
        plan_id: [WRONG_PLAN],
        cycle: [WRONG_CYCLE],
        price: [`price ${NOT_OURS}`],
        user_id: [`user_id ${NOT_OURS}`],
      }),
    ],
  ])('save: %s', async (_what, body, wanted) => {
    const other = await newCustomer(shop);
    const received = [await postJson(customer, '/save', body), await postForm(other, '/save', body)];
    const saved = { ...seenAs, text: expect.stringMatching(/^\{"data":"\d{22}"\}$/) };
    for (const answer of received) expect(said(answer)).toEqual(wanted === 'saved' ? saved : wanted);
  });

  test.each<[what: string, value: unknown]>([
    ['a list', [1]],
    ['an object', { id: 1 }],
    ['true', true],
  ])('save: %s, which no form can say', async (_what, value) => {
    const body = { plan_id: value, cycle: value, coupon_code: value };
    const wanted = { plan_id: [WRONG_PLAN], cycle: [WRONG_CYCLE], coupon_code: [WRONG_COUPON] };
    expect(said(await postJson(customer, '/save', body))).toEqual(invalid(wanted));
  });

  test('save: a coupon in both', async () => {
    const { code: coupon_code, id } = await newCoupon(shop, { valueFen: 1 });
    const body = { plan_id: 1, cycle: 'month_price', coupon_code };
    for (const post of [postJson, postForm]) {
      const who = await newCustomer(shop);
      await post(who, '/save', body);
      expect((await who.fetch()).text).toContain(`"coupon_id":${id}`);
    }
  });

  test('checkout', async () => {
    const tradeNo = await customer.newOrder();
    const method = METHODS.wechatCode;
    const first = await postJson(customer, '/checkout', { trade_no: tradeNo, method });
    expect(first.status).toBe(200);
    for (const same of [String(method), method]) {
      for (const post of [postJson, postForm]) {
        expect((await post(customer, '/checkout', { trade_no: tradeNo, method: same })).text).toBe(first.text);
      }
    }
    for (const post of [postJson, postForm]) {
      const none = await post(customer, '/checkout', { method });
      expect(said(none)).toEqual(invalid({ trade_no: [MISSING_ORDER] }));
      for (const wrong of [undefined, '', null, 'WechatPayNative', 0, -11, 11.5, '0x0b', 99]) {
        const answer = await post(customer, '/checkout', { trade_no: tradeNo, method: wrong });
        expect([wrong, said(answer)]).toEqual([wrong, refusal(400, '支付方式不可用')]);
      }
    }
    for (const wrong of [[11], { id: 11 }, true]) {
      const answer = await postJson(customer, '/checkout', { trade_no: tradeNo, method: wrong });
      expect(said(answer)).toEqual(invalid({ method: ['支付方式参数有误'] }));
    }
  });

  test('cancel', async () => {
    for (const post of [postJson, postForm]) {
      expect(said(await post(customer, '/cancel', {}))).toEqual(invalid({ trade_no: [MISSING_ORDER] }));
      expect(said(await post(customer, '/cancel', { trade_no: '' }))).toEqual(invalid({ trade_no: [MISSING_ORDER] }));
      expect(said(await post(customer, '/cancel', { trade_no: 'xxx' }))).toEqual(NO_ORDER);
      const tradeNo = await customer.newOrder();
      expect((await post(customer, '/cancel', { trade_no: tradeNo })).text).toBe('{"data":true}');
      expect(await customer.statusOf(tradeNo)).toBe(2);
    }
    for (const wrong of [12, true, ['x'], { no: 'x' }]) {
      const answer = await postJson(customer, '/cancel', { trade_no: wrong });
      expect(said(answer)).toEqual(invalid({ trade_no: [WRONG_ORDER] }));
    }
  });

  test.each(['/check', '/details'])('%s asks for a number, once', async (path) => {
    expect(said(await customer.send(path))).toEqual(invalid({ trade_no: [MISSING_ORDER] }));
    expect(said(await customer.send(`${path}?trade_no=`))).toEqual(invalid({ trade_no: [MISSING_ORDER] }));
    expect(said(await customer.send(`${path}?trade_no=1&trade_no=2`))).toEqual(invalid({ trade_no: [WRONG_ORDER] }));
    expect(said(await customer.send(`${path}?trade_no=xxx`))).toEqual(NO_ORDER);
  });
});

describe('a status to list', () => {
  test.each(['', '?status=', '?other=1'])('none: %s', async (query) => {
    const tradeNo = await customer.newOrder();
    expect((await customer.fetch(query)).text).toContain(tradeNo);
  });

  test.each(['5', '-1', '00', '1.0', 'x', '%EF%BC%91', '0&status=1'])('that is none: %s', async (status) => {
    expect(said(await customer.fetch(`?status=${status}`))).toEqual(invalid({ status: ['订单状态参数有误'] }));
  });
});

/** Each call, with what is right but for its token. */
const POSTS: readonly [path: string, body: Record<string, string>][] = [
  ['/save', { plan_id: '1', cycle: 'month_price' }],
  ['/checkout', { trade_no: 'xxx', method: '10' }],
  ['/cancel', { trade_no: 'xxx' }],
];
const CALLS: readonly [path: string, body: Body | null][] = [
  ...POSTS,
  ['/check?trade_no=xxx', null],
  ['/details?trade_no=xxx', null],
  ['/fetch', null],
  ['/getPaymentMethod', null],
];

const withQuery = (path: string, query: string) => `${path}${path.includes('?') ? '&' : '?'}${query}`;

/** Sends a call with no header but those of `sent`. */
function bare(base: string, path: string, body: Body | null, sent: Sent = {}): Promise<Received> {
  const content: Sent = body === null ? {} : { method: 'POST', body };
  return shop.send(`${base}${path}`, { token: null, ...content, ...sent });
}

/** Of somebody whom nobody else knows. */
async function newToken(): Promise<string> {
  return shop.token(String((await newCustomer(shop)).userId));
}

describe.each(BASES)('a token for %s', (base) => {
  describe.each(CALLS)('%s', (path, body) => {
    test('in the header, with its scheme and without', async () => {
      const token = await newToken();
      for (const authorization of [`Bearer ${token}`, token, `bearer ${token}`, `Bearer  ${token}`]) {
        expect((await bare(base, path, body, { headers: { authorization } })).status).not.toBe(403);
      }
    });

    test('as auth_data in the query', async () => {
      const token = await newToken();
      for (const auth_data of [token, `Bearer%20${token}`]) {
        const received = await bare(base, withQuery(path, `auth_data=${auth_data}`), body);
        expect(received.status).not.toBe(403);
      }
      const beside = await bare(base, withQuery(path, `auth_data=${token}`), body, { headers: { authorization: '' } });
      expect(beside.status).not.toBe(403);
    });

    test('that is none, wherever it is', async () => {
      const token = await newToken();
      const old = await shop.token('2057', { expiresAtMs: Date.now() - 1000 });
      const strange = await shop.token('1fba29cd8cc72f1ad');
      for (const wrong of [old, strange, `${token}x`, 'x', 'Bearer', 'a.b.c', `Basic ${token}`, '%00']) {
        const query = withQuery(path, `auth_data=${encodeURIComponent(wrong)}`);
        expect(said(await bare(base, query, body))).toEqual(UNKNOWN_CALLER);
        expect(said(await bare(base, path, body, { headers: { authorization: wrong } }))).toEqual(UNKNOWN_CALLER);
      }
      expect(said(await bare(base, path, body))).toEqual(UNKNOWN_CALLER);
      expect(said(await bare(base, withQuery(path, 'auth_data='), body))).toEqual(UNKNOWN_CALLER);
      const twice = withQuery(path, `auth_data=${token}&auth_data=${token}`);
      expect(said(await bare(base, twice, body))).toEqual(UNKNOWN_CALLER);
    });

    test('in a wrong header is not looked for elsewhere', async () => {
      const token = await newToken();
      const query = withQuery(path, `auth_data=${token}`);
      for (const authorization of ['Bearer x', 'Basic x', '%']) {
        expect(said(await bare(base, query, body, { headers: { authorization } }))).toEqual(UNKNOWN_CALLER);
      }
    });
  });

  describe.each(POSTS)('%s, in the body', (path, body) => {
    test('as auth_data in the body, JSON or a form: it is no field of the call', async () => {
      const token = await newToken();
      const inJson = await bare(base, path, { ...body, auth_data: token });
      const fields = new URLSearchParams({ ...body, auth_data: token }).toString();
      const inForm = await bare(base, path, null, { method: 'POST', body: fields, headers: FORM_TYPE });
      const besideBlank = await bare(base, `${path}?auth_data=`, { ...body, auth_data: token });
      for (const { status } of [inJson, inForm, besideBlank]) expect([403, 422]).not.toContain(status);
    });

    test('is not looked for in a body that is too large', async () => {
      const large = { ...body, auth_data: await newToken(), padding: 'x'.repeat(MAX_BODY_BYTES) };
      expect(said(await bare(base, path, large))).toEqual(refusal(413, '请求内容过大'));
    });

    test('that is none in a body, is not a text there, or cannot be read', async () => {
      const token = await newToken();
      for (const auth_data of [`${token}x`, `Basic ${token}`, [token], { token }, 1, true, null]) {
        expect(said(await bare(base, path, { ...body, auth_data }))).toEqual(UNKNOWN_CALLER);
      }
      const cut = JSON.stringify({ ...body, auth_data: token }).slice(0, -1);
      const unread = await bare(base, path, null, { method: 'POST', body: cut, headers: JSON_TYPE });
      expect(said(unread)).toEqual(UNKNOWN_CALLER);
    });
  });

  test('and none for a path that there is not', async () => {
    expect(said(await bare(base, '/nowhere', null))).toEqual(UNKNOWN_CALLER);
    const authorization = await shop.token('2057');
    const nowhere = await bare(base, '/nowhere', null, { headers: { authorization } });
    expect(said(nowhere)).toEqual(refusal(404, '接口不存在'));
  });
});

const CHINESE = /[\u4e00-\u9fff]/;

/** A refusal as it is rendered for a client that asks for a language, or for none. */
function sayIn(refused: Parameters<typeof renderRefusal>[0], language?: string) {
  const headers: Record<string, string> = language === undefined ? {} : { 'content-language': language };
  return renderRefusal(refused, new Request('https://orders.example/', { headers }));
}

/** What a call says to a client that reads English. */
async function english(path: string, sent: Sent): Promise<Said> {
  return said(await customer.send(path, { ...sent, headers: IN_ENGLISH }));
}

describe('the language of the words', () => {
  test.each(REASONS)('of %s: two texts', (reason) => {
    const [inChinese, inEnglish] = [sayIn({ reason }), sayIn({ reason }, 'en-US')];
    expect([inChinese.language, inEnglish.language, inEnglish.status]).toEqual(['zh-CN', 'en-US', inChinese.status]);
    expect(JSON.stringify(inChinese.body)).toMatch(CHINESE);
    expect(JSON.stringify(inEnglish.body)).not.toMatch(CHINESE);
    expect(Object.keys(inEnglish.body)).toEqual(['message']);
  });

  test.each(RULES)('of the rule %s: two texts', (rule) => {
    const refused = { reason: 'coupon_unusable', rule, message: '7' } as const;
    expect(JSON.stringify(sayIn(refused).body)).toMatch(CHINESE);
    expect(JSON.stringify(sayIn(refused, 'en-US').body)).not.toMatch(CHINESE);
    expect(JSON.stringify(sayIn(refused).body)).not.toContain(':limit');
  });

  test.each([
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['zh-CN', 'zh-CN'],
    ['en-US', 'en-US'],
    ['EN-us', 'en-US'],
    ['en-US, zh-CN', 'en-US'],
    ['zh-CN,en-US', 'zh-CN'],
    ['en', 'zh-CN'],
    ['ja-JP', 'zh-CN'],
    ['x'.repeat(1000), 'zh-CN'],
  ])('%s is answered in %s', (wanted, language) => {
    expect(sayIn({ reason: 'busy' }, wanted).language).toBe(language);
  });

  test('of whatever may be wrong with a body', async () => {
    const good = JSON.stringify({ plan_id: 1, cycle: 'month_price' });
    for (const [what, spoil] of SPOILT_BODIES) {
      const sent = { method: 'POST', body: spoil(good), headers: { ...JSON_TYPE, ...IN_ENGLISH } };
      const { status, text, headers } = await customer.send('/save', sent);
      expect([what, status, headers.get('content-language')]).toEqual([what, 422, 'en-US']);
      expect([what, text]).toEqual([what, expect.not.stringMatching(CHINESE)]);
      expect(text).not.toContain('is not what it should be');
    }
    for (const [what, type] of WRONG_TYPES) {
      const headers = { ...IN_ENGLISH, ...(type === null ? {} : { 'content-type': type }) };
      const body = new TextEncoder().encode(good);
      const { status, text } = await customer.send('/save', { method: 'POST', body, headers });
      expect([what, status, text]).toEqual([what, 422, expect.stringContaining('must be application/json or')]);
    }
  });

  test('of each field', async () => {
    expect(await english('/save', { body: {} })).toEqual(
      invalid({ plan_id: ['Plan ID cannot be empty'], cycle: ['Plan cycle cannot be empty'] }, 'en-US'),
    );
    expect(await english('/save', { body: { plan_id: 'x', cycle: 'x', coupon_code: 1, price: 1 } })).toEqual(
      invalid(
        {
          plan_id: ['Wrong plan ID'],
          cycle: ['Wrong plan cycle'],
          coupon_code: ['Wrong coupon code'],
          price: ['price is not a parameter of this call'],
        },
        'en-US',
      ),
    );
    expect(await english('/cancel', { body: {} })).toEqual(
      invalid({ trade_no: ['Order number cannot be empty'] }, 'en-US'),
    );
    expect(await english('/checkout', { body: { trade_no: 1, method: [] } })).toEqual(
      invalid({ trade_no: ['Wrong order number'], method: ['Wrong payment method'] }, 'en-US'),
    );
    expect(await english('/fetch?status=x', {})).toEqual(invalid({ status: ['Wrong order status'] }, 'en-US'));
  });

  test('of a key that is none: a header is no field', async () => {
    const headers = { 'idempotency-key': '' };
    const chinese = 'Idempotency-Key 必须是 1 到 255 个可打印 ASCII 字符';
    expect(said(await customer.save({}, headers))).toEqual(refusal(400, chinese));
    const words = 'Idempotency-Key must be 1 to 255 printable ASCII characters';
    expect(said(await customer.save({}, { ...headers, ...IN_ENGLISH }))).toEqual(
      refusal(400, words, { language: 'en-US' }),
    );
  });

  test('of a key that stands for another body, of a body that is too large, and of a path that there is not', async () => {
    const key = { 'idempotency-key': 'one' };
    await customer.save({}, key);
    const reused = [
      await customer.save({ plan_id: 2 }, key),
      await customer.save({ plan_id: 2 }, { ...key, ...IN_ENGLISH }),
    ];
    expect(reused.map(said)).toEqual([
      refusal(422, '该 Idempotency-Key 已用于其他请求内容'),
      refusal(422, 'The Idempotency-Key stands for another request', { language: 'en-US' }),
    ]);
    const large = { method: 'POST', body: `{"cycle":"${'x'.repeat(MAX_BODY_BYTES)}"}`, headers: JSON_TYPE };
    expect(said(await customer.send('/save', large))).toEqual(refusal(413, '请求内容过大'));
    const tooLarge = await customer.send('/save', { ...large, headers: { ...JSON_TYPE, ...IN_ENGLISH } });
    expect(said(tooLarge)).toEqual(refusal(413, 'The request is too large', { language: 'en-US' }));
    const nowhere = await customer.send('/nowhere', { headers: IN_ENGLISH });
    expect(said(nowhere)).toEqual(refusal(404, 'There is no such call', { language: 'en-US' }));
    const stranger = await shop.send('/user/order/fetch', { token: null, headers: IN_ENGLISH });
    expect(said(stranger)).toEqual(refusal(403, 'Not logged in, or the login has expired', { language: 'en-US' }));
  });
});

test('a plan that a form asks for by a number beyond all plans is one that there is none of', async () => {
  const plan_id = await newPlan(shop);
  const beyond = { plan_id: plan_id + 100_000, cycle: 'month_price' };
  for (const post of [postJson, postForm]) {
    expect(said(await post(customer, '/save', beyond))).toEqual(refusal(400, '订阅计划不存在'));
  }
});
