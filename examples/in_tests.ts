import { startTestServer } from "@pop3svc/pop3svc/testing";
import { assertEquals } from "@std/assert";

Deno.test("curl reads a message", async () => {
  await using server = await startTestServer({ mailboxes: { ann: ["Subject: Hi\n\n"] } });
  const url = `pop3://ann:any-password@127.0.0.1:${server.port}/1`;
  const { stdout } = await new Deno.Command("curl", { args: ["-s", url] }).output();
  assertEquals(new TextDecoder().decode(stdout), "Subject: Hi\r\n\r\n");
});
