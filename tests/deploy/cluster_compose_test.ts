/** The compose file of the cluster, against the Dockerfile, the options, HAProxy's configuration and the scripts. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parse } from "yaml";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { portsOf } from "../../lib/cli/ports_of_options.ts";
import { settings } from "../../lib/program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { consoleOf } from "./page_commands.ts";

const folder = fromFileUrl(new URL("../../deploy/cluster/", import.meta.url));
const read = (name: string) => Deno.readTextFile(join(folder, name));
const image = await read("../docker/Dockerfile");

interface Service {
  readonly image?: string;
  readonly user?: string;
  readonly build?: { readonly dockerfile?: string; readonly dockerfile_inline?: string };
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env_file?: readonly string[];
  readonly environment?: unknown;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
}

const SERVERS = ["pop3svc-1", "pop3svc-2", "pop3svc-3"] as const;
type Name = (typeof SERVERS)[number] | "haproxy" | "migrate" | "postgres" | "postfix";

const compose: {
  readonly services: Readonly<Record<Name, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
} = parse(await read("compose.yaml"), { merge: true });
const { haproxy, migrate, postgres, postfix, ...servers } = compose.services;
const server = servers["pop3svc-1"];

/** The last line of the Dockerfile with this instruction, as JSON. */
function instruction(name: string): readonly string[] {
  return JSON.parse([...image.matchAll(new RegExp(`^${name} (.*)$`, "gm"))].at(-1)?.[1] ?? "null");
}

/** What a server is started with. */
async function serve() {
  const [, ...entry] = instruction("ENTRYPOINT");
  const wish = await readCommandLine([...entry, ...(server.command ?? [])]);
  if (wish.type !== "serve") throw new Error(wish.type);
  return wish.options;
}

Deno.test("the three servers are alike, and none keeps anything", () => {
  for (const name of SERVERS) assertEquals(servers[name], server);
  assertEquals(server.volumes, ["./tls:/etc/pop3svc/tls:ro"]);
  assertEquals(server.secrets, undefined);
});

Deno.test("HAProxy's ports, names, checks and header are those of the servers", async () => {
  const options = await serve();
  const config = await read("haproxy.cfg");
  const byDefault = (name: string) =>
    new RegExp(`\\$\\{${name}-([^}]*)\\}`).exec(config)?.[1] ?? "";
  const [plain, tls] = portsOf(options);
  assertEquals(byDefault("PORT"), `${plain?.port}`);
  assertEquals(byDefault("TLS_PORT"), `${tls?.port}`);
  assert(options.admin !== "off");
  assertEquals(byDefault("ADMIN"), `${options.admin.port}`);
  // Only /healthz and /metrics are there for other machines.
  assertEquals(options.admin.hostname, "0.0.0.0");
  assertEquals(SERVERS.map((_name, index) => byDefault(`POP3SVC_${index + 1}`)), [...SERVERS]);
  assertEquals(haproxy.ports, ["110:1100", "995:9955"]);
  assertMatch(byDefault("BIND"), /:1100 /);
  assertMatch(byDefault("BIND_TLS"), /:9955 /);
  const [, subnet = ""] = /subnet: (\S+) /.exec(await read("compose.yaml")) ?? [];
  assertEquals(options["proxy-protocol"], [subnet]);
  assertEquals(config.match(/send-proxy-v2/g)?.length, 2);
  // Without these, HAProxy takes a server out half a minute after the DNS has stopped to answer for it.
  assertEquals(config.match(/(?<=^ +hold )\w+ 20d$/gm), [
    "nx 20d",
    "other 20d",
    "refused 20d",
    "timeout 20d",
  ]);
});

Deno.test("on machines of their own, HAProxy and the servers have the ports of the containers", async () => {
  const path = join(folder, "server.jsonc");
  const wish = await readCommandLine(["--config", path]);
  assert(wish.type === "serve");
  const own = await serve();
  assertEquals(portsOf(wish.options), portsOf(own));
  for (const name of ["host", "admin", "proxy-protocol", "cert", "key"] as const) {
    assertEquals(wish.options[name], own[name], name);
  }
  const variables = (await read("haproxy.environment")).match(/^\w+(?==)/gm) ?? [];
  const config = await read("haproxy.cfg");
  for (const name of variables) assertStringIncludes(config, `\${${name}-`);
  assertEquals(variables.filter((name) => name.startsWith("POP3SVC_")).length, SERVERS.length);
});

