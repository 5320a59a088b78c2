/** What every user does with plugins, and with connections of their own. */
import { z } from "zod";
import * as oauth from "../oauth.ts";
import { operationTable } from "../operation.ts";
import { Empty, PageQuery } from "../paging.ts";
import * as plugins from "../plugins.ts";
import * as userPlugins from "../user_plugins.ts";

export const everyonesPlugins = operationTable(
  { tag: "Plugins, every user", owner: "plugin-host", access: "plugins:use" },
  [
    {
      id: "getPluginActions",
      method: "get",
      path: "/plugins/actions",
      summary: "What can be run here",
      query: plugins.ActionsQuery,
      answer: plugins.PluginActions,
    },
    {
      id: "executePlugin",
      method: "post",
      path: "/plugins/{id}/execute",
      summary: "Run one action of a plugin",
      body: plugins.ExecuteRequest,
      answer: plugins.ExecuteAnswer,
    },
    {
      id: "listUserPluginEgress",
      method: "get",
      path: "/user/plugins/{pluginId}/egress",
      summary: "What of yours left for a plugin, newest first: fields and numbers, no values",
      query: PageQuery,
      answer: plugins.EgressPage,
    },
    {
      id: "listUserPlugins",
      method: "get",
      path: "/user/plugins",
      owner: "gateway",
      summary: "Your connections, and the plugins you could connect",
      answer: userPlugins.UserPluginList,
    },
    {
      id: "getUserPlugin",
      method: "get",
      path: "/user/plugins/{pluginId}",
      owner: "gateway",
      summary: "One of your connections",
      answer: userPlugins.UserPlugin,
    },
    {
      id: "enableUserPlugin",
      method: "post",
      path: "/user/plugins/{pluginId}/enable",
      owner: "gateway",
      summary: "Use a plugin",
      answer: userPlugins.UserPlugin,
    },
    {
      id: "disableUserPlugin",
      method: "post",
      path: "/user/plugins/{pluginId}/disable",
      owner: "gateway",
      summary: "Stop using a plugin and keep its data",
      answer: Empty,
    },
    {
      id: "configureUserPlugin",
      method: "patch",
      path: "/user/plugins/{pluginId}/config",
      owner: "gateway",
      summary: "Set your configuration of a plugin",
      body: userPlugins.ConfigChange,
      answer: userPlugins.UserPlugin,
    },
    {
      id: "setUserPluginCredentials",
      method: "post",
      path: "/user/plugins/{pluginId}/credentials",
      owner: "gateway",
      summary: "Connect by a personal access token or the credentials that the plugin declares",
      body: oauth.CredentialsRequest,
      answer: userPlugins.UserPlugin,
    },
    {
      id: "startUserPluginOauth",
      method: "post",
      path: "/user/plugins/{pluginId}/oauth/start",
      owner: "gateway",
      summary: "Begin to sign in at the plugin's provider, from a browser with a session cookie",
      answer: oauth.OauthStartAnswer,
    },
    {
      id: "finishUserPluginOauth",
      method: "get",
      path: "/user/plugins/oauth/callback",
      owner: "gateway",
      access: "public",
      summary: "Where the provider sends the browser back to: a page that tells how it went",
      query: oauth.OauthCallbackQuery,
      page: true,
      answer: z.string(),
    },
    {
      id: "disconnectUserPlugin",
      method: "delete",
      path: "/user/plugins/{pluginId}",
      owner: "gateway",
      summary: "Disconnect: delete everything of this connection",
      answer: Empty,
    },
  ],
);
