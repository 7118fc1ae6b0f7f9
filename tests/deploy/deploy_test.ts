/** Checks of the files that run the program: the containers, the launchd job, the SBOM. systemd_test.ts has the units. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { settings } from "../../lib/program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const deploy = fromFileUrl(new URL("../../deploy/", import.meta.url));

Deno.test("the containers use only options that exist", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "main.ts", "--help"],
    cwd: join(deploy, ".."),
  }).output();
  const help = new TextDecoder().decode(stdout);
  for (const name of ["docker/Dockerfile", "docker/compose.yaml"]) {
    const text = await Deno.readTextFile(join(deploy, name));
    const options = text.match(/(?<=["\s])--(host|admin|users|mail-root|state-dir|cert|key)\b/g) ??
      [];
    assert(options.length >= 2);
    for (const option of options) assert(help.includes(`${option} `), option);
  }
});

Deno.test("every way to run the program has a state directory that the server's user can write", async () => {
  const read = (name: string) => Deno.readTextFile(join(deploy, name));
  const unit = await read("systemd/pop3svc.service");
  assertMatch(unit, /^StateDirectory=pop3svc$/m);
  assertMatch(unit, /^StateDirectoryMode=0700$/m);
  const image = await read("docker/Dockerfile");
  const [, state = ""] = /^ENV STATE_DIRECTORY=(\/\S+)$/m.exec(image) ?? [];
  assert(image.includes(`\nRUN install -d -o 1000 -g 1000 -m 0700 ${state}\n`));
  assertMatch(image, new RegExp(`^VOLUME .*${state}$`, "m"));
  assertMatch(image, /^USER 1000:1000$/m);
  const compose = await read("docker/compose.yaml");
  assertMatch(compose, new RegExp(`^ {6}- --state-dir=${state}$`, "m"));
  assertMatch(compose, new RegExp(`^ {6}- state:${state}$`, "m"));
  assertMatch(compose, /^volumes:\n(?: {2}\S+\n)* {2}state:$/m);
  const daemon = await read("launchd/org.pop3svc.plist");
  const [, folder = ""] = /<key>STATE_DIRECTORY<\/key><string>(\S+)<\/string>/.exec(daemon) ?? [];
  assert(daemon.includes(`sudo install -d -o _pop3svc -m 700 ${folder}\n`));
});

Deno.test("launchd gives sessions their time; all services have a configuration with comments", async () => {
  const daemon = await Deno.readTextFile(join(deploy, "launchd/org.pop3svc.plist"));
  const [, seconds] = /<key>ExitTimeOut<\/key><integer>(\d+)<\/integer>/.exec(daemon) ?? [];
  assert(Number(seconds) >= 5 + settings.stopGrace.default + 5);
  for (
    const name of ["launchd/org.pop3svc.plist", "windows/README.md", "systemd/pop3svc.service"]
  ) {
    assertMatch(await Deno.readTextFile(join(deploy, name)), /\bconfig\.jsonc\b/);
  }
});

Deno.test("STATE_DIRECTORY may be a link, as systemd makes it with DynamicUser", async () => {
  await using folder = await TemporaryFolder.create();
  const at = (name: string) => join(folder.path, name);
  await Deno.mkdir(at("private/pop3svc"), { recursive: true, mode: 0o700 });
  await Deno.symlink(at("private/pop3svc"), at("pop3svc"));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { stateDirectoryOf } from "./lib/cli/state_directory_of_options.ts";
      console.log(JSON.stringify(await stateDirectoryOf({ "state-dir": null })));`,
    ],
    cwd: join(deploy, ".."),
    env: { STATE_DIRECTORY: at("pop3svc") },
  }).output();
  const path = await Deno.realPath(at("private/pop3svc"));
  const found = { type: "usable", path, trouble: null };
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), found);
});

Deno.test("the SBOM names all packages in the executable, and no others", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(deploy, "sbom.ts")],
  }).output();
  const { bomFormat, components } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(bomFormat, "CycloneDX");
  const names = components.map(({ name }: { readonly name: string }) => name);
  for (const name of ["deno", "hash-wasm", "unixcrypt", "ipaddr.js", "@opentelemetry/api"]) {
    assert(names.includes(name), name);
  }
  assert(!names.includes("fast-check"));
});

Deno.test("the program, the package and the changelog have the same version", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(join(deploy, "../deno.json")));
  const changelog = await Deno.readTextFile(join(deploy, "../CHANGELOG.md"));
  const [newest] = changelog.match(/(?<=^## \[)\d[^\]]*/m) ?? [version];
  assertEquals(newest, version);
  assertMatch(changelog, /^## \[Unreleased\]$/m);
});
