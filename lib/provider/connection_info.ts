/** What a TLS handshake agreed on. */
export interface TlsFacts {
  /** The protocol: `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  /** The cipher by its standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
}

/** What a provider learns about the connection that it serves. */
export interface ConnectionInfo {
  /** The name of this connection in events and log lines; unique within the process. */
  readonly connectionId: string;
  /** The address of the client, without a port: `192.0.2.7`, `2001:db8::7`. */
  readonly clientAddress: string;
  /** The port of the client. */
  readonly clientPort: number;
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  /** What the TLS handshake agreed on; null without TLS, where TLS ends before this server, and with the TLS engine `deno`. */
  readonly tls: TlsFacts | null;
  /** The name with which the client logged in; null before the login. */
  readonly username: string | null;
  /** The `name` of the open mailbox; null before the login, or if the mailbox has none. */
  readonly mailboxName: string | null;
  /**
   * Aborted when the client has gone, a time limit has struck or the listener stops: nobody waits for the answer any
   * more. Give it to whatever takes long.
   */
  readonly signal: AbortSignal;
  /** Free for whatever the provider wants to keep with this connection. */
  tag: unknown;
}