Deno.test("the page's commands in containers run the services that are there", async () => {
  const sections = ["### All of it in containers", "## Backups"];
  const all = await Promise.all(sections.map((each) => consoleOf("docs/cluster.md", each)));
  const page = await Deno.readTextFile(join(folder, "../../docs/cluster.md"));
  const inText = [...page.matchAll(/`(docker compose [^`]*)`/g)].map(([, command = ""]) => command);
  const commands = [...all.flat(), ...inText].flatMap((line) =>
    [...line.matchAll(/docker compose (.*)/g)].map(([, words = ""]) => words.split(" "))
  );
  assert(commands.length >= 10, `${commands.length} commands`);
  for (const [deed = "", ...words] of commands) {
    const [name = "", ...args] = words.filter((word) => !/^-(d|T)$|^--(rm|no-deps)$/.test(word));
    const service = Object.entries(compose.services).find(([each]) => each === name)?.[1];
    assert(service !== undefined || deed === "up" && name === "", `${deed} ${words.join(" ")}`);
    if (deed !== "run") continue;
    const [program, ...entry] = service?.entrypoint ?? instruction("ENTRYPOINT");
    assertEquals(program, "pop3svc");
    const wish = await readCommandLine([
      ...entry,
      ...args.length > 0 ? args : service?.command ?? [],
    ]);
    assertEquals(wish.type, args[1] ?? "migrate");
  }
});

Deno.test("the page says what pgbouncer.ini has", async () => {
  const ini = await read("pgbouncer.ini");
  const page = await Deno.readTextFile(join(folder, "../../docs/cluster.md"));
  for (const [, name, value] of page.matchAll(/`(\w+)` \(\d+\sseconds; (\d+) in that\sfile\)/g)) {
    assertMatch(ini, new RegExp(`^${name} = ${value}$`, "m"));
  }
  for (const name of ["query_wait_timeout", "server_login_retry"]) {
    assertMatch(page, new RegExp(`\`${name}\` \\(\\d+\\sseconds; \\d+ in that`));
  }
});

Deno.test("what a service is given is there, and nothing else can be written", async () => {
  const options = await serve();
  await using secrets = await TemporaryFolder.create();
  const made = new Deno.Command(join(folder, "secrets.sh"), { args: [secrets.path, "postgres"] });
  assert((await made.output()).success);
  const isMade = async (path: string) =>
    await Deno.stat(path.replace("./secrets", secrets.path)).then(() => true, () => false);
  for (const [name, service] of Object.entries(compose.services)) {
    assertEquals(service.cap_drop, ["ALL"], name);
    assertEquals(service.security_opt, ["no-new-privileges:true"], name);
    // A queue is written by Postfix, and its configuration at the start.
    assertEquals(service.read_only ?? false, name !== "postfix", name);
    // An environment in this file would be seen by everybody who may read it.
    assertEquals(service.environment, undefined, name);
    for (const file of service.env_file ?? []) assert(await isMade(file), file);
    for (const mount of service.volumes ?? []) {
      const [source = "", , access] = mount.split(":");
      if (!source.startsWith(".")) assert(Object.hasOwn(compose.volumes, source), source);
      else if (source !== "./data") assertEquals(access, "ro", mount);
    }
    for (const secret of service.secrets ?? []) {
      assert(await isMade(compose.secrets[secret]?.file ?? ""), secret);
    }
  }
  const passwords = secrets.names().filter((each) => each.endsWith(".password"));
  assertEquals(new Set(postgres.secrets), new Set(passwords));
  for (const file of [options.cert, options.key]) {
    assertMatch(file ?? "", /^\/etc\/pop3svc\/tls\/\w+\.pem$/);
  }
  assertEquals(server.user, /^USER (\S+)$/m.exec(image)?.[1]);
  assertEquals(server.stop_grace_period, `${5 + settings.stopGrace.default + 5}s`);
});

Deno.test("each part has the rights of its role and no others", () => {
  assertEquals(server.env_file, ["./secrets/server.env"]);
  assertEquals(postfix.env_file, ["./secrets/delivery.env"]);
  assertEquals(migrate.env_file, ["./secrets/owner.env"]);
  // What other machines reach.
  const reached = Object.entries(compose.services).filter(([, each]) =>
    each.networks.includes("outside")
  );
  assertEquals(reached.map(([name]) => name), ["haproxy", "postfix"]);
  assertEquals(compose.networks["inside"]?.internal, true);
  assertEquals([haproxy, postfix].map(({ ports }) => ports?.length), [2, 1]);
});

Deno.test("what the recipes copy and run is there", async () => {
  assert((await Deno.stat(join(folder, "../docker/Dockerfile"))).isFile);
  for (const [name, { build }] of Object.entries(compose.services)) {
    const recipe = build?.dockerfile_inline;
    if (recipe === undefined) continue;
    // The same system in all of them.
    assertStringIncludes(image, /^FROM (debian\S+)$/m.exec(recipe)?.[1] ?? "none", name);
    for (const [, files = ""] of recipe.matchAll(/^COPY (?!--from)(.*) \S+$/gm)) {
      for (const file of files.split(" ")) {
        assert((await Deno.stat(join(folder, file))).isFile, file);
      }
    }
  }
  assertStringIncludes(postgres.build?.dockerfile_inline ?? "", "/data");
  assertStringIncludes(postfix.build?.dockerfile_inline ?? "", `COPY --from=${server.image} `);
  const [mount = ""] = postfix.volumes ?? [];
  const [, target = ""] = mount.split(":");
  assertStringIncludes(postfix.build?.dockerfile_inline ?? "", `${target}/accounts.cf`);
});
