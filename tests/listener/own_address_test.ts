/** A client that connects from an address of this machine to the same address is on this machine. */
import { assertEquals } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { providerOf } from "../transcript_peers.ts";

const own = Deno.networkInterfaces()
  .map(({ address }) => address)
  .find((address) => !address.includes(":") && !address.startsWith("127."));
const ignore = own === undefined;
if (ignore) console.warn("SKIPPED: tests of this machine's own address need one besides 127.0.0.1");

for (const hostname of ["0.0.0.0", "::"]) {
  Deno.test({
    name:
      `its own address is this machine, on ${hostname}: never banned, no waiting, but TLS is needed`,
    ignore,
    async fn() {
      // The clock stands still: a refusal of another machine would wait for ever, and no second connection be admitted.
      const clock = new ManualClock();
      await using pop3 = new ObservedListener({
        provider: providerOf(new MemoryMailbox()),
        maxConnectionRatePerIp: 1,
        allowInsecureLogin: true,
      }, clock);
      const { port } = await pop3.listenOn({ hostname, port: 0 });
      for (let times = 0; times < 2; times++) {
        using client = await LoopbackClient.connect(port, own);
        await client.readLine();
        for (const password of ["a", "b", "c", "d"]) {
          assertEquals(
            await client.command(`XLOG me ${times}${password}`),
            "-ERR [AUTH] Wrong username or password.",
          );
        }
        assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
      }
      const failed = pop3.all("login-failed");
      assertEquals(new Set(failed.map(({ reason }) => reason)), new Set(["wrong"]));
      assertEquals(failed[0]?.connection.clientAddress, own);
      pop3.allowInsecureLogin = false;
      using client = await LoopbackClient.connect(port, own);
      await client.readLine();
      assertEquals(
        await client.command("USER me"),
        "-ERR Call STLS and negotiate TLS first.",
      );
    },
  });
}
