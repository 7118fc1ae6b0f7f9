/** The configuration that is shipped: each of its keys is an option, its comments show the defaults, and it starts. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readConfigFile } from "../../lib/cli/config_file.ts";
import { type Option, readOptions, serveOptions } from "../../lib/cli/options.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));
const example = await Deno.readTextFile(join(root, "deploy/config.jsonc"));
const options: Readonly<Record<string, Option<unknown>>> = serveOptions;

/** An option in a comment: `// "port": 1100,`. */
const COMMENTED = /^ {2}\/\/ ("[a-z-]+": .*,)$/gm;
const everything = example.replaceAll(COMMENTED, "  $1");

Deno.test("each key of deploy/config.jsonc, in comments too, is an option with a value that is allowed", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "config.jsonc");
  await Deno.writeTextFile(file, everything);
  const given = readConfigFile(file);
  readOptions(serveOptions, given);
  // The page has sections for tests and for finding faults; an administrator meets the others.
  const page = await Deno.readTextFile(join(root, "docs/options.md"));
  const [, ofAdministrators = ""] = /^## What is served$([^]*?)^## For tests/m.exec(page) ?? [];
  const met = [...ofAdministrators.matchAll(/`--([a-z-]+)/g)].map(([, name = ""]) => name)
    .filter((name) => Object.hasOwn(options, name) && !["config", "faults"].includes(name));
  assert(met.length > 25);
  const missing = met.filter((name) => !Object.hasOwn(given, name));
  assertEquals([...new Set(missing)], []);
});

Deno.test("the comments of deploy/config.jsonc show the defaults of the options", () => {
  const shown = [...everything.matchAll(/^(.*)\n {2}"([a-z-]+)": /gm)];
  assert(shown.length > 30);
  for (const [, above, name = ""] of shown) {
    if (name === "mailbox") continue;
    assertEquals(above, `  // Default: ${options[name]?.shownDefault}`, name);
  }
});

Deno.test("deploy/config.jsonc starts and is checked, with ports and paths of the test", async () => {
  await using folder = await TemporaryFolder.create();
  const at = (name: string) => join(folder.path, name);
  for (const name of ["new", "cur", "tmp"]) {
    await Deno.mkdir(at(`mail/joe@example.org/${name}`), { recursive: true });
  }
  await Deno.mkdir(at("tls"));
  await Deno.writeTextFile(at("tls/fullchain.pem"), certificate.cert);
  await Deno.writeTextFile(at("tls/privkey.pem"), certificate.key, { mode: 0o600 });
  await Deno.writeTextFile(at("users"), "joe@example.org:{PLAIN}s3cret\n", { mode: 0o600 });
  const config = at("config.jsonc");
  const adapted = example.replaceAll("/etc/pop3svc", folder.path)
    .replace('"/srv/mail"', `"${at("mail")}"`)
    .replace(/"(port|tls-port|admin)": \d+/g, '"$1": 0');
  await Deno.writeTextFile(config, adapted);
  const given = ["--config", config, "--state-dir", at("state")];
  const checked = await runProgram(["check", ...given]);
  // The certificate of the tests expires in a day.
  assertMatch(checked.stdout, /joe@example\.org|users: 1/, checked.stderr);
  await using program = await RunningProgram.start(given);
  using client = await LoopbackClient.connectTls(program.tlsPort);
  await client.readLine();
  assertEquals(await client.command("XLOG joe@example.org s3cret"), "+OK Welcome.");
  assertEquals(await client.command("QUIT"), "+OK 0 messages deleted. Closing connection.");
});
