/** Subscriptions as the document prints them: every call's example, to the byte, with the demo rows, at both paths. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import {
  BASES,
  EXAMPLE_USER,
  METHODS,
  payAtAlipay,
  payAtWechat,
  type SubscriptionCustomer,
  subscriptionCustomer,
  tradeNoOf,
} from '../harness/subscription.ts';
import * as answers from './subscription-answers.ts';
import * as examples from './subscription-examples.ts';
import { accountOf, newCoupon, newCustomer, newPlan } from './subscription-people.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const PRINTED_AT_MS = 1_234_567_890_000;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  shop.pass(PRINTED_AT_MS - Date.now());
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** Sends a body as it is printed. */
function send(who: SubscriptionCustomer, path: string, body: string): Promise<Received> {
  return who.send(path, { method: 'POST', body, headers: JSON_TYPE });
}

/** What of an answer is held against a printed one, to the byte. */
function printed({ status, headers, text }: Received): [number, string | null, string] {
  return [status, headers.get('content-type'), text];
}

/** The printed one. */
const asPrinted = (text: string): ReturnType<typeof printed> => [200, 'application/json', text];

async function shown(who: SubscriptionCustomer, tradeNo: string) {
  return answers.detailsAnswer.parse((await who.details(tradeNo)).json).data;
}

describe.each(BASES)('at %s', (base) => {
  let customer: SubscriptionCustomer;
  beforeAll(() => {
    customer = subscriptionCustomer(shop, EXAMPLE_USER, { base });
  });

  test('an order that is saved, checked, shown, tried to be paid, cancelled, and listed', async () => {
    const saved = await send(customer, '/save', examples.SAVE);
    answers.savedAnswer.parse(saved.json);
    const tradeNo = tradeNoOf(saved);
    expect(printed(saved)).toEqual(asPrinted(JSON.stringify({ data: tradeNo })));
    expect(tradeNo).toMatch(/^20090214\d{14}$/);
    expect(printed(await customer.check(tradeNo))).toEqual(asPrinted(examples.CHECKED));

    const details = await customer.details(tradeNo);
    const { id, plan } = answers.detailsAnswer.parse(details.json).data;
    expect(printed(details)).toEqual(
      asPrinted(JSON.stringify({ data: { ...examples.SHOWN, id, trade_no: tradeNo, plan } })),
    );
    expect(Object.keys(plan)).toEqual(answers.PLAN_KEYS);

    const checkedOut = await send(customer, '/checkout', examples.checkoutOf(tradeNo));
    const { type, data } = answers.checkoutAnswer.parse(checkedOut.json);
    expect(printed(checkedOut)).toEqual(asPrinted(JSON.stringify({ type: 0, data })));
    expect(type).toBe(0);

    const cancelled = await send(customer, '/cancel', examples.cancelOf(tradeNo));
    answers.cancelledAnswer.parse(cancelled.json);
    expect(printed(cancelled)).toEqual(asPrinted(examples.CANCELLED));

    const fetched = await customer.fetch();
    const [newest] = answers.fetchedAnswer.parse(fetched.json).data;
    expect(newest).toEqual({ ...examples.LISTED, trade_no: tradeNo, plan });
    expect(fetched.text).toContain(JSON.stringify({ ...examples.LISTED, trade_no: tradeNo, plan }));
    expect(printed(await customer.check(tradeNo))).toEqual(asPrinted('{"data":2}'));
  });

  test('the payment methods of the demo rows', async () => {
    const listed = await customer.paymentMethods();
    answers.methodsAnswer.parse(listed.json);
    expect(printed(listed)).toEqual(asPrinted(JSON.stringify(examples.METHODS)));
  });
});

test('the plans of the demo rows are those of the contract', async () => {
  const customer = await newCustomer(shop);
  const none = {
    quarter_price: null,
    half_year_price: null,
    two_year_price: null,
    three_year_price: null,
    onetime_price: null,
  };
  for (const [plan_id, prices] of [
    [1, { month_price: 10, year_price: 100, reset_price: 5, ...none }],
    [2, { month_price: 2000, year_price: 20_000, reset_price: null, ...none }],
  ] as const) {
    const tradeNo = await customer.newOrder({ plan_id });
    expect((await shown(customer, tradeNo)).plan).toMatchObject({ id: plan_id, show: 1, renew: 1, ...prices });
    await customer.cancel(tradeNo);
  }
});

