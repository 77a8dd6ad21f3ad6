/** A key that comes twice in one object is found wherever it stands, and nothing else is taken for one. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasDuplicateKeys } from '../../src/http/has-duplicate-keys.ts';

function check(text: string): boolean {
  return hasDuplicateKeys(text, JSON.parse(text));
}

test.each([
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":2}',
  '{"":1,"":2}',
  '{"__proto__":1,"__proto__":2}',
  '[{"a":1},{"b":{"c":[{"d":1,"d":2}]}}]',
  '{"a":{"a":1,"a":2}}',
  '{"a\\"":1,"a\\"":2}',
  '{"😀":1,"\\ud83d\\ude00":2}',
  '{ "a" : 1 ,\r\n\t"b" : 2 , "a" : 3 }',
  '{"a":{"x":1},"a":{"x":1,"y":2,"z":3}}',
])('%s has one', (text) => {
  expect(check(text)).toBe(true);
});

test.each([
  'null',
  '":"',
  '[]',
  '{}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a":"a","b":"a"}',
  '{"a":"{\\"b\\":1,\\"b\\":2}"}',
  '{"a\\\\":1,"b":":\\\\"}',
  '{"a":1,"A":2,"a ":3}',
  '{"constructor":1,"__proto__":{"toString":2}}',
])('%s has none', (text) => {
  expect(check(text)).toBe(false);
});

test('no JSON that was made from a value has one, however it is spaced', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 1, '\t'), (value, indent) => {
      expect(check(JSON.stringify(value, null, indent))).toBe(false);
    }),
  );
});

test('every object has one after any of its keys is written again', () => {
  const keys = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 });
  fc.assert(
    fc.property(keys, fc.nat(), fc.jsonValue(), (object, nth, value) => {
      const known = Object.keys(object);
      const key = JSON.stringify(known[nth % known.length]);
      const text = `${JSON.stringify(object).slice(0, -1)},${key}:${JSON.stringify(value)}}`;
      expect(check(text)).toBe(true);
    }),
  );
});

test('a text of the largest size takes one pass', () => {
  const text = `{"a":"${'\\"'.repeat(32_000)}"}`;
  expect(check(text)).toBe(false);
});
