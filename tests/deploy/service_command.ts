import { fromFileUrl, join } from "@std/path";

const units = fromFileUrl(new URL("../../deploy/systemd", import.meta.url));

/** The command of the unit, as the user and with the privileges that it has there. */
export async function serviceCommand(dropIn?: string): Promise<string> {
  const read = (name: string) => Deno.readTextFile(join(units, name));
  const lines = [...(await read("pop3svc.service")).split("\n")];
  if (dropIn !== undefined) lines.push(...(await read(dropIn)).split("\n"));
  const all = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const capabilities = all("AmbientCapabilities").map((name) =>
    name.replace("CAP_", "+").toLowerCase()
  );
  const set = ["-all", ...capabilities].join(",");
  const variables = ["STATE_DIRECTORY=/var/lib/pop3svc", ...all("Environment")];
  return [
    `setpriv --reuid=${all("User").at(-1)} --regid=${all("Group").at(-1)} --init-groups`,
    `--no-new-privs --inh-caps=${set} --ambient-caps=${set} --bounding-set=${set}`,
    `env ${variables.join(" ")} ${all("ExecStart").at(-1)}`,
  ].join(" ");
}
