/**
 * Ways out of the process: to other threads, programs and sockets, and to the insides of the
 * runtime.
 */
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(import.meta.url);

export function workers({ key, data }) {
  const read = `Deno.readTextFileSync(${JSON.stringify(key)})`;
  const write = `(Deno.writeTextFileSync(${JSON.stringify(`${data}/door`)}, "x"), "wrote")`;
  const inWorker = (code) =>
    new Promise((resolve, reject) => {
      const report =
        `try { postMessage({ got: await ${code} }) } catch (e) { postMessage({ no: e.name }) }`;
      const url = `data:text/javascript,${encodeURIComponent(report)}`;
      const worker = new Worker(url, { type: "module" });
      const settle = (end) => (value) => {
        worker.terminate();
        end(value);
      };
      worker.onmessage = ({ data: { got, no } }) => settle(no ? reject : resolve)(got ?? no);
      worker.onerror = (event) => {
        event.preventDefault();
        settle(reject)(event.message);
      };
    });
  const inThread = (code, options) => {
    const { Worker: Thread } = require("node:worker_threads");
    const post = `require("node:worker_threads").parentPort.postMessage(${code})`;
    return untilEvent(new Thread(post, { eval: true, ...options }), "message");
  };
  return {
    "that read": () => inWorker(read),
    "that write": () => inWorker(write),
    "that reach for the runtime": () =>
      inWorker("Deno[Deno.internal].core.ops.op_read_file_text_sync('/etc/passwd')"),
    "that use graphics": () => inWorker("(await navigator.gpu.requestAdapter()).info.vendor"),
    "of Node that read": () => inThread(read),
    "of Node that write": () => inThread(write),
    "of Node with flags": () => inThread(read, { execArgv: ["--allow-all"] }),
    "of Node with the variables": () => inThread("Object.keys(process.env).join()"),
    "of Node that begin with a secret": () =>
      untilEvent(new (require("node:worker_threads").Worker)(key), "message"),
  };
}

export function processes({ own }) {
  const node = require("node:child_process");
  return {
    "by Deno": () => new Deno.Command("id").outputSync().code,
    "by a shell": () => node.execSync("id"),
    "by a file": () => node.execFileSync("/usr/bin/id"),
    "by a fork": () => untilEvent(node.fork(`${own}/main.mjs`), "spawn"),
    "by a cluster": () => untilEvent(require("node:cluster").fork(), "online"),
    "of the host, signalled": () => Deno.kill(Deno.ppid, "SIGCONT"),
    "of the host, asked for": () => process.kill(process.ppid, 0),
    "of everybody": () => Deno.kill(-1, "SIGCONT"),
    "with another user": () => process.setuid(65_533),
    "with another mask": () => Deno.umask(0),
    "in another folder": () => process.chdir("/tmp"),
    "with another priority": () => require("node:os").setPriority(5),
  };
}

export function sockets({ socket, data, own }) {
  const net = require("node:net");
  const http2 = require("node:http2");
  const { Pipe } = process.binding("pipe_wrap");
  const client = (proxy) => fetch("http://door/", { client: Deno.createHttpClient({ proxy }) });
  const listening = (server, ...where) => untilEvent(server.listen(...where), "listening");
  const local = { hostname: "127.0.0.1", port: 0 };
  return {
    "of the host": () => Deno.connect({ transport: "unix", path: socket }),
    "of the host for Node": () => untilEvent(net.connect({ path: socket }), "connect"),
    "of the host for HTTP": () =>
      untilEvent(require("node:http").get({ socketPath: socket }), "response"),
    "of the host for http2": () =>
      untilEvent(
        http2.connect("http://door", { createConnection: () => net.connect({ path: socket }) }),
        "connect",
      ),
    "of the host as a proxy": () => client({ transport: "unix", path: socket }),
    "of the machine as a proxy": () => client({ url: "socks5://127.0.0.1:22" }),
    "in its data folder": () => Deno.listen({ transport: "unix", path: `${data}/door` }),
    "in its data folder for Node": () => listening(net.createServer(), `${data}/door`),
    "in its data folder for HTTP": () => Deno.serve({ path: `${data}/door` }, () => {}),
    "in its program's folder": () => Deno.listen({ transport: "unix", path: `${own}/door` }),
    "by the insides of Node": () => {
      if (new Pipe(1).bind(`${data}/door`) !== 0) throw new Error("Refused");
    },
    "without a name": () => Deno.listen({ transport: "unix", path: "\0door" }),
    "that listen": () => Deno.listen(local),
    "that serve": () => Deno.serve({ ...local, onListen: () => {} }, () => {}),
    "that listen for Node": () => listening(net.createServer(), 0, "127.0.0.1"),
    "that listen for http2": () => listening(http2.createServer(), 0, "127.0.0.1"),
    "that connect by http2": () => untilEvent(http2.connect("http://127.0.0.1:22"), "connect"),
    "for datagrams": () =>
      untilEvent(require("node:dgram").createSocket("udp4").bind(0), "listening"),
    "for names": () => Deno.resolveDns("example.org", "A"),
    "for names of Node": () => require("node:dns").promises.lookup("localhost"),
    "of an inspector": () => {
      require("node:inspector").open(0, "127.0.0.1");
      return require("node:inspector").url() ?? undefined.x;
    },
  };
}

export function natives({ key, data, own }) {
  const { core } = Deno[Deno.internal];
  const os = require("node:os");
  return {
    "library": () => Deno.dlopen("libc.so.6", {}),
    "pointer": () => Deno.UnsafePointer.create(4096n),
    "callback": () => new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {}),
    "addon": () => process.dlopen({ exports: {} }, `${own}/door.node`),
    "debugger": () => new (require("node:inspector").Session)().connect(),
    "flag of V8": () => {
      require("node:v8").setFlagsFromString("--allow-natives-syntax");
      return eval("%GetOptimizationStatus(() => 1)");
    },
    "operation on files": () => core.ops.op_read_file_text_sync(key, false),
    "report of an error": () => {
      core.ops.op_desktop_send_error_report(`${data}/door`, "was here");
      core.ops.op_desktop_send_error_report(`file://${data}/door`, "was here");
      Deno.statSync(`${data}/door`);
    },
    "patch of the runtime": () =>
      core.ops.op_desktop_apply_patch(new Uint8Array(8), "a".repeat(64)),
    "adapter of graphics": async () => (await navigator.gpu.requestAdapter()).info.vendor,
    "environment": () => Object.keys(Deno.env.toObject()),
    "environment of Node": () => Object.keys({ ...process.env }),
    "variable": () => process.env.PATH,
    "home": () => os.homedir(),
    "folder for temporary files": () => os.tmpdir(),
    "user": () => os.userInfo().username,
    "name of the machine": () => os.hostname(),
    "address of the machine": () => Object.keys(os.networkInterfaces()),
  };
}

/** Resolves with the first of these events of an emitter, unless it fails before. */
function untilEvent(emitter, ...names) {
  return new Promise((resolve, reject) => {
    for (const name of names) emitter.on(name, (value) => resolve(`${name} ${value}`));
    emitter.on("error", reject);
  });
}
