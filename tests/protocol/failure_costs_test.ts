import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { concernOfAccept, failureCosts } from "../../lib/protocol/failure_costs.ts";
import { replyToFailure } from "../../lib/session/provider_failure.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";

const concerns = ["message", "mailbox", "connection", "port", "process"] as const;

/** The cells of each row of the table below a heading. */
function tableBelow(page: string, heading: string): string[][] {
  const section = page.slice(page.indexOf(`## ${heading}\n`)).split("\n## ", 1).join("");
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("the table of the page is the table of the code", async () => {
  const page = fromFileUrl(new URL("../../docs/operations/troubleshooting.md", import.meta.url));
  const shown = tableBelow(await Deno.readTextFile(page), "What a failure costs");
  const table = concerns.map((concern) => {
    const { failures, client, log, goesOn } = failureCosts[concern];
    return [concern, failures, client, log, goesOn];
  });
  assertEquals(shown, table);
  assertEquals(Object.keys(failureCosts), [...concerns]);
});

Deno.test("what a failed accept concerns", () => {
  const concernOf = (code: string) => concernOfAccept(Object.assign(new Error(code), { code }));
  assertEquals(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"].map(concernOf), Array(4).fill("process"));
  assertEquals(["ENOTCONN", "ECONNABORTED", "EPERM"].map(concernOf), Array(3).fill("connection"));
  assertEquals([concernOf("EINVAL"), concernOfAccept("odd"), concernOfAccept(new Error("odd"))], [
    "port",
    "port",
    "port",
  ]);
  assertEquals(concerns.filter((concern) => failureCosts[concern].portWaits > 0), ["process"]);
});

Deno.test("whether the session goes on is for the table to say, but a provider may choose its own words", () => {
  for (const concern of concerns) {
    const { closes, code } = replyToFailure(new Error("The disk is gone"), concern);
    assertEquals([closes, code], [failureCosts[concern].endsSession, "SYS/TEMP"]);
    assertEquals(replyToFailure(new Pop3ResponseError("Not now."), concern).closes, false);
  }
  assert(!failureCosts.message.endsSession && failureCosts.mailbox.endsSession);
});
