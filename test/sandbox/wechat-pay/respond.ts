/** Answers on the wire: whole and signed, or broken on purpose. */
import type { Fault } from '../fault-plan.ts';
import { connectionReset, timedOut } from '../lost-answer.ts';
import { jsonText, refusal, type Answer } from './answer.ts';
import type { PlatformSigner } from './platform-signer.ts';

/** A signed answer; unsigned only for a caller who could not be recognised. */
export function respond({ status, content }: Answer, signer: PlatformSigner): Response {
  const body = content === null ? '' : jsonText(content);
  return wire(status, body, status === 401 ? {} : signer.sign('answer', body));
}

/** What is left of an answer when a fault has been at it. Throws what `fetch` rejects with when there is none left. */
export function respondBroken(fault: Fault, { status, content }: Answer, signer: PlatformSigner): Response {
  switch (fault.kind) {
    case '500':
      return new Response('Internal Server Error', { status: 500 });
    case 'reset':
      throw connectionReset();
    case 'timeout':
      throw timedOut();
    case 'malformed':
      // Its signature is good: who only verifies is none the wiser.
      return wire(200, HALF_AN_ANSWER, signer.sign('answer', HALF_AN_ANSWER));
    case 'unsigned':
      return wire(status, content === null ? '' : jsonText(content), {});
    case 'refused':
      return respond(refusal(fault.subCode, '沙箱计划的故障'), signer);
  }
}

const HALF_AN_ANSWER = '{"status":"SUCC';

function wire(status: number, body: string, signature: Record<string, string>): Response {
  const type = body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
  const headers = { ...type, 'request-id': crypto.randomUUID(), ...signature };
  return new Response(status === 204 ? null : body, { status, headers });
}
