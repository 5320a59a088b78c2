/** `CODEX_PLUGIN_UIDS`: the kernel users that plugins run as where the host is root. */
import { z } from "zod";

/** Both ends belong to it. */
export interface UidRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Below are users of the system; the kernel takes the highest numbers for "nobody" and "no change".
 */
const UID_MIN = 1000;
const UID_MAX = 2 ** 32 - 10;
/** Every plugin and connection keeps its number as long as it has data. */
const COUNT_MIN = 100;

/**
 * Above all that is given out elsewhere: by `/etc/subuid` from 100000 on, to directory services up
 * to 2000200000, by systemd to containers up to 1879048191; and below 2^31, as some programs take a
 * uid for a signed number.
 */
export const PLUGIN_UIDS_DEFAULT = "2100000000-2100065535";

/** Schema of the variable's text. */
export const UidRangeText = z.string().transform((text, context): UidRange => {
  const match = /^(\d{1,10})-(\d{1,10})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (first >= UID_MIN && last <= UID_MAX && last - first >= COUNT_MIN - 1) return { first, last };
  context.addIssue({
    code: "custom",
    message:
      `Must be "first-last", at least ${COUNT_MIN} user ids from ${UID_MIN} to ${UID_MAX} that nobody else has`,
  });
  return z.NEVER;
});
