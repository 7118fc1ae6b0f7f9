/**
 * Measures opening and reading a message of 4 KB, and checking an unchanged folder at a login. Prints medians of ten
 * runs in microseconds, as JSON. Argument: FOLDER.
 */
import { folderMailbox } from "../../../lib/mailbox/folder/folder_mailbox.ts";
import { openBody } from "../../../lib/provider/message_content.ts";
import { testConnectionInfo } from "../../../lib/testing/mod.ts";

const RUNS = 10;
const [folder = "."] = Deno.args;
const mailbox = folderMailbox(folder, { settleTime: 0 });
const info = testConnectionInfo();
const uniqueIds = await mailbox.listMessageUniqueIds(info);
await mailbox.messageSizes?.(info, uniqueIds);

async function median(times: number, work: (index: number) => Promise<void>): Promise<number> {
  const run = async () => {
    const startedAt = performance.now();
    for (let index = 0; index < times; index++) await work(index);
    return 1_000 * (performance.now() - startedAt) / times;
  };
  await run();
  const runs: number[] = [];
  for (let count = 0; count < RUNS; count++) runs.push(await run());
  runs.sort((a, b) => a - b);
  return ((runs[RUNS / 2 - 1] ?? NaN) + (runs[RUNS / 2] ?? NaN)) / 2;
}

const message = await median(2_000, async (index) => {
  const body = openBody(
    await mailbox.messageContents(info, uniqueIds[index % uniqueIds.length] ?? ""),
  );
  while (await body.nextChunk() !== null);
  await body.close();
});
const login = await median(500, async () => {
  await mailbox.listMessageUniqueIds(testConnectionInfo());
});
console.log(JSON.stringify({ message, login }));
