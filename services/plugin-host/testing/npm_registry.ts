/** A registry with one package, as npm and npx ask for it. */
import { createHash } from "node:crypto";
import { join } from "node:path";

export interface NpmRegistry extends AsyncDisposable {
  readonly port: number;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
}

/** Serves `module` as the program of the package `name`. */
export async function startNpmRegistry(name: string, module: string): Promise<NpmRegistry> {
  const tarball = await pack(name, module);
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request): Response => {
      const { pathname, origin } = new URL(request.url);
      asked.push(pathname);
      if (pathname.endsWith(".tgz")) return new Response(tarball);
      if (pathname !== `/${name}`) return new Response("{}", { status: 404 });
      const dist = { tarball: `${origin}/${name}/-/${name}-1.0.0.tgz`, integrity };
      const version = { name, version: "1.0.0", bin: { [name]: "plugin.mjs" }, dist };
      return Response.json({
        name,
        "dist-tags": { latest: "1.0.0" },
        versions: { "1.0.0": version },
      });
    },
  );
  return {
    port: server.addr.port,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function pack(name: string, module: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir();
  try {
    const root = join(folder, "package");
    await Deno.mkdir(root);
    const text = await Deno.readTextFile(module);
    await Deno.writeTextFile(join(root, "plugin.mjs"), `#!/usr/bin/env node\n${text}`, {
      mode: 0o755,
    });
    await Deno.writeTextFile(
      join(root, "package.json"),
      JSON.stringify({ name, version: "1.0.0", bin: { [name]: "plugin.mjs" } }),
    );
    const { success, stdout } = await new Deno.Command("tar", {
      args: ["-czf", "-", "-C", folder, "package"],
    }).output();
    if (!success) throw new Error("tar failed");
    return stdout;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
