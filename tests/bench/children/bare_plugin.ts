/** The plainest plugin: answers every line with one search result, by a read-line loop. */
const encoder = new TextEncoder();
let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const { id, params } = JSON.parse(line) as { id: number; params: { query: string } };
    const results = [{ externalId: "1", title: params.query, alternateTitles: [] }];
    const answer = JSON.stringify({ jsonrpc: "2.0", id, result: { results } });
    await Deno.stdout.write(encoder.encode(answer + "\n"));
  }
}
