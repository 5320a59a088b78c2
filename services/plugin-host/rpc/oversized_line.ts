/** What a line that is longer than the limit was, as far as its beginning tells. */

export type OversizedLine =
  | { readonly kind: "reply"; readonly id: number }
  | { readonly kind: "request"; readonly id: number | string }
  | { readonly kind: "unknown" };

const START = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?/.source;
const ID = /"id"\s*:\s*(?:(-?\d{1,15})|"([^"\\]{0,60})")\s*,\s*/.source;
/** As nearly every library writes it: the id before what is long. */
const REPLY = new RegExp(`${START}${ID}"(?:result|error)"`);
const REQUEST = new RegExp(`${START}${ID}"method"`);

/** @param head the first 120 characters or so */
export function readOversizedLine(head: string): OversizedLine {
  const reply = REPLY.exec(head);
  if (reply?.[1] !== undefined) return { kind: "reply", id: Number(reply[1]) };
  const [, number, text] = REQUEST.exec(head) ?? [];
  const id = number === undefined ? text : Number(number);
  return id === undefined ? { kind: "unknown" } : { kind: "request", id };
}
