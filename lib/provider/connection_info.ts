/** What a TLS handshake agreed on. */
export interface TlsFacts {
  /** The protocol: `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  /** The cipher by its standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
}

/** What a provider is told about the connection it works for. */
export interface ConnectionInfo {
  /** Names this connection in events and log lines; unique within the process. */
  readonly connectionId: string;
  /** The address of the client, without a port: `192.0.2.7`, `2001:db8::7`. */
  readonly clientAddress: string;
  /** The port of the client. */
  readonly clientPort: number;
  /** Is the line encrypted? */
  readonly isSecure: boolean;
  /** What the TLS handshake agreed on; null on a plain line, and where TLS ends before this server. */
  readonly tls: TlsFacts | null;
  /** The name that the client logged in with; null before it has. */
  readonly username: string | null;
  /** The `name` of the mailbox that is open; null before the login, or if it has none. */
  readonly mailboxName: string | null;
  /** A slot for whatever the provider wants to keep with this connection. */
  tag: unknown;
}
