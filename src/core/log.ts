/** Writes log lines: one JSON object each, so that the platform's log search finds fields. */

import type { LogFields } from './services.ts';

/** One line. The fields never hold a secret, a token, a name, a phone, an address or free text. */
export function writeLog(level: 'info' | 'alert', event: string, fields: LogFields): void {
  const line = JSON.stringify({ level, event, ...fields });
  if (level === 'alert') console.warn(line);
  else console.log(line);
}

/** What may be logged of an error: its name and where it was thrown. Its message may quote what a customer sent. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { name: typeof error };
  // The message stands in front of the frames, and may have lines that look like one.
  const stack = (error.stack ?? '').replace(error.message, '');
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return {
    name: error.name,
    at: frames
      .slice(0, 4)
      .map((frame) => frame.trim())
      .join(' '),
  };
}
