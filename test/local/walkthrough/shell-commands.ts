/** The commands that a walkthrough is made of. They need curl and sed, which every developer has, and nothing else. */

/** One step: what it is, and its lines. Later lines use what earlier ones kept in variables. */
export type Step = { title: string; lines: readonly string[] };

/** The variable of the shell that holds the operator's token. */
export const OPERATOR = 'OPERATOR';

/** Shows what stands at an address that is open to everybody. */
export function show(url: string): string {
  return `curl -sS -w '\\n' ${url}`;
}

/** The beginning of a call of whoever the token in a variable belongs to; its address comes last. */
export function ask(token: string): string {
  return `curl -sS -w '\\n' -H "Authorization: Bearer $${token}"`;
}

/** A call with a JSON body. Variables of the shell in the body are filled in. */
export function post(token: string, url: string, body: string): string {
  return `${ask(token)} ${json(body)} ${url}`;
}

/** A JSON body for curl. One with a variable in it stands between double quotes, so that the shell fills it in. */
export function json(body: string): string {
  const quoted = body.includes('$') ? `"${body.replaceAll('"', '\\"')}"` : `'${body}'`;
  return `-H 'Content-Type: application/json' -d ${quoted}`;
}

/** How a field stands in an answer, as sed reads it. An object has no objects in it. */
const FORMS = { text: '"\\([^"]*\\)"', number: '\\([0-9]*\\)', object: '\\({[^}]*}\\)' } as const;

/** A field by its name, which is a text unless it says otherwise. */
type Field = string | readonly [name: string, form: 'number' | 'object'];

/** A command whose answer is shown, with fields of it kept in variables for the steps after it. */
export function keeping(command: string, fields: Record<string, Field>): string[] {
  return [
    `ANSWER=$(${command}); printf '%s\\n' "$ANSWER"`,
    ...Object.entries(fields).map(([variable, field]) => {
      const [name, form] = typeof field === 'string' ? ([field, 'text'] as const) : field;
      const find = `sed -n 's/.*"${name}":${FORMS[form]}.*/\\1/p'`;
      return `${variable}=$(printf '%s' "$ANSWER" | ${find}); echo "${variable} is $${variable}"`;
    }),
  ];
}

/** The title of a page of the sandbox, and below it the address for a browser. */
export function openPage(url: string): string[] {
  return [`curl -sS "${url}" | sed -n 's/.*<title>\\(.*\\)<\\/title>.*/\\1/p'`, `echo "${url}"`];
}

/** Presses a button of a cashier that takes what the service gave out in a form field. */
export function press(button: string, field: string): string {
  return `curl -sS -w '\\n' -H 'Accept: application/json' --data-urlencode "${field}" ${button}`;
}
