/**
 * The server's secret key: 32 random octets in the state directory (mode 0600) that stay the same across restarts.
 *
 * The file is one line: its version, and the octets in hexadecimal. We write it under another name and link it into
 * place. So nobody sees a half written key, and two servers that start at the same time use the same key.
 */
import { join } from "@std/path";
import { denoFileSystem } from "./file_system.ts";
import { nullIfGone } from "./null_if_gone.ts";
import { openNow } from "./open_file.ts";
import { readWholeNow } from "./read_whole.ts";
import { isOfServer } from "./server_user.ts";

const READABLE_BY_OTHERS = 0o077;

/**
 * Reads the key, or makes one where there is none.
 *
 * @throws {Deno.errors.PermissionDenied} and the like when no key can be written, or others can read it
 * @throws {SyntaxError} when the file is damaged
 */
export async function keptKey(stateDirectory: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(stateDirectory, "key");
  return readKey(path) ?? await makeKey(path, stateDirectory);
}

function readKey(path: string): Uint8Array<ArrayBuffer> | null {
  const info = nullIfGone(() => Deno.lstatSync(path));
  if (info === null) return null;
  using file = openNow(path, true);
  if (file === null) throw new Deno.errors.InvalidData(`${path} is not a regular file`);
  if (!isOfServer(info) || ((info.mode ?? 0) & READABLE_BY_OTHERS) !== 0) {
    throw new Deno.errors.PermissionDenied(
      `${path} can be read by others: remove it, and a new one is made at the next start`,
    );
  }
  const text = new TextDecoder().decode(readWholeNow(file, path));
  const [, digits = ""] = /^1 ([0-9a-f]{64})\n$/.exec(text) ?? [];
  if (digits !== "") return Uint8Array.fromHex(digits);
  throw new SyntaxError(`${path} is damaged: remove it, and a new one is made at the next start`);
}

async function makeKey(path: string, folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const made = join(folder, `key.${crypto.randomUUID()}`);
  try {
    using file = await denoFileSystem.create(made);
    await file.write(new TextEncoder().encode(`1 ${key.toHex()}\n`));
    await file.sync();
    await denoFileSystem.link(made, path);
    await denoFileSystem.sync(folder);
    return key;
  } catch (error) {
    // Another server, which starts now as well, was quicker.
    if (error instanceof Deno.errors.AlreadyExists) return readKey(path) ?? key;
    throw error;
  } finally {
    await denoFileSystem.remove(made).catch(() => {});
  }
}
