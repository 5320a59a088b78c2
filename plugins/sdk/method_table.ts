/** Turns an author's handlers into the methods of a plugin. */
import type { CallContext, Method } from "./plugin.ts";

export type Handler<Params, Answer> = (
  params: Params,
  context: CallContext,
) => Answer | Promise<Answer>;

/**
 * Params are read before, and the answer is completed after, the author's handler. Undefined where
 * there is no handler: the method is then not offered.
 *
 * @param owner what `this` is in the handler
 */
export function method<Params, Answer>(
  owner: object,
  handler: Handler<Params, Answer> | undefined,
  read: (params: unknown) => Params,
  write: (answer: Answer) => Answer,
): Method | undefined {
  if (handler === undefined) return undefined;
  return async (params, context) => write(await handler.call(owner, read(params), context));
}

export function withoutAbsent(
  methods: Record<string, Method | undefined>,
): Record<string, Method> {
  const present: Record<string, Method> = {};
  for (const [name, found] of Object.entries(methods)) {
    if (found !== undefined) present[name] = found;
  }
  return present;
}
