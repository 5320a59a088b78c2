// The same echo in the framing of the Language Server Protocol: `Content-Length` headers.
import { Buffer } from "node:buffer";
import process from "node:process";

const SEPARATOR = "\r\n\r\n";

let rest = "";
process.stdin.setEncoding("latin1");
process.stdin.on("data", (chunk) => {
  rest += chunk;
  let out = "";
  for (let at = rest.indexOf(SEPARATOR); at !== -1; at = rest.indexOf(SEPARATOR)) {
    const length = Number(/Content-Length: (\d+)/i.exec(rest.slice(0, at))[1]);
    const start = at + SEPARATOR.length;
    if (rest.length < start + length) break;
    const body = Buffer.from(rest.slice(start, start + length), "latin1").toString("utf8");
    rest = rest.slice(start + length);
    const { id, params } = JSON.parse(body);
    if (id === undefined) continue;
    const reply = JSON.stringify({ jsonrpc: "2.0", id, result: params });
    out += `Content-Length: ${Buffer.byteLength(reply)}${SEPARATOR}${reply}`;
  }
  if (out !== "") process.stdout.write(out);
});
process.stdin.on("end", () => process.exit(0));
