/** A shell that stays open, so that a later line finds the variables of an earlier one. */
import { spawn } from 'node:child_process';
import { waitUntil } from '../local/wait-until.ts';

const MARK = '---- that was all ----';
const LINE_MS = 20_000;

/** The plainest shell there is: what it understands, every other one does. */
export function openShell(): { run: (lines: readonly string[]) => Promise<string>; close: () => void } {
  const shell = spawn('sh', { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return {
    /** Types the lines, one after the other, and gives what they print. */
    async run(lines) {
      output = '';
      shell.stdin.write(`${lines.join('\n')}\nexec 2>&1; echo '${MARK}'\n`);
      await waitUntil(lines.join('\n'), () => (output.includes(MARK) ? true : null), { withinMs: LINE_MS });
      return output.replace(MARK, '').trim();
    },
    close: () => void shell.stdin.end(),
  };
}
