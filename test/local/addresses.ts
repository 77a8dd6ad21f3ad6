/** Where the service and the sandbox are found on this machine. */

/** Ports, and what is built on them. */
export type Addresses = {
  servicePort: number;
  sandboxPort: number;
  serviceUrl: string;
  sandboxUrl: string;
};

/** 8787 and 8788, unless `PORT` and `SANDBOX_PORT` say otherwise. Throws for what is no port. */
export function readAddresses(environment: Record<string, string | undefined> = process.env): Addresses {
  const servicePort = readPort('PORT', environment['PORT'] ?? '8787');
  const sandboxPort = readPort('SANDBOX_PORT', environment['SANDBOX_PORT'] ?? '8788');
  return {
    servicePort,
    sandboxPort,
    serviceUrl: `http://localhost:${servicePort}`,
    sandboxUrl: `http://localhost:${sandboxPort}`,
  };
}

function readPort(name: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new Error(`${name} must be a port from 1 to 65535`);
  return port;
}
