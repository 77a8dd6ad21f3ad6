/** The two languages of the panel, and what clients are told of their input in each. */

import type { Fault } from '../../core/errors.ts';
import { MISSING } from '../../http/input-words.ts';
import { FIELD_WORDS } from './schema.ts';

/** The languages, the one first that is spoken unless a client asks for the other. */
export const LANGUAGES = ['zh-CN', 'en-US'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same words in both. */
export type Words = Readonly<Record<Language, string>>;

/** What the request's `Content-Language` begins with: the panel's clients say there what they want to read. */
export function languageOf({ headers }: Request): Language {
  const [wanted] = (headers.get('content-language') ?? '').toLowerCase().split(/\s*,\s*/);
  return LANGUAGES.find((language) => language.toLowerCase() === wanted) ?? LANGUAGES[0];
}

/** What is said of a call's own fields: sentences that name what they mean. */
const SENTENCES: Readonly<Record<string, string>> = {
  [FIELD_WORDS.planMissing]: 'Plan ID cannot be empty',
  [FIELD_WORDS.planWrong]: 'Wrong plan ID',
  [FIELD_WORDS.cycleMissing]: 'Plan cycle cannot be empty',
  [FIELD_WORDS.cycleWrong]: 'Wrong plan cycle',
  [FIELD_WORDS.couponWrong]: 'Wrong coupon code',
  [FIELD_WORDS.orderMissing]: 'Order number cannot be empty',
  [FIELD_WORDS.orderWrong]: 'Wrong order number',
  [FIELD_WORDS.methodWrong]: 'Wrong payment method',
  [FIELD_WORDS.statusWrong]: 'Wrong order status',
};

/** What is said of any input, behind the name of what is meant. */
const PREDICATES: Readonly<Record<string, string>> = {
  [MISSING]: 'cannot be empty',
  不是该接口的参数: 'is not a parameter of this call',
  必须是一个对象: 'must be an object',
  '须为 application/json 或 application/x-www-form-urlencoded':
    'must be application/json or application/x-www-form-urlencoded',
  '不是有效的 UTF-8 文本': 'is not valid UTF-8 text',
  '不是有效的 JSON': 'is not valid JSON',
  同一字段出现了多次: 'names a field twice',
  嵌套过深: 'is nested too deeply',
  '必须是 1 到 255 个可打印 ASCII 字符': 'must be 1 to 255 printable ASCII characters',
};

/** What is wrong with a field, in a language. */
export function sayFault({ field, message }: Fault, language: Language): string {
  const sentence = SENTENCES[message];
  if (sentence !== undefined) return language === 'zh-CN' ? message : sentence;
  return `${field} ${language === 'zh-CN' ? message : (PREDICATES[message] ?? 'is not what it should be')}`;
}
