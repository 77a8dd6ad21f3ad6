/** The types of every answer of the print shop, from its documents alone: not one key more, not one less. */
import * as z from 'zod';

const orderID = z.string().regex(/^20\d{20}$/);
/** Epoch milliseconds as text. */
const time = z.string().regex(/^1\d{12}$/);
const fen = z.int().positive();
const state = z.enum(['PAYING', 'PAID', 'PRINTED', 'FINISH', 'CANCEL', 'REFUNDING', 'REFUNDED']);
const color = z.enum(['mono', 'colorful']);
const side = z.literal([1, 2]);
const count = z.int().nonnegative();

const answer = <Info extends z.ZodType>(info: Info) => z.strictObject({ result: z.literal('OK'), info });

export const doneAnswer = z.strictObject({ result: z.literal('OK') });

export const verifiedAnswer = answer(z.strictObject({ orderID, desc: z.string().regex(/^《.+》等共\d{1,2}个文件$/s) }));

const printed = z.strictObject({
  fileID: z.string().regex(/^[0-9A-Fa-f]{32}$/),
  fileName: z.string().min(1),
  row: z.int().min(1).max(16),
  col: z.int().min(1).max(16),
  copies: z.int().min(1).max(999),
  size: z.string().min(1),
  caliper: z.string().min(1),
  color,
  side,
  startPage: count,
  endPage: count,
  download: z.strictObject({ enable: z.literal(false), url: z.null() }),
});

export const detailAnswer = answer(
  z.strictObject({
    uid: z.string().min(1),
    code: z
      .string()
      .regex(/^\+\d+$/)
      .nullable(),
    username: z.string().nullable(),
    nickname: z.string().nullable(),
    orderID,
    orderDate: time,
    state,
    payDate: time.nullable(),
    payway: z.enum(['ALIPAY', 'WXPAY']).optional(),
    pointName: z.string().min(1),
    pointPhone: z.string().min(1).nullable(),
    printDate: time.nullable(),
    pointID: z.string().regex(/^\d+$/),
    money: fen,
    files: z.array(printed).min(1).max(50),
    dispatching: z
      .strictObject({ nickname: z.string(), phone: z.string(), address: z.string(), message: z.string() })
      .optional(),
    settle: z
      .array(
        z.strictObject({
          size: z.string(),
          caliper: z.string(),
          color,
          side,
          unit: count,
          count: z.int().positive(),
        }),
      )
      .min(1),
  }),
);

export const listAnswer = answer(
  z
    .array(
      z.strictObject({
        orderID,
        orderDate: time,
        state,
        money: fen,
        pointName: z.string().min(1),
        fileCount: z.int().min(1).max(50),
        filePrename: z.string().min(1),
      }),
    )
    .max(100),
);

export const amountAnswer = answer(
  z.strictObject({ ALL: count, PAYING: count, PAID: count, PRINTED: count, FINISH: count, REFUND: count }),
);

export const codeAnswer = answer(
  z.strictObject({ QRCode: z.url().startsWith('https://orders.example/API/pay/QRCode?') }),
);
export const formAnswer = answer(z.strictObject({ payform: z.string().regex(/^<form[\s>]/) }));
export const tradeAnswer = answer(z.strictObject({ state }));
