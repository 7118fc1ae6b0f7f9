/** The part of npm:pg that this room uses. Its own types need those of Node.js. */

/** What a custom query must implement; the client calls each method when its message arrives. */
export interface Submittable {
  submit(connection: PgConnection): Error | null | undefined | void;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handlePortalSuspended(connection: PgConnection): void;
  handleCommandComplete(message: unknown): void;
  handleEmptyQuery(connection: PgConnection): void;
  handleError(error: Error): void;
  handleCopyInResponse(connection: PgConnection): void;
  handleCopyData(message: unknown): void;
  handleReadyForQuery(): void;
}

/** The wire. */
export interface PgConnection {
  readonly stream: { destroy(error?: Error): void };
  query(text: string): void;
  on(event: "copyData", listener: (message: { readonly chunk: Uint8Array }) => void): void;
  off(event: "copyData", listener: (message: { readonly chunk: Uint8Array }) => void): void;
}

export interface ClientConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: () => string;
  readonly database: string;
  readonly application_name: string;
  readonly client_encoding: string;
  readonly sslnegotiation: string;
  readonly ssl: false | { readonly ca?: string; readonly servername?: string };
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelayMillis: number;
  readonly types: { getTypeParser(): (value: string) => string };
}

export declare class Client {
  constructor(config: ClientConfig);
  readonly connection: PgConnection;
  readonly connectionParameters: { replication?: unknown; options?: unknown };
  readonly processID: number | null;
  readonly secretKey: number | null;
  connect(): Promise<void>;
  query(submittable: Submittable): void;
  query(config: {
    readonly text: string;
    readonly values: readonly unknown[];
    readonly rowMode: "array";
  }): Promise<{ readonly rows: readonly (readonly (string | null)[])[] }>;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
}

declare const pg: { readonly Client: typeof Client };
export default pg;
