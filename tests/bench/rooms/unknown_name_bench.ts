/** The time of a login with an unknown name and a file of 200 000 users: it must not grow with the file. */
import { UsersFileProvider } from "../../../lib/mod.ts";
import { testConnectionInfo } from "../../../lib/testing/mod.ts";

const info = testConnectionInfo();

for (const users of [200, 200_000]) {
  const file = Deno.makeTempFileSync({ prefix: "pop3svc-users-" });
  const lines = Array.from({ length: users }, (_, n) => `user${n}:{PLAIN}secret${n}`);
  Deno.writeTextFileSync(file, `${lines.join("\n")}\n`);
  const provider = new UsersFileProvider(file, { mailRoot: Deno.cwd() });
  await provider.refresh();
  globalThis.addEventListener("unload", () => Deno.removeSync(file));
  let count = 0;
  for (
    const [who, nameOf] of [["known", () => "user7"], ["unknown", () => `x${count++}`]] as const
  ) {
    Deno.bench(`a wrong password of a name that is ${who}, of ${users} users`, async () => {
      await provider.authenticate(info, nameOf(), "wrong");
    });
  }
}
