/**
 * What plugins over HTTP have in common: bodies with a bound, and failures of the connection told apart.
 *
 * @module
 */
import { ConfigurationError, ExternalApiError, type PluginError } from "./errors.ts";

/**
 * A body as text, given up as soon as it is too long.
 *
 * @param service how messages call it
 * @throws {ExternalApiError} more than `bytesMax`
 */
export async function readBodyText(
  service: string,
  response: Response,
  bytesMax: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      const { status } = response;
      throw new ExternalApiError(`${service} answered ${status}: more than ${bytesMax} bytes`, {
        status,
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The error to throw for what `fetch` threw. */
export function connectionFailure(
  service: string,
  url: string,
  thrown: unknown,
  timedOut: boolean,
): PluginError {
  if (timedOut) return new ExternalApiError(`${service} didn't answer in time`);
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  // How Deno says that the sandbox doesn't let this host through.
  if (name === "NotCapable" || name === "PermissionDenied") {
    return new ConfigurationError(`Network access to "${new URL(url).host}" is not granted`);
  }
  return new ExternalApiError(`${service} can't be reached: ${message}`, { cause: thrown });
}
