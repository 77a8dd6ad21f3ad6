/** An amount of money as documents show it that count in yuan. */

import * as z from 'zod';
import { type Fen, fenOfYuan } from '../core/money.ts';
import { orMissing } from './input-words.ts';

/** More than nothing, as a JSON number of yuan with at most two decimals, read as fen. `words` say so to the client. */
export function yuanAmount(words: string) {
  return z.number({ error: orMissing(words) }).transform((yuan, context): Fen => {
    const amountFen = fenOfYuan(yuan);
    if (amountFen !== null && amountFen > 0) return amountFen;
    context.addIssue({ code: 'custom', message: words });
    return z.NEVER;
  });
}
