/** A port that nobody has at the moment, on any address: for programs that cannot pick one themselves. */
export function unusedPort(): number {
  const listener = Deno.listen({ hostname: "::", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
