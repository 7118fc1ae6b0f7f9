/** What SIGHUP does: it opens the logs again, reads certificate and users again, and logs what came of that. */
import { type Pop3Listener, reasonOf, type ReloadedFile } from "../program.ts";
import type { AppendedFile } from "./appended_file.ts";
import type { Output } from "./output.ts";

/** What can be read again. */
export interface Reloadable {
  readonly output: Output;
  /** Null without a wire log. */
  readonly wire: AppendedFile | null;
  readonly pop3: Pop3Listener;
  /** Reads the files of the provider again. */
  readonly refresh: () => Promise<readonly ReloadedFile[]>;
}

/** Never fails: a file that cannot be read keeps no other from being read. */
export async function reload({ output, wire, pop3, refresh }: Reloadable): Promise<void> {
  output.reopen();
  wire?.reopen();
  const files: ReloadedFile[] = [];
  if (pop3.certificate !== null) {
    files.push(
      await reread("certificate", () => pop3.renewCertificate(), () => {
        return pop3.status().certificate?.rejected?.reason ?? null;
      }),
    );
  }
  files.push(...await refresh().catch((error) => [unread("users file", error)]));
  output.log({ type: "reload", time: new Date(), files });
}

async function reread(
  name: string,
  read: () => Promise<boolean>,
  failure: () => string | null,
): Promise<ReloadedFile> {
  try {
    return { name, isChanged: await read(), failure: failure() };
  } catch (error) {
    return unread(name, error);
  }
}

function unread(name: string, error: unknown): ReloadedFile {
  return { name, isChanged: false, failure: reasonOf(error) };
}
