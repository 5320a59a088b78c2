/** What administrators do with plugins. */
import * as oauth from "../oauth.ts";
import { operationTable } from "../operation.ts";
import { Empty, PageQuery } from "../paging.ts";
import * as plugins from "../plugins.ts";

export const adminPlugins = operationTable(
  { tag: "Plugins, administration", owner: "plugin-host", access: "plugins:admin" },
  [
    {
      id: "listPlugins",
      method: "get",
      path: "/admin/plugins",
      summary: "All plugins",
      answer: plugins.PluginList,
    },
    {
      id: "createPlugin",
      method: "post",
      path: "/admin/plugins",
      fresh: true,
      summary: "Add a plugin by command",
      body: plugins.NewPlugin,
      status: 201,
      answer: plugins.CreatedPlugin,
    },
    {
      id: "reloadPlugins",
      method: "post",
      path: "/admin/plugins/reload",
      summary: "Read the plugins folders again",
      answer: plugins.ReloadAnswer,
    },
    {
      id: "getPlugin",
      method: "get",
      path: "/admin/plugins/{id}",
      summary: "One plugin",
      answer: plugins.Plugin,
    },
    {
      id: "updatePlugin",
      method: "patch",
      path: "/admin/plugins/{id}",
      fresh: true,
      summary: "Change a plugin's settings",
      body: plugins.PluginPatch,
      answer: plugins.Plugin,
    },
    {
      id: "deletePlugin",
      method: "delete",
      path: "/admin/plugins/{id}",
      fresh: true,
      summary: "Remove a plugin with its settings, secrets and connections",
      answer: Empty,
    },
    ...(["enable", "disable", "reset"] as const).map((act) => ({
      id: `${act}Plugin`,
      method: "post" as const,
      path: `/admin/plugins/{id}/${act}`,
      summary: {
        enable: "Enable a plugin for everyone",
        disable: "Disable a plugin for everyone",
        reset: "Forget the recorded failures",
      }[act],
      answer: plugins.Plugin,
    })),
    {
      id: "testPlugin",
      method: "post",
      path: "/admin/plugins/{id}/test",
      summary: "Start a plugin without network, read its manifest and ping it",
      answer: plugins.PluginTestAnswer,
    },
    {
      id: "grantPlugin",
      method: "post",
      path: "/admin/plugins/{id}/grant",
      fresh: true,
      summary: "Approve exactly these permissions and hosts, of the manifest you saw",
      body: plugins.GrantRequest,
      answer: plugins.Plugin,
    },
    {
      id: "getPluginHealth",
      method: "get",
      path: "/admin/plugins/{id}/health",
      summary: "A plugin's state and why",
      answer: plugins.PluginHealth,
    },
    {
      id: "listPluginFailures",
      method: "get",
      path: "/admin/plugins/{id}/failures",
      summary: "Recorded failures, newest first",
      query: plugins.FailuresQuery,
      answer: plugins.PluginFailures,
    },
    {
      id: "getPluginLogs",
      method: "get",
      path: "/admin/plugins/{id}/logs",
      summary: "The last lines of a plugin's stderr",
      answer: plugins.PluginLogs,
    },
    {
      id: "getPluginStorage",
      method: "get",
      path: "/admin/plugins/{id}/storage",
      summary: "Keys and bytes that each connection keeps; no values",
      answer: plugins.PluginStorageUse,
    },
    {
      id: "getPluginData",
      method: "get",
      path: "/admin/plugins/{id}/data",
      summary: "What the private folders of a plugin take on the disk",
      answer: plugins.PluginDataUse,
    },
    {
      id: "deletePluginData",
      method: "delete",
      path: "/admin/plugins/{id}/data",
      summary: "Stop a plugin and empty its private folders; what it stored by storage/set stays",
      answer: plugins.PluginDataUse,
    },
    {
      id: "listPluginEgress",
      method: "get",
      path: "/admin/plugins/{id}/egress",
      summary: "What left for a plugin, newest first: fields and numbers, no values",
      query: PageQuery,
      answer: plugins.AdminEgressPage,
    },
    {
      id: "listPluginTraffic",
      method: "get",
      path: "/admin/plugins/{id}/egress/hosts",
      summary:
        "What passed between a plugin and each granted host, by day: connections, bytes, refusals",
      query: PageQuery,
      answer: plugins.AdminTrafficPage,
    },
    {
      id: "getPluginMetrics",
      method: "get",
      path: "/metrics/plugins",
      summary: "Requests, failures and latency per plugin and method",
      answer: plugins.PluginMetrics,
    },
  ],
);

export const oauthClients = operationTable(
  { tag: "Plugins, administration", owner: "auth", access: "plugins:admin" },
  [
    {
      id: "getPluginOauth",
      method: "get",
      path: "/admin/plugins/{id}/oauth",
      summary: "How users sign in at the plugin's provider; without the client secret",
      answer: oauth.OauthClient,
    },
    {
      id: "setPluginOauth",
      method: "put",
      path: "/admin/plugins/{id}/oauth",
      fresh: true,
      summary: "Set the client that you registered at the plugin's provider",
      body: oauth.OauthClientChange,
      answer: oauth.OauthClient,
    },
  ],
);
