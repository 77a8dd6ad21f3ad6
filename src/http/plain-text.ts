/** Words that a person writes and another one reads. */

import * as z from 'zod';
import { orMissing } from './input-words.ts';

/** Lines are the writer's; signs that make a line say something else than it shows are not, nor is half of a pair. */
export const PLAIN = /^(?:[^\p{Cc}\p{Cs}\p{Bidi_Control}]|[\t\n\r])*$/u;

/** One line of the same. */
export const PLAIN_LINE = /^[^\p{Cc}\p{Cs}\p{Bidi_Control}]*$/u;

/** Text of so many characters, of lines unless it says otherwise. A character is a code point: an emoji counts as one. */
export function plainText(least: number, most: number, pattern: RegExp = PLAIN) {
  const error = `必须是 ${least} 到 ${most} 个字符的文本，不含控制字符`;
  return z.string({ error: orMissing(error) }).refine(
    (value) => {
      // Surely too long, and not worth the counting.
      if (value.length > 2 * most) return false;
      const { length } = Array.from(value);
      return length >= least && length <= most && pattern.test(value);
    },
    { error },
  );
}
