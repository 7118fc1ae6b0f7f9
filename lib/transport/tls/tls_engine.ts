/**
 * Which code does the TLS of a port for implicit TLS. STLS is always done by `node:tls`.
 *
 * - `node`: `node:tls` over an accepted connection. The default.
 * - `deno`: `Deno.listenTls`. It costs less memory and CPU, and: a client waits some 40 ms longer for the greeting, since
 *   Nagle's algorithm cannot be turned off; a new certificate opens the port again; `ConnectionInfo.tls` is null; PROXY
 *   headers are refused; and a peer that stops in the middle of its handshake keeps its file descriptor until it leaves.
 */
export type TlsEngine = "node" | "deno";
