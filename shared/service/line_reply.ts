/** Reading an answer of one JSON object a line, as it comes. */
import type { z } from "zod";
import type { ServiceName } from "@codex/protocol";
import { ProblemError } from "./problem_error.ts";
import { readReply, type ServiceReply } from "./service_client.ts";

/** A line beyond this is no answer of ours. */
const LINE_CHARS_MAX = 32 * 1024 * 1024;

/**
 * The lines of a reply, each read by `schema`. A line is asked for when the one before has been taken,
 * so that a slow reader slows the writer down.
 *
 * @throws ProblemError the service's own problem, as it came; `service_failed` for a line of another
 * shape; `service_unavailable` when the stream breaks off
 */
export async function* readLines<Schema extends z.ZodType>(
  audience: ServiceName,
  schema: Schema,
  reply: ServiceReply & Pick<Response, "body">,
): AsyncGenerator<z.output<Schema>> {
  if (!reply.ok || reply.body === null) {
    await readReply(audience, schema, reply);
    throw new ProblemError("service_failed", `Service "${audience}" answered with nothing`);
  }
  let rest = "";
  for await (const text of decoded(audience, reply.body)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_CHARS_MAX) {
      throw new ProblemError("service_failed", `Service "${audience}" sent an endless line`);
    }
    for (const line of lines) yield parseLine(audience, schema, line);
  }
  if (rest !== "") yield parseLine(audience, schema, rest);
}

async function* decoded(
  audience: ServiceName,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  try {
    for await (const text of body.pipeThrough(new TextDecoderStream())) yield text;
  } catch (error) {
    throw new ProblemError(
      "service_unavailable",
      `Service "${audience}" broke off in the middle of its answer`,
      { cause: error, retryAfterSeconds: 2 },
    );
  }
}

function parseLine<Schema extends z.ZodType>(
  audience: ServiceName,
  schema: Schema,
  line: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ProblemError("service_failed", `Service "${audience}" sent a line that is no JSON`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProblemError("service_failed", `Service "${audience}" sent a line of another shape`, {
    cause: parsed.error,
  });
}