describe('an order is paid, opened, and says so', () => {
  test.each([
    ['at Alipay, by a code', METHODS.alipayCode, 0, 'alipay'],
    ['at WeChat, by a code', METHODS.wechatCode, 0, 'wechat'],
    ['on a page of Alipay’s', METHODS.alipayPage, 1, 'alipay'],
  ] as const)('%s', async (_how, method, wantedType, provider) => {
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder();
    const { type, data } = answers.checkoutAnswer.parse((await customer.checkout(tradeNo, method)).json);
    expect(type).toBe(wantedType);
    const ticket = String(data);
    if (provider === 'alipay') payAtAlipay(shop, ticket);
    else payAtWechat(shop, ticket);
    await shop.deliverNotifications();
    const order = await shown(customer, tradeNo);
    const { ledger } = provider === 'alipay' ? shop.alipay : shop.wechatPay;
    expect(order).toMatchObject({
      status: 3,
      payment_id: method,
      callback_no: ledger.trade(`${tradeNo}0001`)?.transactionId,
      total_amount: 10,
      paid_at: PRINTED_AT_MS / 1000,
    });
    expect(order.callback_no).toEqual(expect.any(String));
  });

  test('for nothing: at once, and its own number stands for the payment', async () => {
    const customer = await newCustomer(shop, { balanceFen: 10 });
    const tradeNo = await customer.newOrder();
    const paid = await customer.checkout(tradeNo);
    answers.checkoutAnswer.parse(paid.json);
    expect(printed(paid)).toEqual(asPrinted('{"type":-1,"data":true}'));
    expect(await shown(customer, tradeNo)).toMatchObject({
      status: 3,
      total_amount: 0,
      balance_amount: 10,
      callback_no: tradeNo,
      payment_id: null,
      paid_at: PRINTED_AT_MS / 1000,
    });
  });
});

test('every kind of order, in every status, has the types of the document and all its keys in their order', async () => {
  const inviter = await newCustomer(shop);
  const customer = await newCustomer(shop, { inviterId: String(inviter.userId), balanceFen: 50, discountPercent: 1 });
  const { code: coupon_code } = await newCoupon(shop);
  const other = await newPlan(shop, { monthPriceFen: 5 });
  const made = [
    await customer.newOpenedOrder({ cycle: 'year_price', coupon_code }),
    await customer.newOpenedOrder(),
    await customer.newOpenedOrder({ cycle: 'reset_price' }),
    await customer.newOpenedOrder({ plan_id: other }),
  ];
  const cancelled = await customer.newOrder({ plan_id: 2, coupon_code });
  await customer.cancel(cancelled);
  const waiting = await customer.newOrder({ plan_id: 2 });
  await customer.newCode(waiting);
  made.push(cancelled, waiting);
  const { data: list } = answers.fetchedAnswer.parse((await customer.fetch()).json);
  expect(list.map(({ trade_no }) => trade_no)).toEqual(made.toReversed());
  expect(list.map(({ type, status }) => [type, status]).toReversed()).toEqual([
    [1, 4],
    [2, 4],
    [4, 3],
    [3, 3],
    [3, 2],
    [3, 0],
  ]);
  for (const listed of list) {
    expect(Object.keys(listed)).toEqual(Object.keys(examples.LISTED));
    const details = await shown(customer, listed.trade_no);
    expect(Object.keys(details)).toEqual(Object.keys(examples.SHOWN));
    expect(details).toMatchObject(listed);
  }
});

test('the demo: who was invited pays from their balance, and their inviter gets a share after three days', async () => {
  const customer = subscriptionCustomer(shop, 2058);
  const tradeNo = await customer.newOrder({ coupon_code: 'DEMO10' });
  expect(await shown(customer, tradeNo)).toMatchObject({
    invite_user_id: 2057,
    discount_amount: 1,
    total_amount: 0,
    balance_amount: 9,
    commission_balance: 0,
  });
  await customer.settle(tradeNo);
  const second = await customer.newOrder({ plan_id: 2 });
  // 2000, less the 9 that are unused of the first one's month, of which 291 are on the balance.
  expect(await shown(customer, second)).toMatchObject({
    type: 3,
    surplus_amount: 9,
    balance_amount: 291,
    total_amount: 1700,
    commission_balance: 199,
    commission_status: 0,
  });
  await customer.settle(second);
  shop.pass(3 * 86_400_000);
  await shop.cron();
  expect(await shown(customer, second)).toMatchObject({ status: 3, commission_status: 2 });
  expect((await accountOf(shop, 2057)).ledger.at(-1)).toBe('commission 199');
});
