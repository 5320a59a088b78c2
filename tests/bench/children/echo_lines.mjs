// Answers each JSON-RPC line with its own params; `initialize` as the MCP handshake wants it.
import process from "node:process";

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  let out = "";
  for (const line of lines) {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) continue;
    const result = method === "initialize"
      ? {
        protocolVersion: params.protocolVersion,
        capabilities: {},
        serverInfo: { name: "echo", version: "1.0.0" },
      }
      : params;
    out += JSON.stringify({ jsonrpc: "2.0", id, result }) + "\n";
  }
  if (out !== "") process.stdout.write(out);
});
process.stdin.on("end", () => process.exit(0));
