/** Where a page of series, books or libraries begins. */
import { z } from "zod";

export interface Position<Key> {
  /** By what the list is sorted. */
  readonly key: Key;
  /** Settles ties. */
  readonly id: string;
}

/** Reads a cursor's position: the key, then the id. */
export function positionBy<Key extends z.ZodType>(key: Key) {
  return z.tuple([key, z.uuid()])
    .transform(([key, id]): Position<z.output<Key>> => ({ key, id }));
}
