/** What clients of the medical companion send, and what operators keep in its catalogue. */

import * as z from 'zod';
import type { CatalogItem } from '../../core/catalog/catalog.ts';
import { MAX_AMOUNT_FEN } from '../../core/money.ts';
import type { Details } from '../../core/order/order.ts';
import type { WantedItem } from '../../core/order/place-order.ts';
import { catalogLine } from '../../http/catalog-kind.ts';
import { MISSING, orMissing, ownFields } from '../../http/input-words.ts';
import { PLAIN, plainText } from '../../http/plain-text.ts';
import { yuanAmount } from '../../http/yuan-amount.ts';
import { userIdSchema, USERS } from '../users.ts';

const MAX_ID = Number.MAX_SAFE_INTEGER;

/** A number of a row, also as its digits: its clients send forms as well as JSON, and a query is always text. */
const rowId = (() => {
  const error = `必须是 1 到 ${MAX_ID} 之间的整数`;
  const digits = z
    .string()
    .regex(/^\d{1,16}$/, { error })
    .transform(Number);
  return z
    .union([z.number({ error }), digits], { error: orMissing(error) })
    .refine((value) => Number.isSafeInteger(value) && value >= 1, { error });
})();

const DATE_WORDS = '必须是 YYYY-MM-DD 格式的真实日期';

/** A day of the calendar. Any: the document's own example lies in the past. */
const date = z
  .string({ error: orMissing(DATE_WORDS) })
  .regex(/^(?!0000)\d{4}-\d\d-\d\d$/, { error: DATE_WORDS })
  // The 30th of February is read as the 2nd of March, so what comes back is not what was sent.
  .refine(
    (value) => {
      const day = new Date(`${value}T00:00:00Z`);
      return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
    },
    { error: DATE_WORDS },
  );

const MAX_FORM_BYTES = 8 * 1024;
const FORM_WORDS = '必须是一个 JSON 对象，最大 8 KiB';

