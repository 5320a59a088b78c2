/**
 * Keys as the database stores them: what stands between the quotes of the key's JSON.
 *
 * A plugin may choose any characters, but PostgreSQL's text holds neither U+0000 nor lone surrogates.
 * JSON escapes both; usual keys stay as they are.
 */

export function toKeyText(key: string): string {
  return JSON.stringify(key).slice(1, -1);
}

export function fromKeyText(text: string): string {
  return JSON.parse(`"${text}"`) as string;
}
