/** The file of `--config` is JSON with comments; its mistakes are told with line, column and option. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readConfigFile } from "../../lib/cli/config_file.ts";
import { CliError } from "../../lib/cli/cli_error.ts";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

Deno.test("comments, trailing commas, any line end and any file name", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "settings");
  const text =
    '// first\r\n{ "port": 1, /* two\r lines */ "host": ["a", "b",], "lock": true, }\r\n';
  await Deno.writeTextFile(file, text);
  const wish = await readCommandLine(["--config", file]);
  if (wish.type !== "serve") throw new Error(wish.type);
  const { port, host, lock } = wish.options;
  assertEquals({ port, host, lock }, { port: 1, host: ["a", "b"], lock: true });
});

const mistakes: readonly (readonly [text: string, message: string])[] = [
  [
    '{\n  "port": 1100\n  "host": "::"\n}',
    'line 3, column 3: not JSON: "host": a comma is missing before this',
  ],
  ['{ "port": }', 'line 1, column 11: not JSON: "port": a value is missing'],
  ['{ "port" 1 }', 'line 1, column 10: not JSON: "port": a colon is missing'],
  ['{ "port": 1', 'line 1, column 12: not JSON: "port": a } is missing'],
  ['{ "users": "C:\\x" }', 'line 1, column 12: not JSON: "users": write a backslash as two'],
  ['{ "users": x }', 'line 1, column 12: not JSON: "users": write texts in double quotes'],
  ["{}\r\n{}", "line 2, column 1: not JSON: nothing may follow the last }"],
  ['{ "port": 1 } /*', "line 1, column 15: not JSON: the comment does not end"],
  ['// x\r"a"', 'give a JSON object, such as { "port": 1100 }'],
  ["", 'give a JSON object, such as { "port": 1100 }'],
  ["[]", 'give a JSON object, such as { "port": 1100 }'],
  [
    '{\n "prot": 1 }',
    'line 2, column 2: unknown key "prot"; keys are the names of options, without leading dashes',
  ],
  [
    '{ "config": "x" }',
    'line 1, column 3: unknown key "config"; keys are the names of options, without leading dashes',
  ],
  [
    '{ "__proto__": 1 }',
    'line 1, column 3: unknown key "__proto__"; keys are the names of options, without leading dashes',
  ],
  ['{ "port": 1,\r\n"port": 2 }', 'line 2, column 1: "port" is given twice'],
  ['{ "lock": "yes" }', 'line 1, column 11: "lock": give true or false'],
  ['{ "host": ["::", null] }', 'line 1, column 18: "host": give a text or a number'],
  ['{ "port": { "a": 1 } }', 'line 1, column 11: "port": give a text or a number'],
];

for (const [text, message] of mistakes) {
  Deno.test(`a mistake in a configuration: ${message}`, async () => {
    await using folder = await TemporaryFolder.create();
    const file = join(folder.path, "config.jsonc");
    await Deno.writeTextFile(file, text);
    let told: unknown;
    try {
      told = readConfigFile(file);
    } catch (error) {
      told = error instanceof CliError ? [error.exitCode, error.message] : error;
    }
    const separator = message.startsWith("line ") ? "," : ":";
    assertEquals(told, [2, `--config ${file}${separator} ${message}`]);
  });
}

Deno.test("a value that is not allowed is told with its place, too", async () => {
  await using folder = await TemporaryFolder.create();
  const file = join(folder.path, "config.jsonc");
  await Deno.writeTextFile(file, '{\n  // The port.\n  "port": "abc",\n}');
  const { code, stderr } = await runProgram(["--config", file]);
  assertEquals([code, stderr], [
    2,
    `pop3svc: --config ${file}, line 3, column 11: "port": abc: give a whole number from 0 to 65535, or off\n`,
  ]);
});
