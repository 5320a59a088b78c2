/** Ways to files: of a database, by links, and whatever else opens or makes them. */
import { createRequire } from "node:module";
import process from "node:process";
import { linkMaker } from "./wasi_links.mjs";

const require = createRequire(import.meta.url);

export function sqlite({ key, data, outside, own }) {
  const { backup, DatabaseSync } = require("node:sqlite");
  const memory = (...options) => new DatabaseSync(":memory:", ...options);
  const attach = (db, path) => db.exec(`ATTACH '${path}' AS other; CREATE TABLE other.t (x)`);
  const readable = (path) => new DatabaseSync(path, { readOnly: true });
  return {
    "opens a new file": () => new DatabaseSync(`${data}/door.db`),
    "opens a new file outside": () => new DatabaseSync(`${outside}/door.db`),
    "opens a new file in the program's folder": () => new DatabaseSync(`${own}/door.db`),
    "reads a secret": () => readable(key),
    "reads a secret by URI": () => readable(`file:${key}?mode=ro&immutable=1`),
    "reads a secret by URL": () => readable(new URL(`file://${key}`)),
    "attaches a file": () => attach(memory(), `${data}/door.db`),
    "attaches a file by URI": () => attach(memory(), `file:${outside}/door.db?mode=rwc`),
    "raises the limit of attached files": () => {
      const db = memory();
      db.limits.attach = 5;
      attach(db, `${data}/door.db`);
    },
    "begins with another limit": () => attach(memory({ limits: { attach: 5 } }), `${data}/door.db`),
    "vacuums into a file": () => memory().exec(`CREATE TABLE t (x); VACUUM INTO '${data}/door.db'`),
    "backs up into a file": () => backup(memory(), `${data}/door.db`),
    "loads an extension": () => memory({ allowExtension: true }).loadExtension(`${own}/main.mjs`),
    "loads an extension by SQL": () =>
      memory().prepare(`SELECT load_extension('${own}/main.mjs')`).get(),
    "reads a file by SQL": () => memory().prepare(`SELECT readfile('${key}')`).get(),
    "writes a file by SQL": () => memory().prepare(`SELECT writefile('${data}/door', 'x')`).get(),
  };
}

export function links({ key, data, outside, own }) {
  const fs = require("node:fs");
  const byWasi = (folder) => {
    linkMaker(folder)(key, "door-link");
    return Deno.readTextFileSync(`${folder}/door-link`);
  };
  return {
    "by WASI in its data folder": () => byWasi(data),
    "by WASI in its program's folder": () => byWasi(own),
    "by WASI outside": () => byWasi(outside),
    "by WASI at the root": () => byWasi("/"),
    "by WASI on a folder that it opened": () => {
      const fd = fs.openSync(own, fs.constants.O_DIRECTORY);
      linkMaker(undefined, fd)(key, "door-link");
    },
    "symbolic": () => fs.symlinkSync(key, `${data}/door-link`),
    "symbolic beside its program": () => fs.symlinkSync(key, `${own}/door-link`),
    "symbolic by Deno": () => Deno.symlinkSync(key, `${data}/door-link`),
    "hard": () => fs.linkSync(key, `${data}/door-link`),
    "hard by Deno": () => Deno.linkSync(key, `${own}/door-link`),
    "hard, of its own file": () => fs.linkSync(`${own}/main.mjs`, `${data}/door-link`),
    "by a copy": () => fs.cpSync(key, `${data}/door-link`),
    "by the name of another": () => fs.renameSync(`${own}/main.mjs`, `${data}/door-link`),
  };
}

export function files({ key, data, outside, own }) {
  const fs = require("node:fs");
  const { O_CREAT, O_TRUNC } = fs.constants;
  const hosts = [Deno.mainModule, import.meta.resolve("@codex/plugin-sdk")]
    .map((url) => new URL(url).pathname);
  const bytes = (path) => fs.openSync(path, "r");
  const ownFiles = fs.readdirSync(own).map((name) => `${own}/${name}`);
  return {
    "read as a blob": async () => (await fs.openAsBlob(key)).text(),
    "fetched": async () => (await fetch(`file://${key}`)).text(),
    "compiled": () => WebAssembly.compileStreaming(fetch(`file://${key}`)),
    "answered by http2": () => answerByHttp2(key),
    "looked at": () => fs.statSync(key).size,
    "found": () => fs.existsSync(key) || undefined.x,
    "resolved": () => fs.realpathSync.native(key),
    "measured": () => fs.statfsSync(outside).blocks,
    "watched": () => Deno.watchFs(outside),
    "listed": () => fs.opendirSync(outside).readSync().name,
    "created by opening for reading": () => fs.openSync(`${data}/door`, O_CREAT),
    "emptied by opening for reading": () => fs.openSync(`${outside}/kept`, O_TRUNC),
    "emptied in its program's folder": () => fs.openSync(`${own}/main.mjs`, O_TRUNC),
    // Where its data is its own, so are its temporary files.
    "temporary": () => Deno.makeTempFileSync(data === outside ? { dir: outside } : {}),
    "temporary in its data folder": () => Deno.makeTempDirSync({ dir: data }),
    "temporary for Node": () => fs.mkdtempSync(`${data}/door`),
    "of a report": () => require("node:process").report.writeReport(`${data}/door`) || undefined.x,
    "of a heap snapshot": () => require("node:v8").writeHeapSnapshot(`${data}/door`),
    "of a heap that fills": () => require("node:v8").setHeapSnapshotNearHeapLimit(1),
    "of the variables": () => process.loadEnvFile(key),
    "of the host, mode changed": () => hosts.map((path) => fs.fchmodSync(bytes(path), 0o777)),
    "of the host, times changed": () => hosts.map((path) => fs.futimesSync(bytes(path), 1, 1)),
    "of the host, owner changed": () => hosts.map((path) => fs.fchownSync(bytes(path), 1, 1)),
    "outside, mode changed": () => fs.fchmodSync(bytes(`${outside}/kept`), 0o777),
    "of any descriptor, mode changed": () => {
      const isOwn = (ino) => [own, ...ownFiles].some((path) => fs.statSync(path).ino === ino);
      for (let fd = 3; fd < 64; fd++) {
        try {
          if (isOwn(fs.fstatSync(fd).ino)) continue;
          fs.fchmodSync(fd, 0o777);
          return fd;
        } catch {
          // Not open, or no file.
        }
      }
      throw new Error("No descriptor leads to a file of others");
    },
  };
}

/** A server of http2 reads files by itself. */
function answerByHttp2(path) {
  const http2 = require("node:http2");
  const [near, far] = require("node:stream").duplexPair();
  return new Promise((resolve, reject) => {
    const server = http2.createServer();
    server.on("stream", (stream) => {
      try {
        stream.respondWithFile(path, {}, { onError: reject });
      } catch (error) {
        reject(error);
      }
    });
    server.emit("connection", near);
    const client = http2.connect("http://localhost", { createConnection: () => far });
    client.on("error", reject);
    client.request({ ":path": "/" }).on("data", resolve).on("error", reject);
  });
}
