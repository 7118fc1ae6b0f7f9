/** The compose file, against the Dockerfile, the options and the page: what is mounted, names, ports, times. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parse } from "yaml";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { portsOf } from "../../lib/cli/ports_of_options.ts";
import { settings } from "../../lib/program.ts";

const folder = fromFileUrl(new URL("../../deploy/docker/", import.meta.url));
const image = await Deno.readTextFile(join(folder, "Dockerfile"));

interface Service {
  readonly user?: string;
  readonly build: {
    readonly context?: string;
    readonly dockerfile?: string;
    readonly dockerfile_inline?: string;
  };
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
  readonly command?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
}

const compose: {
  readonly services: { readonly postfix: Service; readonly pop3svc: Service };
  readonly volumes: Readonly<Record<string, unknown>>;
} = parse(await Deno.readTextFile(join(folder, "compose.yaml")));
const { postfix, pop3svc } = compose.services;

/** The line of the Dockerfile with this instruction, as JSON. */
function instruction(name: string): readonly string[] {
  const lines = [...image.matchAll(new RegExp(`^${name} (.*)$`, "gm"))];
  return JSON.parse(lines.at(-1)?.[1] ?? "null");
}

/** What the container runs. */
async function wish() {
  const [, ...entry] = instruction("ENTRYPOINT");
  const wish = await readCommandLine([...entry, ...(pop3svc.command ?? [])]);
  if (wish.type !== "serve") throw new Error(wish.type);
  return wish;
}

function mountsOf({ volumes }: Service): ReadonlyMap<string, string> {
  return new Map(volumes.map((each) => {
    const [source = "", target = ""] = each.split(":");
    return [target, source];
  }));
}

Deno.test("each path that the container is given lies in a folder that is mounted, and none is mounted alone", async () => {
  const { options } = await wish();
  const mounts = mountsOf(pop3svc);
  const files = [options.users, options.cert, options.key];
  for (const path of [...files, options["mail-root"], options["state-dir"]]) {
    assert(path !== null);
    assert([...mounts.keys()].some((mount) => `${path}/`.startsWith(`${mount}/`)), path);
  }
  for (const file of files) assert(file !== null && !mounts.has(file), `${file} is mounted alone`);
  const page = await Deno.readTextFile(join(folder, "../../docs/operations/containers.md"));
  for (const service of [pop3svc, postfix]) {
    for (const [target, source] of mountsOf(service)) {
      assertStringIncludes(page, `\`${source}\``);
      assertStringIncludes(page, `\`${target}\``);
      // A name is a volume.
      if (!source.startsWith(".")) assert(Object.hasOwn(compose.volumes, source), source);
    }
  }
  for (const file of files) {
    const [target = "", source = ""] = [...mounts].find(([target]) => file?.startsWith(target)) ??
      [];
    assertMatch(page, new RegExp(`${source}[^]*\`${file?.slice(target.length + 1)}\``));
  }
});

Deno.test("the host maps 110 and 995 to the ports that the image exposes and the program opens", async () => {
  const { options } = await wish();
  const opened = portsOf(options).map(({ port }) => port);
  assertEquals(pop3svc.ports.map((each) => Number(each.split(":")[1])), opened);
  assertEquals(pop3svc.ports.map((each) => each.split(":")[0]), ["110", "995"]);
  assertMatch(image, new RegExp(`^EXPOSE ${opened.join(" ")}$`, "m"));
  const [, , ...health] = instruction("HEALTHCHECK .*CMD");
  const entry = instruction("ENTRYPOINT");
  assertEquals(health, entry.slice(entry.indexOf("--admin")));
});

Deno.test("the container has no privilege, writes only to its volumes, and gives sessions their time", () => {
  assertEquals(pop3svc.read_only, true);
  assertEquals(pop3svc.cap_drop, ["ALL"]);
  assertEquals(pop3svc.security_opt, ["no-new-privileges:true"]);
  const [, user] = /^USER (\S+)$/m.exec(image) ?? [];
  assertEquals(pop3svc.user, user);
  const readOnly = pop3svc.volumes.filter((each) => each.startsWith("."));
  assert(readOnly.every((each) => each.endsWith(":ro")));
  // Time to end sessions, time to end their last commands, and five seconds.
  assertEquals(pop3svc.stop_grace_period, `${5 + settings.stopGrace.default + 5}s`);
  assertMatch(image, /^STOPSIGNAL SIGTERM$/m);
  assertStringIncludes(
    image,
    `--stop-timeout ${Number.parseInt(pop3svc.stop_grace_period ?? "")} `,
  );
});

Deno.test("Postfix delivers where and as whom the server reads", async () => {
  const { options } = await wish();
  const recipe = (postfix.build.dockerfile_inline ?? "").replaceAll("\\\n", "");
  const setting = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(recipe)?.[1] ?? "";
  const mail = mountsOf(pop3svc).get(options["mail-root"] ?? "");
  assertEquals(setting("virtual_mailbox_base"), options["mail-root"]);
  assertEquals(mountsOf(postfix).get(setting("virtual_mailbox_base")), mail);
  const [uid, gid] = pop3svc.user?.split(":") ?? [];
  assertEquals(setting("virtual_uid_maps"), `static:${uid}`);
  assertEquals(setting("virtual_gid_maps"), `static:${gid}`);
  const map = setting("virtual_mailbox_maps").replace("texthash:", "");
  assert([...mountsOf(postfix).keys()].some((mount) => map.startsWith(`${mount}/`)), map);
});

Deno.test("what compose builds is there", async () => {
  const context = join(folder, pop3svc.build.context ?? "");
  assert((await Deno.stat(join(context, pop3svc.build.dockerfile ?? ""))).isFile);
  assert((await Deno.stat(join(context, "main.ts"))).isFile);
});
