/** On whose behalf sync works when nobody is asking: the connection's user, with the least it needs. */
import { type CallContext, type Subject, UserId } from "@codex/protocol";

export function backgroundContext(
  userId: string,
  requestId: string,
  signal?: AbortSignal,
): CallContext & { readonly subject: Subject } {
  return {
    requestId,
    subject: {
      userId: UserId.parse(userId),
      role: "reader",
      scopes: ["plugins:use", "library:read"],
      fresh: false,
    },
    ...(signal && { signal }),
  };
}
