/** Checks a mailbox that a program has made: by its store where it is one of this package, else by its operations. */
import { mailboxOrNull } from "../border/answers.ts";
import { storeOf } from "../mailbox/mailbox_store.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { SessionInfo } from "../session/session_info.ts";
import { reasonOf } from "../telemetry/reason.ts";
import { checkPath } from "./check_folder.ts";
import { brokenReport, reportOf } from "./check_mailbox.ts";
import { type CheckMeans, limited, OperationsCheck } from "./check_operations.ts";
import type { Finding } from "./finding.ts";

/** @param username whose mailbox it is; null where that is not known */
export async function checkGivenMailbox(
  mailbox: Mailbox,
  username: string | null,
  means: CheckMeans,
): Promise<readonly Finding[]> {
  return await checkOpened(mailbox, infoOf(username), means);
}

/** Logs in, and checks the mailbox. */
export async function checkLogin(
  provider: MailboxProvider,
  { username, password }: { readonly username: string; readonly password: string },
  means: CheckMeans,
): Promise<readonly Finding[]> {
  const info = infoOf(null);
  const fault = (text: string): Finding[] => [{
    severity: "fault",
    concerns: { type: "mailbox", username, path: null },
    text,
    remedy: null,
  }];
  try {
    const answer = await limited(provider.authenticate(info, username, password), means.clock);
    const mailbox = mailboxOrNull(answer, "authenticate", null);
    if (mailbox === null) return fault("the provider refuses this username and password");
    info.username = username;
    return await checkOpened(mailbox, info, means);
  } catch (error) {
    return fault(`authenticate: ${reasonOf(error)}`);
  }
}

async function checkOpened(
  mailbox: Mailbox,
  info: SessionInfo,
  means: CheckMeans,
): Promise<readonly Finding[]> {
  const store = storeOf(mailbox);
  if (store === null) {
    using check = new OperationsCheck(mailbox, info, means);
    return await check.run();
  }
  const place = { username: info.username, path: store.path, format: null };
  try {
    const { findings } = reportOf(place, await store.inspect(means.onProgress));
    return [...findings, ...checkPath(store.path)];
  } catch (error) {
    return brokenReport(place, error).findings;
  }
}

/** The facts of a connection that does not exist. */
function infoOf(username: string | null): SessionInfo {
  const facts = { connectionId: "check", clientAddress: "127.0.0.1", clientPort: 0 };
  const info = new SessionInfo({ ...facts, isSecure: true });
  info.username = username;
  return info;
}
