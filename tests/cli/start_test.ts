/** What the start of the program loads: each module of Node.js costs each start some milliseconds. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import denoJson from "../../deno.json" with { type: "json" };
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Stands in for `node:crypto`, and says when it is loaded. */
const STAND_IN = `
console.error("node:crypto is loaded");
const { createHash, createHmac, timingSafeEqual } = process.getBuiltinModule("crypto");
export { createHash, createHmac, timingSafeEqual };
`;

Deno.test({
  name: "the start with a folder and a login load no node:crypto; the first wrong password does",
  ignore: Deno.env.has("EXECUTABLE_UNDER_TEST"),
  fn: async () => {
    await using folder = await TemporaryFolder.create();
    const at = (name: string) => join(folder.path, name);
    await Deno.mkdir(at("mail"));
    await Deno.writeTextFile(at("mail/1.eml"), "Subject: 1\n\n");
    await Deno.writeTextFile(at("crypto.js"), STAND_IN);
    const imports = { ...denoJson.imports, "node:crypto": "./crypto.js" };
    await Deno.writeTextFile(at("map.json"), JSON.stringify({ imports }));
    for (const isRight of [true, false]) {
      const program = await RunningProgram.start([at("mail")], {
        STATE_DIRECTORY: at("state"),
      }, ["-A", "--import-map", at("map.json")]);
      await using _program = program;
      {
        using client = await LoopbackClient.connect(program.port);
        if (isRight) await client.logIn();
        else await client.command("XLOG me wrong");
      }
      const { stderr } = await program.end("SIGINT");
      assertStringIncludes(stderr, " ready ");
      assertEquals(stderr.includes("node:crypto is loaded"), !isRight);
    }
  },
});
