import { assertEquals } from "@std/assert";
import { Hangups } from "../../lib/cli/signals.ts";

Deno.test({
  name: "a SIGHUP before the server is ready ends no process, and counts as soon as it is",
  ignore: Deno.build.os === "windows",
  async fn() {
    using hangups = new Hangups();
    const delivered = Promise.withResolvers<void>();
    Deno.addSignalListener("SIGHUP", delivered.resolve);
    // Waiting for a signal alone keeps no program running.
    const running = setInterval(() => {}, 1_000);
    Deno.kill(Deno.pid, "SIGHUP");
    await delivered.promise;
    clearInterval(running);
    Deno.removeSignalListener("SIGHUP", delivered.resolve);
    let obeyed = 0;
    hangups.obey(() => obeyed++);
    assertEquals(obeyed, 1);
  },
});
