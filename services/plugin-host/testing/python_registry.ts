/** A registry with one package, as uv and uvx ask for it (PEP 503). */
import { join } from "node:path";

export interface PythonRegistry extends AsyncDisposable {
  /** What to give as `--index-url`. */
  readonly url: string;
  readonly port: number;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
}

/** Serves the Python file `source` as the program of the package `name`, a plain word. */
export async function startPythonRegistry(name: string, source: string): Promise<PythonRegistry> {
  const file = `${name}-1.0.0-py3-none-any.whl`;
  const wheel = await pack(name, source, file);
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request): Response => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      if (pathname === `/files/${file}`) return new Response(wheel);
      if (pathname !== `/simple/${name}/`) return new Response("", { status: 404 });
      return new Response(`<!DOCTYPE html><a href="/files/${file}">${file}</a>`, {
        headers: { "content-type": "text/html" },
      });
    },
  );
  const { port } = server.addr;
  return {
    url: `http://127.0.0.1:${port}/simple`,
    port,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A wheel is a zip with the modules and what to install of them (PEP 427). */
async function pack(
  name: string,
  source: string,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir();
  try {
    const info = `${name}-1.0.0.dist-info`;
    await Deno.mkdir(join(folder, info));
    const text = (await Deno.readTextFile(source)).replaceAll(/^/gm, "    ");
    const files = {
      [`${name}.py`]: `def main():\n${text}\n`,
      [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0.0\n`,
      [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
      [`${info}/entry_points.txt`]: `[console_scripts]\n${name} = ${name}:main\n`,
    };
    const record = [...Object.keys(files), `${info}/RECORD`].map((path) => `${path},,\n`).join("");
    for (const [path, content] of Object.entries({ ...files, [`${info}/RECORD`]: record })) {
      await Deno.writeTextFile(join(folder, path), content);
    }
    const { success } = await new Deno.Command("/usr/bin/python3", {
      args: ["-m", "zipfile", "-c", file, `${name}.py`, info],
      cwd: folder,
    }).output();
    if (!success) throw new Error("The wheel could not be packed");
    return await Deno.readFile(join(folder, file));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
