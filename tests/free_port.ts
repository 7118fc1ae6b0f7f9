/**
 * Preloaded into an example, which names its ports: each port that it opens is a free one, and standard output says
 * which: `1100 is 49152`.
 */
const listen = Deno.listen;

Object.defineProperty(Deno, "listen", {
  value: (options: Deno.ListenOptions) => {
    const listener = listen({ ...options, port: 0 });
    console.log(`${options.port} is ${listener.addr.port}`);
    return listener;
  },
});
