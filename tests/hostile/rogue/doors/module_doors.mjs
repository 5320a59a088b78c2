/** Ways to have a file loaded as a module, or as a part of one. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export function modules({ key, own }) {
  const Module = require("node:module");
  const url = `file://${key}`;
  const text = { with: { type: "text" } };
  const dataUrl = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
  const reexport = `export { default } from ${JSON.stringify(url)} with { type: "text" }`;
  const load = async (specifier, options = text) => (await import(specifier, options)).default;
  return {
    "as text": () => load(url),
    "as bytes": () => load(url, { with: { type: "bytes" } }),
    "as JSON": () => load(url, { with: { type: "json" } }),
    "as code": () => load(url, {}),
    "with a query": () => load(`${url}?door`),
    "from localhost": () => load(`file://localhost${key}`),
    "by a module in a URL": () => load(dataUrl(reexport), {}),
    "by a module in a blob": () =>
      load(URL.createObjectURL(new Blob([reexport], { type: "text/javascript" })), {}),
    "by a function": () => Function(`return import(${JSON.stringify(url)})`)(),
    "in another context": () =>
      require("node:vm").runInNewContext("read(path, 'utf8')", {
        read: require("node:fs").readFileSync,
        path: key,
      }),
    "required": () => require(key),
    "required by another's paths": () => require.resolve("./key", { paths: [`${key}/..`] }),
    "by a loader's insides": () => Module._extensions[".js"](new Module("door"), key),
    "by a JSON loader's insides": () => Module._extensions[".json"](new Module("door"), key),
    "by a search": () => Module._findPath(key, ["/"]) || undefined.x,
    "of native code": () => Module._extensions[".node"](new Module("door"), `${own}/door.node`),
    "of the host's SDK by path": () => load(import.meta.resolve("@codex/plugin-sdk") + "?door", {}),
    "from npm": () => load("npm:left-pad@1.3.0", {}),
    "from JSR": () => load("jsr:@std/path", {}),
    "from elsewhere": () => load("https://example.org/door.ts", {}),
  };
}

export function hooks({ key }) {
  const { registerHooks } = require("node:module");
  return {
    "that lead to a secret": async () => {
      const url = `file://${key}`;
      const registered = registerHooks({
        resolve: () => ({ url, format: "module", shortCircuit: true }),
      });
      try {
        return await import("door");
      } finally {
        registered.deregister();
      }
    },
  };
}
