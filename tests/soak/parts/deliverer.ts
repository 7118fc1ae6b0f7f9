/** New mail, and a client that reads it: the other parts must not disturb them. */
import { messageOf, pause, type Soak, type SoakPart } from "../soak.ts";
import { SoakClient } from "../soak_client.ts";
import { PASSWORD, type SoakUser } from "../soak_mail.ts";

const MOST_MESSAGES = 3_000;
const AT_ONCE = 20;

export const deliverer: SoakPart = {
  name: "deliverer",
  run: async (soak) => {
    await Promise.all([deliver(soak), read(soak)]);
    if (soak.mail.expected("joe").size === 0) soak.fail("deliverer", "nothing was delivered");
  },
};

async function deliver(soak: Soak): Promise<void> {
  while (!soak.isOver && soak.mail.delivered < MOST_MESSAGES) {
    soak.mail.deliver("joe");
    soak.count("delivered");
    await pause(soak, 25);
  }
}

async function read(soak: Soak): Promise<void> {
  for (let turn = 0; !soak.isOver; turn++) {
    try {
      await readSome(soak, "joe", "198.51.100.1", turn % 2 === 1);
    } catch (error) {
      // The server may have ended before the session.
      if (!soak.server.hasEnded) soak.fail("deliverer", messageOf(error));
      await pause(soak, 500);
    }
    await pause(soak, 100);
  }
}

/** Reads and compares some messages in a session, and deletes most of them. */
export async function readSome(
  soak: Soak,
  user: SoakUser,
  address: string,
  tls: boolean,
): Promise<void> {
  using client = await SoakClient.connect(soak, address, tls);
  await client.mustSay(`USER ${user}`);
  await client.mustSay(`PASS ${PASSWORD}`);
  const expected = soak.mail.expected(user);
  const uniqueIds = await client.uniqueIds();
  const doomed: string[] = [];
  for (const [at, uniqueId] of uniqueIds.entries()) {
    if (!expected.has(uniqueId)) {
      throw new Error(`${uniqueId} is listed, but was deleted or never delivered`);
    }
    if (at >= AT_ONCE) continue;
    await compare(soak, client, user, at + 1, uniqueId);
    if (at % 4 === 0) continue;
    await client.mustSay(`DELE ${at + 1}`);
    doomed.push(uniqueId);
  }
  await client.mustSay("QUIT");
  for (const uniqueId of doomed) soak.mail.forget(user, uniqueId);
  soak.count("deleted", doomed.length);
}

/** @throws when the message differs from the delivered one in any octet */
export async function compare(
  soak: Soak,
  client: SoakClient,
  user: SoakUser,
  number: number,
  uniqueId: string,
): Promise<void> {
  const lines = await client.listing(`RETR ${number}`);
  soak.count("messages read");
  if (lines.join("\n") === soak.mail.expected(user).get(uniqueId)?.join("\n")) return;
  throw new Error(`${uniqueId} of ${user} differs from what was delivered`);
}
