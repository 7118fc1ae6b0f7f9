/**
 * Asks for a password on a terminal, without showing it. We cannot use `promptSecret` of `@std/cli`: it writes its
 * question to standard output, which must hold only the hash.
 */
const LF = 0x0a;
const CR = 0x0d;
const BACKSPACE = 0x08;
const DEL = 0x7f;

export function promptPassword(question: string): string {
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const decoder = new TextDecoder();
  let typed = "";
  // Raw mode comes before the question, so that early typing is not shown either.
  Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  write(question);
  try {
    const octet = new Uint8Array(1);
    while (Deno.stdin.readSync(octet) !== null && octet[0] !== LF && octet[0] !== CR) {
      const isErased = octet[0] === BACKSPACE || octet[0] === DEL;
      typed = isErased
        ? [...typed].slice(0, -1).join("")
        : typed + decoder.decode(octet, { stream: true });
    }
  } finally {
    Deno.stdin.setRaw(false);
    write("\n");
  }
  return typed;
}
