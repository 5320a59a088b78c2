// Put before the host's own bootstrap in a copy of the tree: keeps every byte that a plugin gets on its
// standard input, as it came, in the plugin's data folder, which `initialize` names.
const { stdin } = Deno;
const readable = stdin.readable;
const read = stdin.read.bind(stdin);
let early = new Uint8Array();
let file;

function keep(bytes) {
  if (file !== undefined) return write(bytes);
  const all = new Uint8Array(early.length + bytes.length);
  all.set(early);
  all.set(bytes, early.length);
  early = all;
  const end = early.indexOf(0x0a);
  if (end < 0) return;
  const { params } = JSON.parse(new TextDecoder().decode(early.subarray(0, end)));
  const path = `${params.dataDir}/captured-${crypto.randomUUID()}.ndjson`;
  file = Deno.openSync(path, { create: true, append: true });
  write(early);
}

function write(bytes) {
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
}

Object.defineProperties(stdin, {
  read: {
    async value(into) {
      const count = await read(into);
      if (count) keep(into.subarray(0, count));
      return count;
    },
  },
  readable: {
    get: () =>
      readable.pipeThrough(
        new TransformStream({
          transform(chunk, controller) {
            keep(chunk);
            controller.enqueue(chunk);
          },
        }),
      ),
  },
});
