/** A merchant's call as it came in: which one it is, and the exact text that its signature has to cover. */

/** The name that the fault plan knows a call by. */
export type CallName = 'wechat.prepay' | 'wechat.query' | 'wechat.close' | 'wechat.refund' | 'wechat.refund.query';

/** One call. `subject` is what its path names: a product, or a number. */
export type ApiCall = {
  name: CallName;
  subject: string;
  verb: 'GET' | 'POST';
  /** Path and query, as they were sent. */
  target: string;
  query: URLSearchParams;
  headers: Headers;
  /** As it was sent; `null` when it is not UTF-8. */
  body: string | null;
};

const NUMBER = '([^/]+)';
const CALLS: readonly { verb: ApiCall['verb']; path: RegExp; name: CallName }[] = [
  { verb: 'POST', path: /^\/v3\/pay\/transactions\/(jsapi|app|native)$/, name: 'wechat.prepay' },
  { verb: 'GET', path: new RegExp(`^/v3/pay/transactions/(out-trade-no/${NUMBER})$`), name: 'wechat.query' },
  { verb: 'GET', path: new RegExp(`^/v3/pay/transactions/(id/${NUMBER})$`), name: 'wechat.query' },
  { verb: 'POST', path: new RegExp(`^/v3/pay/transactions/out-trade-no/${NUMBER}/close$`), name: 'wechat.close' },
  { verb: 'POST', path: /^\/v3\/refund\/domestic\/(refunds)$/, name: 'wechat.refund' },
  { verb: 'GET', path: new RegExp(`^/v3/refund/domestic/refunds/${NUMBER}$`), name: 'wechat.refund.query' },
];

/** Reads a request; `null` when no call has its method and path. */
export async function readApiCall(request: Request): Promise<ApiCall | null> {
  const url = new URL(request.url);
  for (const { verb, path, name } of CALLS) {
    const subject = verb === request.method ? decoded(path.exec(url.pathname)?.[1]) : null;
    if (subject === null) continue;
    return {
      name,
      subject,
      verb,
      target: url.pathname + url.search,
      query: url.searchParams,
      headers: request.headers,
      body: await readText(request),
    };
  }
  return null;
}

function decoded(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

async function readText(request: Request): Promise<string | null> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await request.arrayBuffer());
  } catch {
    return null;
  }
}
