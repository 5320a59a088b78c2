/**
 * Stands in for every service in the supervisor's tests: listens where it is told, tells what it was
 * given, and fails where a file in `control/` says so.
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const name = basename(folder);
const infix = name.toUpperCase().replaceAll("-", "_");
const port = name === "gateway" ? "CODEX_PORT" : `CODEX_${infix}_PORT`;

const failure = readControl(`${name}-fails`);
if (failure !== undefined) {
  console.error(failure);
  Deno.exit(1);
}
Deno.addSignalListener("SIGTERM", () => {
  if (readControl(`${name}-hangs`) !== undefined) return;
  console.log(JSON.stringify({ level: "INFO", message: "Stopped", service: name }));
  Deno.exit(0);
});

Deno.serve({
  hostname: Deno.env.get("CODEX_HOST") ?? "",
  port: Number(Deno.env.get(port)),
  onListen: () => console.log(JSON.stringify({ level: "INFO", message: "Listening", port })),
}, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/health/ready") return Response.json({ status: "ready" });
  if (pathname === "/api/v1/setup/status") return Response.json({ setupRequired: true });
  if (pathname === "/given") {
    return Response.json({ pid: Deno.pid, environment: Deno.env.toObject(), may: await mayDo() });
  }
  return new Response(null, { status: 404 });
});

/** Which of the files and hosts that matter this process could reach. */
async function mayDo(): Promise<Record<string, string>> {
  const key = Deno.env.get("CODEX_SERVICE_KEY_FILE") ?? "";
  const secrets = dirname(dirname(key));
  const ask = async (descriptor: Deno.PermissionDescriptor) =>
    (await Deno.permissions.query(descriptor)).state;
  return {
    ownSecrets: await ask({ name: "read", path: key }),
    foreignSecrets: await ask({ name: "read", path: join(secrets, "auth", "encryption-key") }),
    passwords: await ask({ name: "read", path: join(secrets, "database", "codex_admin") }),
    writeSecrets: await ask({ name: "write", path: key }),
    internet: await ask({ name: "net", host: "example.com:443" }),
    run: await ask({ name: "run" }),
  };
}

function readControl(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(join(folder, "..", "..", "control", file));
  } catch {
    return undefined;
  }
}
