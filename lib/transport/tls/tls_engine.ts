/**
 * Which code does TLS on a port with implicit TLS. STLS always uses `node:tls`.
 *
 * - `node`: `node:tls` over an accepted connection. The default.
 * - `deno`: `Deno.listenTls`. It costs less memory and CPU, but has limits. A client waits some 40 ms longer for the
 *   greeting, since Nagle's algorithm cannot be turned off. For a new certificate, the port is closed and opened again.
 *   `ConnectionInfo.tls` is null. PROXY headers are refused. A peer that stops in the middle of its handshake keeps its
 *   file descriptor until it leaves.
 */
export type TlsEngine = "node" | "deno";
