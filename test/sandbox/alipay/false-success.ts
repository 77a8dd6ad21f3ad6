/** What an unsigned answer claims when nothing happened at all: the worst that a merchant could believe. */
import * as z from 'zod';
import { success, type AnswerContent } from './answer.ts';
import { readBizContent } from './biz-content.ts';

const NAMED = z.object({ out_trade_no: z.string() });

/** A success of any call; of an order, with a code that nobody has ever made. */
export function falseSuccess(method: string, bizContent: string | undefined): AnswerContent {
  if (method !== 'alipay.trade.precreate') return success({});
  const named = readBizContent(NAMED, bizContent);
  return success({ ...(named.ok ? named.value : {}), qr_code: 'https://qr.alipay.com/bax000000000000000never' });
}
