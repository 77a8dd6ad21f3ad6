/** What people write: sealed under a name of its own, named by it in the log, and read again by nobody without the key. */
import { describe, expect, test } from 'vitest';
import { advanceFulfilment } from '../../src/core/order/advance-fulfilment.ts';
import { endUnpaidOrder } from '../../src/core/order/end-unpaid-order.ts';
import type { Decision } from '../../src/core/order/decision.ts';
import { submit, SYSTEM } from '../../src/core/order/submit.ts';
import { openSealed } from '../../src/core/personal/open-sealed.ts';
import { isWords, keepWords, readReason, sealWords } from '../../src/core/personal/words.ts';
import type { PaymentProvider } from '../../src/core/payment/provider.ts';
import { requestRefund } from '../../src/core/refund/request-refund.ts';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { openOneOrderShop, type OneOrderShop } from './one-order-shop.ts';
import { ANYTHING, ALIPAY, AMOUNT_FEN, ORDER_NO, PLACED_AT_MS, SLIP_MS, WORDS } from './order-states.ts';

const SAID = '我临时有事🐤 “改天”再来\n13912345678';
const OPERATOR = { actor: 'operator:9001', scope: 'everything' } as const;
const OUT_TRADE_NO = `${ORDER_NO}0001`;

const idle = () => Promise.resolve({ status: 'processing' } as const);
const bank: PaymentProvider = {
  name: 'alipay',
  minimumSlipMs: 0,
  prepayKinds: {},
  prepay: () => Promise.resolve({ status: 'refused', cause: 'NONE' }),
  query: () => Promise.resolve({ status: 'absent' }),
  close: () => Promise.resolve({ status: 'absent' }),
  refund: idle,
  queryRefund: idle,
  readNotification: () => Promise.resolve({ kind: 'invalid', cause: 'none is expected' }),
  acknowledge: () => ({ status: 200, contentType: 'text/plain', body: '' }),
};

const aKey = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));

