/** Runs one Wrangler command to its end. */
import { spawn } from 'node:child_process';
import { wranglerCommand } from './wrangler-command.ts';

/** Gives what it printed to standard output. Throws with all that it printed when it fails. */
export function runWrangler(root: string, args: readonly string[]): Promise<string> {
  const wrangler = wranglerCommand(root, args);
  return new Promise((resolve, reject) => {
    const child = spawn(wrangler.command, wrangler.args, { ...wrangler.options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`wrangler ${args.join(' ')} failed:\n${output}${complaints}`));
    });
  });
}
