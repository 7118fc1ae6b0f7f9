/**
 * One of several processes that delete overlapping sets of a folder. In each round it logs in, deletes random messages,
 * and prints how many, until none is left. Arguments: PATH SEED.
 */
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { openMailbox } from "./filled_mailbox.ts";

const [path = "", seed = "1"] = Deno.args;
let state = Number(seed);
const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
for (;;) {
  const mailbox = openMailbox("folder", path);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  if (uniqueIds.length === 0) break;
  const chosen = uniqueIds.filter((_, index) => index === 0 || random() < 0.2);
  await mailbox.messageDelete(info, chosen);
  const later = await mailbox.listMessageUniqueIds(testConnectionInfo());
  const backFromTheDead = chosen.filter((uniqueId) => later.includes(uniqueId));
  if (backFromTheDead.length > 0) throw new Error(`Deleted, but listed again: ${backFromTheDead}`);
  console.log(chosen.length);
}
