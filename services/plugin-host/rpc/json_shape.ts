/**
 * What a JSON text holds, told before it is parsed: a plugin writes it, and what is made of it costs the host a hundred
 * times the text's own memory and time.
 */
import { endOfString, STORAGE_VALUE_BYTES_MAX } from "@codex/protocol";

/**
 * Deepest nesting taken from a plugin. JSON.parse takes any depth, but what comes after it
 * (JSON.stringify, schemas) recurses and would overflow the stack.
 */
export const JSON_DEPTH_MAX = 512;

/**
 * Most commas and opening brackets in one line. No value of 1 MiB, which `storage/set` has to take, has more: `[],` are two of
 * them in three bytes. A line of 4 MiB could have four times as many, and hold up all other plugins for that time.
 */
export const JSON_PARTS_MAX = Math.ceil(STORAGE_VALUE_BYTES_MAX * 2 / 3) + 1000;

export interface JsonShape {
  /** Levels of arrays and objects. */
  readonly depth: number;
  /** Commas and opening brackets: what there is to be made, but for what is in them. */
  readonly parts: number;
}

/** Each level takes two characters, each part at least one and a half. */
const SHORT_LENGTH_MAX = 2 * JSON_DEPTH_MAX;
const SHORT: JsonShape = { depth: 0, parts: 0 };

/** Looks through a text, which need not be JSON. One that is too short for any limit is not looked at. */
export function shapeOf(text: string): JsonShape {
  if (text.length <= SHORT_LENGTH_MAX) return SHORT;
  let [depth, deepest, parts] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at);
        break;
      case 0x2c: // ,
        parts++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        parts++;
        if (++depth > deepest) deepest = depth;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
    }
  }
  return { depth: deepest, parts };
}
