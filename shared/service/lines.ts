/**
 * The lines of a byte stream, without their ends. A line beyond `lengthMax` characters is given in
 * pieces, so that a program which never ends its line costs bounded memory.
 */
export async function* lines(
  stream: ReadableStream<Uint8Array>,
  lengthMax = 65_536,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
      yield rest.slice(start, rest[end - 1] === "\r" ? end - 1 : end);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > lengthMax) {
      yield rest;
      rest = "";
    }
  }
  if (rest !== "") yield rest;
}
