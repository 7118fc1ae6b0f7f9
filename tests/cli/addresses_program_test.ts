/** The program on several addresses, and who is banned there. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "jsonc-parser";
import { fromFileUrl, join } from "@std/path";
import { EXECUTABLE_PERMISSIONS } from "../../lib/cli/permissions.ts";
import { unusedPort } from "../unused_port.ts";
import { testWith } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

Deno.test("the shipped configuration starts, and check finds its ports free", async () => {
  await using folder = await TemporaryFolder.create();
  const path = (name: string) => join(folder.path, name);
  await Deno.mkdir(path("mail"));
  await Deno.writeTextFile(path("cert.pem"), certificate.cert);
  await Deno.writeTextFile(path("key.pem"), certificate.key, { mode: 0o600 });
  await Deno.writeTextFile(path("users"), "joe:{PLAIN}j\n", { mode: 0o600 });
  const shipped: Record<string, unknown> = parse(
    await Deno.readTextFile(join(root, "deploy/config.jsonc")),
  );
  const config = {
    ...shipped,
    ...{ cert: path("cert.pem"), key: path("key.pem"), users: path("users") },
    ...{ "mail-root": path("mail"), "state-dir": path("state") },
    ...{ port: unusedPort(), "tls-port": unusedPort(), admin: 0 },
  };
  assertEquals(Reflect.get(config, "host"), ["0.0.0.0", "::"]);
  await Deno.writeTextFile(path("config.json"), JSON.stringify(config));
  const args = ["--config", path("config.json")];
  const checked = await runProgram(["check", ...args], { permissions: EXECUTABLE_PERMISSIONS });
  assertEquals(checked.stdout.includes(` port ${config.port}: `), false, checked.stdout);
  // RunningProgram adds --port 0, which the last --port replaces.
  const ports = ["--port", `${config.port}`];
  await using program = await RunningProgram.start(
    [...args, ...ports],
    {},
    EXECUTABLE_PERMISSIONS,
  );
  const all = program.readyLines.join("\n");
  for (const url of ["pop3://[::]", "pop3s://[::]", "pop3://0.0.0.0", "pop3s://0.0.0.0"]) {
    assertStringIncludes(all, `listening on ${url}:`);
  }
  for (const address of ["127.0.0.1", "::1"]) {
    using client = await LoopbackClient.connect(config.port, address);
    assertStringIncludes(await client.readLine() ?? "", "+OK");
    assertEquals(await client.command("XLOG joe j"), "+OK Welcome.");
  }
  using secure = await LoopbackClient.connectTls(config["tls-port"]);
  assertStringIncludes(await secure.readLine() ?? "", "+OK");
  const { stderr } = await program.end("SIGINT");
  assertMatch(stderr, /login connection=1 address=127\.0\.0\.1 /);
  assertEquals(stderr.includes("refuse"), false, stderr);
});

/** Makes `socket` refuse IPv6, as a kernel without it does. */
const NO_IPV6 = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
int socket(int family, int type, int protocol) {
  if (family == AF_INET6) { errno = EAFNOSUPPORT; return -1; }
  int (*next)(int, int, int) = (int (*)(int, int, int)) dlsym(RTLD_NEXT, "socket");
  return next(family, type, protocol);
}
`;

await testWith(
  "gcc",
  "without IPv6, :: is left out with a warning; alone it is an error",
  async () => {
    await using folder = await TemporaryFolder.create();
    const [source, library] = [join(folder.path, "no_ipv6.c"), join(folder.path, "no_ipv6.so")];
    await Deno.writeTextFile(source, NO_IPV6);
    const args = ["-shared", "-fPIC", "-o", library, source, "-ldl"];
    const { success } = await new Deno.Command("gcc", { args }).output();
    assert(success);
    const env = { LD_PRELOAD: library, POP3SVC_PASSWORD: "x" };
    const both = ["--host", "0.0.0.0", "--host", "::"];
    {
      await using program = await RunningProgram.start(both, env);
      using client = await LoopbackClient.connect(program.port);
      assertStringIncludes(await client.readLine() ?? "", "+OK");
      const { stderr } = await program.end("SIGTERM");
      assertStringIncludes(stderr, "warn warning rule=no-ipv6 value=::");
    }
    const alone = await runProgram(["--host", "::", "--port", "0"], { env });
    assertEquals(alone.code, 1);
    assertStringIncludes(alone.stderr, "cannot listen on :: port 0: ");
    const checked = await runProgram(["check", ...both, "--port", `${unusedPort()}`], { env });
    assertStringIncludes(checked.stdout, "this machine has no IPv6");
  },
);

for (
  const [name, options, isBanned] of [
    ["an exempt network is never banned", ["--ban-exempt", "192.0.2.0/24"], false],
    ["another network is", ["--ban-exempt", "198.51.100.0/24"], true],
    ["--ban-after 0 bans nobody", ["--ban-after", "0"], false],
  ] as const
) {
  Deno.test(name, async () => {
    const proxy = ["--proxy-protocol", "127.0.0.1", "--allow-insecure-login"];
    const env = { POP3SVC_PASSWORD: "x" };
    await using program = await RunningProgram.start([...proxy, ...options], env);
    using client = await LoopbackClient.connect(program.port);
    await client.send("PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\n");
    await client.readLine();
    for (const password of ["a", "b", "c"]) await client.command(`XLOG me ${password}`);
    const reply = await client.command("XLOG me x");
    assertEquals(reply === "+OK Welcome.", !isBanned, reply ?? "");
  });
}
