/** Whether somebody already answers at a port of this machine. */
import { connect } from 'node:net';

/** Asks by connecting, because a port that is taken on another address can still be bound on some systems. */
export function isPortInUse(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost', autoSelectFamily: true });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
