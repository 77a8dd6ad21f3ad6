/** Runs the command that it is given, and takes it along when the process that asked for it dies. */
// However that happens: nobody can catch `kill -9`, but the channel between the two closes all the same. Used by
// `spawn-tethered.ts` alone.
import { spawn } from 'node:child_process';

const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: 'inherit' });
child.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once('exit', (code) => process.exit(code ?? 1));

// The command is the one to answer these: this process ends when that one has.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
