/** An upgrade under load: no session is cut off that ends within the drain time, and every deletion is told. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { testWith } from "../installed_program.ts";
import { CLIENTS, upgradeByReusePort, type UpgradeOutcome, UPGRADES } from "./upgrade.ts";

const isLinux = Deno.build.os === "linux";

function assertNothingCut({ cut, lost, finished, log }: UpgradeOutcome): void {
  assertEquals([cut, lost], [0, 0], log);
  assert(finished >= 100 * UPGRADES, `${finished}`);
  // Each server that was replaced has told that it has cut off nobody.
  assertEquals(log.match(/phase=end sessions=0 cut=0/g)?.length, UPGRADES, log);
}

Deno.test({
  name: "with --reuse-port, only connections in the queue of the closing port are lost",
  ignore: !isLinux,
  async fn() {
    const outcome = await upgradeByReusePort();
    assertNothingCut(outcome);
    const { finished, refused, reset } = outcome;
    console.log(`${UPGRADES} upgrades: ${finished} sessions, ${refused} refused, ${reset} reset`);
    // Each closing port has one queue, and no client has more than one connection in it.
    assert(refused + reset <= UPGRADES * CLIENTS);
  },
});

const IN_NAMESPACE = "ip link set lo up && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req";

await testWith(
  "unshare",
  "with --reuse-port and net.ipv4.tcp_migrate_req=1, no connection is lost",
  async () => {
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["-n", "sh", "-c", `${IN_NAMESPACE} && exec "$@"`, "sh"],
        ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check"],
        join(fromFileUrl(new URL(".", import.meta.url)), "upgrade.ts"),
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    const outcome: UpgradeOutcome = JSON.parse(decoder.decode(stdout) || decoder.decode(stderr));
    assertNothingCut(outcome);
    assertEquals([outcome.refused, outcome.reset], [0, 0]);
  },
  ["-n", "sh", "-c", IN_NAMESPACE],
);
