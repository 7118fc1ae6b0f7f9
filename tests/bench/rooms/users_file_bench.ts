/** A users file of 200 000 users: the time to read it, and the time of a login with an unknown name. */
import { UsersFileProvider } from "../../../lib/providers/users_file_provider.ts";
import { testConnectionInfo } from "../../../lib/testing/mod.ts";

const USERS = 200_000;
const folder = await Deno.makeTempDir();
const file = `${folder}/users`;
const lines = Array.from({ length: USERS }, (_, n) => `user${n}@example.org:{PLAIN}secret${n}`);
await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const provider = new UsersFileProvider(file, { mailRoot: folder });
await provider.refresh();
const info = testConnectionInfo();
let count = 0;

Deno.bench("200 000 users: a name that nobody has", async () => {
  await provider.authenticate(info, `nobody${count++}`, "x");
});

Deno.bench("200 000 users: the file is read", async () => {
  await new UsersFileProvider(file, { mailRoot: folder }).refresh();
});
