/** The plainest plugin: answers every line with the result it was started with, by a read-line loop. */
const result: unknown = JSON.parse(Deno.args[0] ?? "null");
const encoder = new TextEncoder();
let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const { id } = JSON.parse(line) as { id: number };
    const answer = JSON.stringify({ jsonrpc: "2.0", id, result });
    await Deno.stdout.write(encoder.encode(answer + "\n"));
  }
}
