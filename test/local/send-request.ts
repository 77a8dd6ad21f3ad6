/** Sends one HTTP request and reads all of the answer. */

/** Longer than any answer takes, also on a busy machine. */
const PATIENCE_MS = 30_000;

/** What is sent: a GET without a token, unless it says otherwise. A body makes it a POST. */
export type Sent = {
  method?: 'POST' | 'DELETE';
  token?: string;
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
};

/** What came back. `json` is `undefined` when the text is no JSON. */
export type Answer = { ok: boolean; status: number; text: string; json: unknown };

/** Rejects when nobody answers. */
export async function sendRequest(url: string, { method, token, headers, json, form }: Sent = {}): Promise<Answer> {
  const body = form ? new URLSearchParams(form).toString() : json === undefined ? null : JSON.stringify(json);
  const response = await fetch(url, {
    method: method ?? (body === null ? 'GET' : 'POST'),
    headers: {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    body,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  return { ok: response.ok, status: response.status, text, json: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
