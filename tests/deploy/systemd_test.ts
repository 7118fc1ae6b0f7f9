/** The units: systemd finds no fault in them, and they say what the program needs. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { settings } from "../../lib/program.ts";
import { testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const units = fromFileUrl(new URL("../../deploy/systemd/", import.meta.url));
const read = (name: string) => Deno.readTextFile(join(units, name));

/** Each set-up: the unit, and the drop-in file in it. The last is the most exposure that its privileges cost. */
const setUps = [
  ["pop3svc.service", null, 2],
  ["pop3svc@.service", null, 2],
  ["pop3svc.service", "system-users.conf", 3],
  ["pop3svc@.service", "system-users.conf", 3],
] as const;

for (const [name, dropIn, most] of setUps) {
  await testWith(
    "systemd-analyze",
    `systemd finds no fault in ${name}${
      dropIn === null ? "" : ` with ${dropIn}`
    }, and rates its security well`,
    async () => {
      await using folder = await TemporaryFolder.create();
      // The programs need not be installed for this check.
      const install = async (from: string, to: string) => {
        const text = await read(from);
        await Deno.writeTextFile(
          join(folder.path, to),
          text.replaceAll(/\/usr\/local\/bin\/pop3svc/g, "/bin/true"),
        );
      };
      await install(name, name);
      if (dropIn !== null) {
        await Deno.mkdir(join(folder.path, `${name}.d`));
        await install(dropIn, `${name}.d/${dropIn}`);
      }
      const analyze = async (...args: string[]) => {
        const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
          args,
          env: { SYSTEMD_UNIT_PATH: `${folder.path}:` },
        }).output();
        const decoder = new TextDecoder();
        return { code, told: decoder.decode(stdout) + decoder.decode(stderr) };
      };
      const instance = name.replace("@", "@1");
      if (instance !== name) await Deno.symlink(name, join(folder.path, instance));
      const verified = await analyze("verify", join(folder.path, instance));
      assertEquals(verified, { code: 0, told: "" });
      const { told } = await analyze("security", "--offline=true", join(folder.path, instance));
      const exposure = /Overall exposure level .*: ([\d.]+) (\w+)/.exec(told);
      assert(Number(exposure?.[1]) <= most, told);
      assertMatch(exposure?.[2] ?? "", /OK|SAFE/);
    },
  );
}

Deno.test("the unit waits for the network, never hides a missing configuration, and gives sessions their time", async () => {
  const unit = await read("pop3svc.service");
  for (
    const line of [
      "Type=notify",
      "Wants=network-online.target",
      "After=network-online.target",
      "EnvironmentFile=-/etc/pop3svc/environment",
      "RestartPreventExitStatus=2",
      "StateDirectory=pop3svc",
      "StateDirectoryMode=0700",
      "LogsDirectory=pop3svc",
      "User=vmail",
      "Group=vmail",
    ]
  ) assert(unit.split("\n").includes(line), line);
  assertEquals(/Condition|DynamicUser|SupplementaryGroups|[^-]\/var\/mail/.test(unit), false);
  // Time to end sessions, time to end their last commands, and five seconds.
  const [, stop] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
  assertEquals(Number(stop), 5 + settings.stopGrace.default + 5);
  const config = await Deno.readTextFile(join(units, "../config.jsonc"));
  const more = ["seven", "eight", "nine"][Number(stop) - 5 - 7];
  assert(config.includes(`TimeoutStopSec= is ${more} seconds more.`));
});

Deno.test("pop3svc@.service is pop3svc.service, but for what lets two processes run", async () => {
  const withoutComments = (text: string) => text.replaceAll(/^#.*\n/gm, "");
  const single = withoutComments(await read("pop3svc.service"));
  const template = withoutComments(await read("pop3svc@.service"));
  // The last file of variables wins.
  const variables = ["environment", "%i.environment"].map((name) =>
    `EnvironmentFile=-/etc/pop3svc/${name}\n`
  );
  assertStringIncludes(template, variables.join(""));
  assertEquals(
    template.replace(/, process %i$/m, "").replace("Conflicts=pop3svc.service\n", "")
      .replace(" --reuse-port", "")
      .replace("EnvironmentFile=-/etc/pop3svc/%i.environment\n", ""),
    single,
  );
});
