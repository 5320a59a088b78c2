/** Lists of an answer that may have so many items. The items of a longer list are not looked at. */
import type { z } from "zod";
import { arrayOf } from "./json.ts";

/** A list of values of one thing, such as its tags: one that is too long goes as a whole. */
export function listAtMost<Item extends z.ZodType>(item: Item, itemsMax: number) {
  return listWithout(item, (input) =>
    Array.isArray(input) && input.length > itemsMax
      ? {
        code: "too_big",
        origin: "array",
        maximum: itemsMax,
        inclusive: true,
        input,
        message: `Must have at most ${itemsMax} items: has ${input.length}`,
      }
      : undefined);
}

/**
 * A list of things of their own, such as results: {@linkcode readWire} leaves out what is beyond.
 */
export function firstItemsOf<Item extends z.ZodType>(item: Item, itemsMax: number) {
  return listWithout(item, (input) => {
    if (!Array.isArray(input)) {
      return { code: "custom", params: { isMainList: true }, input, message: "Must be a list" };
    }
    return input.length <= itemsMax ? undefined : {
      code: "custom",
      params: { itemsMax },
      input,
      message: `Only the first ${itemsMax} items are taken: there are ${input.length}`,
    };
  });
}

/** Whether what {@linkcode firstItemsOf} found is no list: without it the answer says nothing. */
export function isMainList(issue: z.core.$ZodIssue): boolean {
  return issue.code === "custom" && issue.params?.["isMainList"] === true;
}

/** How many items of a list may stay, where {@linkcode firstItemsOf} has found more. */
export function itemsToKeep(issue: z.core.$ZodIssue): number | undefined {
  const itemsMax: unknown = issue.code === "custom" ? issue.params?.["itemsMax"] : undefined;
  return typeof itemsMax === "number" ? itemsMax : undefined;
}

/** @param faultOf what is wrong with a value as a whole, for which its items are not looked at */
function listWithout<Item extends z.ZodType>(
  item: Item,
  faultOf: (input: unknown) => z.core.$ZodRawIssue | undefined,
) {
  const list = arrayOf(item);
  const { run } = list._zod;
  list._zod.run = (payload, context) => {
    const fault = faultOf(payload.value);
    if (fault === undefined) return run(payload, context);
    payload.issues.push(fault);
    return payload;
  };
  return list.default([]);
}
