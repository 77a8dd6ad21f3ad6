/** What clients are told of input that is not what it should be, in the words that all dialects share. */

import type * as z from 'zod';

/** For a field that was left out. */
export const MISSING = '不能为空';

/** A field that is not the call's own is refused: silently dropped, it would look as if it had counted. */
export const ownFields: z.core.$ZodObjectParams = {
  error: ({ code }) => (code === 'unrecognized_keys' ? '不是该接口的参数' : '必须是一个对象'),
};

/** The words for a value that is not what it should be, and for none at all. */
export function orMissing(words: string): (issue: { input?: unknown }) => string {
  return ({ input }) => (input === undefined ? MISSING : words);
}
