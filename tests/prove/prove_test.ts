import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { TemporaryFolder } from "../temporary_folder.ts";
import { serveHere } from "./prove_mailbox.ts";
import { prove } from "./prove.ts";

const sample = fromFileUrl(new URL("../../mailbox-sample", import.meta.url));

const names = () => [...Deno.readDirSync(sample)].map(({ name }) => name).sort();

Deno.test("the sample is proved: every octet, size, TOP, unique-id and deletion", async () => {
  const before = names();
  const { messages, faults } = await prove(sample, serveHere);
  assertEquals([messages, faults], [12, []]);
  assertEquals(names(), before);
});

Deno.test("a Maildir with hostile messages is proved", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(folder.path, name));
  const messages = [
    "",
    ".",
    ".\n..\r\n...\r",
    "Subject: no end",
    "A: 1\r\rbody\nwith\rall\r\nends",
    "\n\n.\n",
    `X: ${"y".repeat(70_000)}\n\n${".z\n".repeat(5_000)}`,
    "N: \0\u00ff\n\n\0",
  ];
  for (const [index, message] of messages.entries()) {
    const path = index % 2 === 0 ? `new/${index}.host` : `cur/${index}.host,S=1,W=9:2,S`;
    await Deno.writeTextFile(join(folder.path, path), message);
  }
  const proof = await prove(folder.path, serveHere);
  assertEquals([proof.messages, proof.faults], [messages.length, []]);
});

Deno.test("the faults of a wrong server are reported", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["a", "b"]) {
    await Deno.writeTextFile(join(folder.path, name), `Subject: ${name}\n\n`);
  }
  const { faults } = await prove(folder.path, async (copy) => {
    await Deno.writeTextFile(join(copy, "a"), "Subject: another\n\n");
    return await serveHere(copy);
  });
  assertStringIncludes(faults.join("\n"), "message 2, a: no file has these octets and this name");
  assertStringIncludes(faults.join("\n"), "a is not served");
});

Deno.test("a file whose name is not UTF-8 is left out and reported; an envelope line is not sent", async () => {
  await using folder = await TemporaryFolder.create();
  await Deno.writeTextFile(
    join(folder.path, "a.eml"),
    "From joe@x.example Thu Jan  1 00:00:00 2026\nSubject: a\n\na\n",
  );
  await Deno.writeTextFile(join(folder.path, "b.eml"), "From me to you\nSubject: b\n\nb\n");
  await new Deno.Command("sh", {
    args: ["-c", `printf 'Subject: x\\n\\n' > "$(printf 'caf\\351.eml')"`],
    cwd: folder.path,
  }).output();
  const { messages, faults, leftOut } = await prove(folder.path, serveHere);
  assertEquals([messages, faults], [2, []]);
  assertEquals(leftOut, ["caf\ufffd.eml: its name is not UTF-8"]);
});

Deno.test("a path that is not a folder gets one line and exit code 2", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "a");
  await Deno.writeTextFile(file, "Subject: a\n\n");
  for (const [path, reason] of [[file, "it is a file"], [`${file}b`, "it is not there"]] as const) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        fromFileUrl(new URL("prove_mailbox.ts", import.meta.url)),
        path,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 2);
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    assertEquals(lines.length, 1);
    assertStringIncludes(lines[0] ?? "", `${path}: ${reason}`);
  }
});
