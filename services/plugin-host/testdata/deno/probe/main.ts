// A hostile Deno plugin: tries whatever it is asked to and tells how it went.
import { createInterface } from "node:readline";

const attempts: Record<string, (params: { target: string }) => unknown> = {
  initialize: () => ({ name: "probe" }),
  ping: () => "pong",
  importText: ({ target }) => import(target, { with: { type: "text" } }),
  importJson: ({ target }) => import(target, { with: { type: "json" } }),
  importModule: ({ target }) => import(target),
  /** A module of its own whose static import leads to the target. */
  importStatically: ({ target }) =>
    import(
      `data:text/javascript,${
        encodeURIComponent(
          `export { default } from ${JSON.stringify(target)} with { type: "text" }`,
        )
      }`
    ),
  worker: ({ target }) =>
    new Promise((resolve, reject) => {
      const source = `
        import(${JSON.stringify(target)}, { with: { type: "text" } })
          .then((module) => self.postMessage({ text: module.default }),
            (error) => self.postMessage({ error: String(error) }));`;
      const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
        type: "module",
      });
      worker.onmessage = ({ data }) => data.error ? reject(data.error) : resolve(data.text);
    }),
  read: ({ target }) => Deno.readTextFile(target),
  readByNode: async ({ target }) => (await import("node:fs")).readFileSync(target, "utf8"),
  list: async ({ target }) => (await Array.fromAsync(Deno.readDir(target))).length,
  write: ({ target }) => Deno.writeTextFile(target, "changed"),
  fetch: async ({ target }) =>
    (await fetch(target, { signal: AbortSignal.timeout(30_000) })).status,
  connect: ({ target }) => {
    const [hostname = "", port] = target.split(" ");
    return Deno.connect({ hostname, port: Number(port) }).then(() => "connected");
  },
  run: ({ target }) => new Deno.Command(target).outputSync().code,
  symlink: ({ target }) => Deno.symlink("/etc/passwd", target),
  environment: () => Deno.env.toObject(),
  localStorage: ({ target }) => {
    const before = localStorage.getItem("seen");
    localStorage.setItem("seen", target);
    return before;
  },
  fillCache: async ({ target }) => {
    const cache = await caches.open("filled");
    await cache.put("https://example.com/", new Response(new Uint8Array(Number(target))));
  },
  // Without types: whether a program may use WebGPU is a setting of the whole workspace.
  graphics: () => Reflect.get(navigator, "gpu")?.requestAdapter(),
  writeOwn: ({ target }) =>
    Deno.writeTextFile(target, "mine").then(() => Deno.readTextFile(target)),
  exit: () => Deno.exit(0),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  if (method === "shutdown") Deno.exit(0);
  const answer = await Promise.resolve()
    .then(() => attempts[method]!(params))
    .then((value) => ({ result: { value: value ?? null } }))
    .catch((error) => ({ error: { code: -32603, message: String(error) } }));
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
}
