/** What clients of the print shop send, and what its orders keep of it. */

import * as z from 'zod';
import { MAX_AMOUNT_FEN } from '../../core/money.ts';
import type { Details } from '../../core/order/order.ts';
import { MISSING, orMissing, ownFields } from '../../http/input-words.ts';
import { PLAIN, PLAIN_LINE, plainText } from '../../http/plain-text.ts';
import { LIST_TYPES, PAYWAYS } from './status.ts';

/** A whole number, as a JSON number: what is printed as `1.0` or `1e0` counts by its value. */
function whole(least: number, most: number) {
  const error = orMissing(`必须是 ${least} 到 ${most} 之间的整数`);
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** Text that is there to be read: blanks alone say nothing. */
function said(most: number, pattern: RegExp) {
  return plainText(1, most, pattern).refine((value) => value.trim() !== '', { error: MISSING });
}

/** The longest file that is printed. */
export const MAX_PAGES = 100_000;

/** The name of a paper: a part of its price's id, so without the hyphen that separates these. */
const PAPER = /^[\p{L}\p{N}.]{1,16}$/u;
const paper = (() => {
  const error = orMissing('必须是 1 到 16 个字母或数字');
  return z.string({ error }).regex(PAPER, { error });
})();

const COLORS = ['mono', 'colorful'] as const;

const file = z
  .strictObject(
    {
      fileID: z
        .string({ error: orMissing('必须是 32 位十六进制的 MD5 值') })
        .regex(/^[0-9A-Fa-f]{32}$/, { error: '必须是 32 位十六进制的 MD5 值' }),
      fileName: said(255, PLAIN_LINE),
      row: whole(1, 16),
      col: whole(1, 16),
      copies: whole(1, 999),
      size: paper,
      caliper: paper,
      color: z.enum(COLORS, { error: orMissing(`必须是 ${COLORS.join(' 或 ')}`) }),
      side: z.literal([1, 2], { error: orMissing('必须是 1 或 2') }),
      startPage: whole(0, MAX_PAGES),
      endPage: whole(0, MAX_PAGES),
    },
    ownFields,
  )
  .superRefine(({ startPage, endPage }, context) => {
    if (startPage === 0 && endPage === 0) return;
    if (startPage === 0) context.addIssue({ code: 'custom', path: ['startPage'], message: '全部打印时起止页都须为 0' });
    else if (endPage < startPage) context.addIssue({ code: 'custom', path: ['endPage'], message: '不能小于起始页' });
  });

const optional = (most: number, pattern: RegExp) => plainText(0, most, pattern).default('');

/** Where an order goes. Nothing said in any field: its customer comes for it. */
const dispatching = z
  .strictObject(
    {
      nickname: optional(64, PLAIN_LINE),
      phone: optional(32, PLAIN_LINE),
      address: optional(256, PLAIN_LINE),
      message: optional(500, PLAIN),
    },
    ownFields,
  )
  .nullish()
  .transform((given, context) => {
    if (!given || Object.values(given).every((value) => value.trim() === '')) return null;
    for (const field of ['nickname', 'phone', 'address'] as const) {
      if (given[field].trim() === '') context.addIssue({ code: 'custom', path: [field], message: '配送时不能为空' });
    }
    if (given.phone.trim() !== '' && !/^\+?\d[\d -]{2,30}$/.test(given.phone)) {
      context.addIssue({ code: 'custom', path: ['phone'], message: '必须是电话号码' });
    }
    return given;
  });

/** A print point's number is text: `0026` is another one than `26`. */
export const POINT_ID = /^\d{1,16}$/;
const pointId = z
  .string({ error: orMissing('必须是数字组成的字符串') })
  .regex(POINT_ID, { error: '必须是数字组成的字符串' });

/** `POST /API/order/verify`. */
export const verifySchema = z.strictObject(
  {
    pointID: pointId,
    money: whole(1, MAX_AMOUNT_FEN),
    files: z
      .array(file, { error: orMissing('必须是 1 到 50 个文件的列表') })
      .min(1, { error: '必须是 1 到 50 个文件的列表' })
      .max(50, { error: '必须是 1 到 50 个文件的列表' }),
    dispatching,
  },
  ownFields,
);

/** What somebody wants printed. */
export type Wanted = z.output<typeof verifySchema>;
export type WantedFile = Wanted['files'][number];

/** An order's number: any text that could be one, for what is none is simply an order that does not exist. */
const orderID = (() => {
  const error = orMissing('必须是订单号');
  return z.string({ error }).min(1, { error: MISSING }).max(64, { error });
})();

const payway = z.enum(PAYWAYS, { error: orMissing(`必须是 ${PAYWAYS.join(' 或 ')}`) });

/** `PUT /API/order/cancel`. */
export const cancelSchema = z.strictObject({ orderID }, ownFields);

/** `POST /API/order/refund`. */
export const refundSchema = z.strictObject({ orderID, reason: said(500, PLAIN) }, ownFields);

/** `GET /API/order/detail`. */
export const orderSchema = z.object({ orderID });

/** `GET /API/pay/payment`. */
export const paymentSchema = z.object({ orderID, payway });

/** `GET /API/pay/trade`. The order's state does not depend on how it is paid, so `payway` may be left out. */
export const tradeSchema = z.object({ orderID, payway: payway.optional() });

/** Digits of a number, as queries have it. Whatever else it is, given twice or nonsense, is refused. */
function count(fallback: number, least: number, most: number) {
  const error = `必须是 ${least} 到 ${most} 之间的整数`;
  return z
    .string({ error })
    .regex(/^\d{1,12}$/, { error })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error })
    .default(fallback);
}

