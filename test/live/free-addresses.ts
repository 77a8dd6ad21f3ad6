/** Addresses that nobody uses, so that a test can run beside a developer's service. */
import { createServer } from 'node:net';
import { type Addresses, readAddresses } from '../local/addresses.ts';

/** Two ports that are free now. */
export async function freeAddresses(): Promise<Addresses> {
  const servers = [await listen(), await listen()];
  const [PORT, SANDBOX_PORT] = servers.map(({ port }) => String(port));
  for (const { close } of servers) await close();
  return readAddresses({ PORT, SANDBOX_PORT });
}

/** Both ports are held until both are known, so that they differ. */
async function listen(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, 'localhost', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: address.port, close };
}
