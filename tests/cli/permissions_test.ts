/** The program with no more permissions than the README gives it. Nothing is asked for: a question would be a failure. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

async function folderWithMail(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  await Deno.mkdir(join(folder.path, "mail/joe"), { recursive: true });
  await Deno.writeTextFile(join(folder.path, "mail/joe/a.eml"), "Subject: a\n\n");
  return folder;
}

Deno.test("one mailbox: the port, the mailbox, one variable", async () => {
  await using folder = await folderWithMail();
  const mailbox = join(folder.path, "mail/joe");
  await using program = await RunningProgram.start([mailbox], {}, [
    "--no-prompt",
    "--allow-net=127.0.0.1:0",
    `--allow-read=${mailbox}`,
    `--allow-write=${mailbox}`,
    "--allow-env=POP3SVC_PASSWORD",
  ]);
  using client = await LoopbackClient.connect(program.port);
  assertEquals(await client.logIn(), "+OK Welcome.");
  await client.command("DELE 1");
  assertEquals(await client.command("QUIT"), "+OK 1 messages deleted. Closing connection.");
  assertEquals(folder.names("mail/joe"), []);
});

Deno.test("users and a certificate: their files too, and the code of the hash threads", async () => {
  await using folder = await folderWithMail();
  const path = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(path("cert.pem"), certificate.cert);
  await Deno.writeTextFile(path("key.pem"), certificate.key);
  const { stdout } = await runProgram(["hash"], { stdin: "j" });
  await Deno.writeTextFile(path("users"), `joe:${stdout}`);
  const readable = ["mail", "cert.pem", "key.pem", "users"].map(path);
  await using program = await RunningProgram.start(
    [
      ...["--users", path("users"), "--mail-root", path("mail"), "--tls-port", "0"],
      ...["--cert", path("cert.pem"), "--key", path("key.pem")],
    ],
    {},
    [
      "--no-prompt",
      "--allow-net=127.0.0.1",
      `--allow-read=${[...readable, "lib/auth/passwords"].join(",")}`,
      `--allow-write=${path("mail")}`,
    ],
  );
  using client = await LoopbackClient.connectTls(program.tlsPort);
  await client.readLine();
  assertEquals(await client.command("XLOG joe j"), "+OK Welcome.");
  await client.command("DELE 1");
  assertEquals(await client.command("QUIT"), "+OK 1 messages deleted. Closing connection.");
  const { stderr } = await program.end("SIGTERM");
  assertStringIncludes(stderr, "login connection=1");
  assertEquals(/NotCapable|Requires/.test(stderr), false, stderr);
});