/** Far more pages than anybody has orders for. */
const MAX_PAGE = 999_999_999_999;

/** `GET /API/orders/info`. */
export const listSchema = z.object({
  limits: count(10, 1, 100),
  page: count(1, 1, MAX_PAGE),
  type: z.enum(LIST_TYPES, { error: `必须是 ${LIST_TYPES.join('、')} 之一` }).default('ALL'),
});

/** How large a code is where nobody says, in pixels. */
export const CODE_SIZE = 256;

/** `GET /API/pay/QRCode`: how large, in pixels, and the code's text as this service has sealed it. */
export const codeSchema = z.object({
  size: count(CODE_SIZE, 64, 1024),
  uri: z.string({ error: orMissing('不是有效的二维码') }).max(2048, { error: '不是有效的二维码' }),
});

/** What an order keeps in plain: what is printed where, and what it came to. */
export const detailsSchema = z.object({
  pointID: z.string(),
  pointName: z.string(),
  pointPhone: z.string().nullable(),
  files: z.array(
    z.object({
      fileID: z.string(),
      fileName: z.string(),
      row: z.number(),
      col: z.number(),
      copies: z.number(),
      size: z.string(),
      caliper: z.string(),
      color: z.string(),
      side: z.number(),
      startPage: z.number(),
      endPage: z.number(),
    }),
  ),
  settle: z.array(
    z.object({
      size: z.string(),
      caliper: z.string(),
      color: z.string(),
      side: z.number(),
      unitFen: z.number(),
      count: z.number(),
    }),
  ),
  isDelivered: z.boolean(),
});

/** Where an order goes, as it is kept: only ever sealed. */
const personalSchema = z.object({
  nickname: z.string(),
  phone: z.string(),
  address: z.string(),
  message: z.string(),
});

/** What is shown where its key is gone: that an order is to be delivered must not get lost with it. */
const UNREADABLE = { nickname: '', phone: '', address: '', message: '' };

/** Where an order goes, as it was opened. */
export function readDispatching(personal: Details | null): z.output<typeof personalSchema> {
  return personal === null ? UNREADABLE : personalSchema.parse(personal);
}

const shownUser = z.object({ code: z.string(), phone: z.string(), name: z.string() }).partial();
export type ShownUser = z.output<typeof shownUser>;

/** What of a user is shown with an order. */
export function readUser(fields: Details): ShownUser {
  return shownUser.parse(fields);
}