async function paidShop(): Promise<OneOrderShop> {
  const shop = openOneOrderShop(bank);
  const payment = { outTradeNo: OUT_TRADE_NO, transactionId: 't1', amountFen: AMOUNT_FEN, paidAtMs: PLACED_AT_MS };
  for (const command of [
    { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' },
    { type: 'settle_payment', provider: 'alipay', payment, proof: 'query', receipt: null },
  ] as const) {
    const submitted = await submit(shop.services, { orderNo: ORDER_NO, command, ...SYSTEM });
    if (!submitted.ok) throw new Error(submitted.refusal.reason);
  }
  return shop;
}

/** Each verb that takes a person's words, on an order that allows it. */
const VERBS: readonly [
  string,
  shop: () => Promise<OneOrderShop>,
  say: (shop: OneOrderShop, text: string | null) => Promise<unknown>,
][] = [
  [
    'cancelling',
    () => Promise.resolve(openOneOrderShop(bank)),
    ({ services }, reason) =>
      endUnpaidOrder(services, { orderNo: ORDER_NO, ...OPERATOR, command: { type: 'cancel', reason } }),
  ],
  [
    'moving the work on',
    paidShop,
    ({ services }, remark) => {
      const move = {
        to: 'in_progress',
        remark,
        policy: ANYTHING,
        actor: OPERATOR.actor,
      } as const;
      return advanceFulfilment(services, ORDER_NO, move);
    },
  ],
  [
    'asking for money back',
    paidShop,
    ({ services }, reason) =>
      requestRefund(services, {
        orderNo: ORDER_NO,
        ...OPERATOR,
        amountFen: 'all',
        policy: ANYTHING,
        reason,
        approval: 'manual',
      }),
  ],
];

const keptIn = ({ changes }: Decision) => changes.filter((change) => change.type === 'keep_personal');

describe.each(VERBS)('%s', (_verb, open, say) => {
  test('keeps the words sealed, in the same write as the event that names them', async () => {
    const shop = await open();
    const before = shop.written.length;
    await say(shop, SAID);
    expect(shop.written).toHaveLength(before + 1);
    const [decision] = shop.written.slice(before);
    const [kept, ...others] = decision ? keptIn(decision) : [];
    if (!decision || !kept) throw new Error('nothing was kept');
    expect(others).toEqual([]);
    expect(decision.events[0].reason).toBe(kept.row);
    expect(kept.row).toMatch(new RegExp(`^order/${ORDER_NO}/words/.+`));
    expect(await shop.services.vault.open(kept.sealed, kept.row)).toBe(SAID);
  });

  test('writes them nowhere in plain, and says nothing of them in the log', async () => {
    const shop = await open();
    await say(shop, SAID);
    const told = JSON.stringify([shop.written, shop.order.events(), shop.order.state(), shop.lines]);
    for (const part of ['我临时有事', '改天', '13912345678']) expect(told).not.toContain(part);
  });

  test.each([null, ''])('has nothing to keep where nothing was said: %j', async (nothing) => {
    const shop = await open();
    await say(shop, nothing);
    expect(shop.written.flatMap(keptIn)).toEqual([]);
    expect(shop.order.events().filter(({ reason }) => isWords(reason))).toEqual([]);
    expect(shop.order.events().length).toBeGreaterThan(1);
  });
});

describe('words', () => {
  const { services } = openOneOrderShop(bank);

  test('said twice stand in two rows, and each opens for its own alone', async () => {
    const [first, second] = [await sealWords(services, ORDER_NO, SAID), await sealWords(services, ORDER_NO, SAID)];
    if (!first || !second) throw new Error('nothing was sealed');
    expect(second.row).not.toBe(first.row);
    await expect(services.vault.open(first.sealed, second.row)).rejects.toThrow('Decryption failed');
    expect(await services.vault.open(first.sealed, first.row)).toBe(SAID);
  });

  test('are one change, and none where nothing was said', () => {
    expect(keepWords(WORDS)).toEqual([{ type: 'keep_personal', ...WORDS }]);
    expect(keepWords(null)).toEqual([]);
  });

  test('that look like a row’s name are words all the same', async () => {
    const shop = await paidShop();
    await requestRefund(shop.services, {
      orderNo: ORDER_NO,
      ...OPERATOR,
      amountFen: 'all',
      policy: ANYTHING,
      reason: WORDS.row,
      approval: 'manual',
    });
    const kept = shop.written.flatMap(keptIn);
    const reason = shop.order.events().at(-1)?.reason ?? null;
    expect(reason).not.toBe(WORDS.row);
    expect(readReason(reason, await openSealed(shop.services, kept))).toBe(WORDS.row);
  });
});

describe('a reason', () => {
  const opened = new Map([[WORDS.row, SAID]]);

  test('that names words is read as the words', () => {
    expect(isWords(WORDS.row)).toBe(true);
    expect(readReason(WORDS.row, opened)).toBe(SAID);
  });

  test.each([
    'catalog/users/2057/words/9f0c',
    // An id is anything that can be seen.
    'catalog/users/a/b!~/words/9f0c',
  ])('about a user’s balance is one, too: %s', (row) => {
    expect(isWords(row)).toBe(true);
    expect(readReason(row, new Map([[row, SAID]]))).toBe(SAID);
  });

  test('whose words can no longer be read is none', () => {
    expect(readReason(WORDS.row, new Map())).toBeNull();
  });

  test.each([
    null,
    '',
    OUT_TRADE_NO,
    `${OUT_TRADE_NO}01`,
    `${OUT_TRADE_NO}: NO_AUTH`,
    `order/${ORDER_NO}`,
    `attempt/${OUT_TRADE_NO}`,
    ` ${WORDS.row}`,
    `see ${WORDS.row}`,
    `order/${ORDER_NO}/other/1`,
    'order//words/1',
    'catalog/users/2057',
    'catalog/users//words/1',
    'catalog/plans/2057/words/1',
    'catalog/users/2 057/words/1',
  ])('that is something else stays as it is: %j', (reason) => {
    expect(isWords(reason)).toBe(false);
    expect(readReason(reason, new Map(reason === null ? [] : [[reason, 'not asked for']]))).toBe(reason);
  });
});

describe('a text that cannot be opened', () => {
  test('is left out with an alert that names its row; the others are read', async () => {
    const shop = openOneOrderShop(bank);
    const texts = [await sealWords(shop.services, ORDER_NO, 'first'), await sealWords(shop.services, ORDER_NO, SAID)];
    const [first, moved] = texts.filter((text) => text !== null);
    if (!first || !moved) throw new Error('nothing was sealed');
    const foreign = createVault({ current: aKey(), previous: null });
    const lost = {
      row: `order/${ORDER_NO}/words/lost`,
      sealed: await foreign.seal(SAID, `order/${ORDER_NO}/words/lost`),
    };
    const opened = await openSealed(shop.services, [
      { ...moved, row: `${moved.row}x` },
      lost,
      { row: WORDS.row, sealed: 'no sealed text at all' },
      first,
    ]);
    expect([...opened]).toEqual([[first.row, 'first']]);
    expect(shop.lines.map(({ level, event, fields }) => [level, event, fields['row']])).toEqual([
      ['alert', 'personal_data_unreadable', `${moved.row}x`],
      ['alert', 'personal_data_unreadable', lost.row],
      ['alert', 'personal_data_unreadable', WORDS.row],
    ]);
    expect(JSON.stringify(shop.lines)).not.toContain('我临时有事');
  });
});
