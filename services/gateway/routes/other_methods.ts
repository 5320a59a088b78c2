/** What a path of the public API answers to methods that no operation has. */
import { Hono } from "hono";
import { OPERATIONS } from "@codex/protocol/operations";
import { ProblemError } from "@codex/service";
import { routePath } from "../domain/operation_path.ts";
import type { GatewayEnv } from "../gateway_env.ts";

/** To be added after all that serve operations. */
export function otherMethodRoutes(): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  for (const [path, methods] of methodsByPath()) {
    app.options(path, (c) => c.body(null, 204, { allow: methods.join(", ") }));
    app.all(path, (c) => {
      const { method, path: asked } = c.req;
      const detail = `There is no ${method} ${asked}: it takes ${methods.join(", ")}`;
      throw new ProblemError("not_found", detail);
    });
  }
  return app;
}

function methodsByPath(): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const operation of OPERATIONS) {
    const path = routePath(operation.path);
    const methods = paths.get(path) ?? ["OPTIONS"];
    methods.push(operation.method.toUpperCase());
    if (operation.method === "get") methods.push("HEAD");
    paths.set(path, methods);
  }
  return paths;
}