/** What the client's own form held, as it is: its fields are the client's business. */
const formObject = z.custom<Details>(
  (value) => typeof value === 'object' && !Array.isArray(value) && z.json().safeParse(value).success && value !== null,
  { error: FORM_WORDS },
);
const formData = formObject.refine(
  (value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_FORM_BYTES,
  { error: FORM_WORDS },
);

/** `POST /api/order/submit`. */
export const submitSchema = z.strictObject(
  {
    userId: rowId,
    serviceId: rowId,
    patientId: rowId,
    addressId: rowId,
    appointmentDate: date,
    appointmentTime: plainText(1, 20),
    specialRequirements: plainText(0, 500).default(''),
    formData: formData.default({}),
  },
  ownFields,
);

/** The ways to pay that the document knows. */
const PAYMENT_METHODS = ['wechat_pay', 'alipay'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** A user of the mini program. Signs without blanks: the document's own openId is a Chinese word for one. */
const OPEN_ID = /^[^\p{C}\p{Z}]{1,128}$/u;

/** `POST /api/order/pay/:id`. Only WeChat has to know who pays. */
export const paySchema = z
  .strictObject(
    {
      paymentMethod: z.enum(PAYMENT_METHODS, { error: orMissing(`必须是 ${PAYMENT_METHODS.join(' 或 ')}`) }),
      openId: z.string({ error: '必须是字符串' }).optional(),
    },
    ownFields,
  )
  .transform(({ paymentMethod, openId = '' }, context) => {
    if (paymentMethod === 'alipay') return { paymentMethod, payerId: null };
    if (OPEN_ID.test(openId)) return { paymentMethod, payerId: openId };
    const message = openId === '' ? MISSING : '必须是 1 到 128 个字符，不含空格和控制字符';
    context.addIssue({ code: 'custom', path: ['openId'], message });
    return z.NEVER;
  });

/** `POST /api/order/cancel/:id`. A reason that says nothing is none. */
export const cancelSchema = z
  .strictObject({ reason: plainText(0, 500).default('') }, ownFields)
  .transform(({ reason }) => ({ reason: reason.trim() === '' ? null : reason }));

const AMOUNT_WORDS = '必须是大于 0 的数字，单位为元，最多两位小数';

/** `POST /api/order/refund/:id`. */
export const refundSchema = z.strictObject(
  {
    reason: plainText(1, 500).refine((value) => value.trim() !== '', { error: MISSING }),
    refundAmount: yuanAmount(AMOUNT_WORDS),
  },
  ownFields,
);

/** Far more pages than anybody has orders for, and few enough that the number of the first order on one is exact. */
const MAX_PAGE = 99_999_999_999_999;
const MAX_PAGE_SIZE = 50;

/** Digits of a number up to `max`. Whatever else it is, given twice or nonsense, it counts as left out. */
function countOr(fallback: number, max: number) {
  return z
    .unknown()
    .optional()
    .transform((value) => (typeof value === 'string' && /^\d{1,14}$/.test(value) ? Number(value) : fallback))
    .transform((value) => (value >= 1 && value <= max ? value : fallback));
}

/** A word, left out, or (given twice, which is no word) nothing that anybody knows. */
const statusWord = z
  .unknown()
  .optional()
  .transform((value) => (value === undefined || typeof value === 'string' ? value : ''));

/** `GET /api/order/list`. A `status` that nobody knows lists nothing, so any is let through. */
export const listSchema = z.object({
  userId: rowId,
  status: statusWord,
  page: countOr(1, MAX_PAGE),
  pageSize: countOr(10, MAX_PAGE_SIZE),
});

/** What an order keeps in plain: which rows it is for, and what the service was when it was placed. */
export const detailsSchema = z.object({
  serviceId: z.number(),
  patientId: z.number(),
  addressId: z.number(),
  serviceDescription: z.string(),
});

/** What an order keeps that is about a person: only ever sealed. */
const personalSchema = z.object({
  appointmentDate: z.string(),
  appointmentTime: z.string(),
  specialRequirements: z.string(),
  formData: formObject,
});

/** What is shown where its key is gone: an order must not get lost with it. */
const UNREADABLE = { appointmentDate: '', appointmentTime: '', specialRequirements: '', formData: {} };

/** What an order keeps that is about a person, as it was opened. */
export function readPersonal(personal: Details | null): z.output<typeof personalSchema> {
  return personal === null ? UNREADABLE : personalSchema.parse(personal);
}

/** `medical-services` in the catalogue. */
export const serviceSchema = z.strictObject({
  title: catalogLine,
  description: z.string().max(4000).regex(PLAIN, { error: 'must be plain text' }),
  priceFen: z.int().nonnegative().max(MAX_AMOUNT_FEN),
});

/** `patients` in the catalogue. Name and phone are personal. */
export const patientSchema = z.strictObject({ userId: userIdSchema, name: catalogLine, phone: catalogLine });

/** `addresses` in the catalogue. The address is personal. */
export const addressSchema = z.strictObject({ userId: userIdSchema, address: catalogLine });

export const SERVICES = 'medical-services';
export const PATIENTS = 'patients';
export const ADDRESSES = 'addresses';

/** What somebody orders. */
export type Submitted = z.output<typeof submitSchema>;

/** The rows that an order is for, in the order in which they are missed. */
export function refsOf(order: Submitted): WantedItem[] {
  const isTheirs = (item: CatalogItem) => owned.safeParse(item.body).data?.userId === String(order.userId);
  return [
    { kind: USERS, id: String(order.userId), field: 'userId' },
    { kind: SERVICES, id: String(order.serviceId), field: 'serviceId' },
    { kind: PATIENTS, id: String(order.patientId), field: 'patientId', isTheirs },
    { kind: ADDRESSES, id: String(order.addressId), field: 'addressId', isTheirs },
  ];
}

function bodyOf(items: readonly CatalogItem[], kind: string): CatalogItem['body'] | undefined {
  return items.find((item) => item.kind === kind)?.body;
}

/** The service among the rows of an order. */
export function readService(items: readonly CatalogItem[]): z.output<typeof serviceSchema> | null {
  const service = bodyOf(items, SERVICES);
  return service ? serviceSchema.parse(service) : null;
}

/** Whose a row is, and who brought a user: what of them has to be known, and is nothing personal. */
const owned = z.object({ userId: userIdSchema });
const referred = z.object({ referrerId: userIdSchema.optional() });

/** Who brought the user of an order; `null`: nobody did. */
export function readReferrer(items: readonly CatalogItem[]): string | null {
  return referred.parse(bodyOf(items, USERS) ?? {}).referrerId ?? null;
}
