import assert from "node:assert/strict";
import type { ServiceName } from "@codex/protocol";
import { ConfigError, type ConfigSource } from "@codex/service";
import { loadConfig as auth } from "../../services/auth/config.ts";
import { loadConfig as gateway } from "../../services/gateway/config.ts";
import { loadConfig as library } from "../../services/library/config.ts";
import { loadConfig as pluginHost } from "../../services/plugin-host/config.ts";
import { loadConfig as storage } from "../../services/storage/config.ts";
import { loadConfig as sync } from "../../services/sync/config.ts";
import { serviceNames, services } from "./services.ts";

const LOADERS: Readonly<Record<ServiceName, (source: ConfigSource) => unknown>> = {
  gateway,
  auth,
  library,
  "plugin-host": pluginHost,
  storage,
  sync,
};

/** The variables that a service looks at when it starts. */
function variablesRead(service: ServiceName): Set<string> {
  const asked = new Set<string>();
  const source: ConfigSource = {
    get: (name) => void asked.add(name),
    readTextFile: () => "",
  };
  try {
    LOADERS[service](source);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  return asked;
}

Deno.test("no service is given a setting that it doesn't read", () => {
  const unread = serviceNames.flatMap((service) => {
    const read = variablesRead(service);
    return Object.keys(services[service].settings).filter((name) => !read.has(name))
      .map((name) => `${service}: ${name}`);
  });
  assert.deepEqual(unread, []);
});
