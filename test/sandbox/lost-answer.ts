/** Answers that never arrive: how a caller in the same process sees them, and how one across the network does. */

const CONNECTION_LOST = 'Network connection lost.';
/** Longer than the five seconds that a merchant waits for a gateway. */
const HELD_MS = 6000;

/** What `fetch` rejects with when the connection breaks. */
export function connectionReset(): TypeError {
  return new TypeError(CONNECTION_LOST);
}

/** What `fetch` rejects with when the caller's own patience ends. In one process nobody has to wait for it. */
export function timedOut(): DOMException {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError');
}

/** Turns the two rejections into what a network shows: a body that breaks off, or an answer that comes too late. */
export async function answerOverNetwork(call: () => Promise<Response>): Promise<Response> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      await scheduler.wait(HELD_MS);
      return new Response('Gateway Time-out', { status: 504 });
    }
    if (error instanceof TypeError && error.message === CONNECTION_LOST)
      return new Response(brokenBody(), UNCOMPRESSED);
    throw error;
  }
}

/** A proxy that compresses the answer would end it properly. */
const UNCOMPRESSED = { headers: { 'content-encoding': 'identity' } };

/** Promises more bytes than it sends: without a length, a proxy on the way ends the answer as if it were whole. */
function brokenBody(): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(1024);
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"')),
    pull: (controller) => controller.error(connectionReset()),
  });
  // The break is what was asked for, so nobody waits for the pipe and nobody needs to hear of its end.
  source.pipeTo(writable).catch(() => undefined);
  return readable;
}
