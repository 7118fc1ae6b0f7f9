/** What concerns a database that holds accounts or mail. */

/** The database cannot be reached any more, or is back. */
export interface StoreEvent {
  /** Which event this is. */
  readonly type: "store";
  /** When it happened. */
  readonly time: Date;
  /** Whether it can be reached now. */
  readonly isReachable: boolean;
  /** Why it cannot. */
  readonly error?: unknown;
}

/** A query has ended. */
export interface StoreQueryEvent {
  /** Which event this is. */
  readonly type: "store-query";
  /** When it happened. */
  readonly time: Date;
  /** What it was for: `account`, `list`, `contents`, `delete`. */
  readonly operation: string;
  /** Whether it was answered. */
  readonly isOk: boolean;
  /** How long it waited for a connection. */
  readonly waitedMilliseconds: number;
  /** How long it took from then on. */
  readonly milliseconds: number;
  /** Connections that are open. */
  readonly open: number;
  /** Those that run a query. */
  readonly inUse: number;
  /** Queries that wait for a connection. */
  readonly waiting: number;
}

/** A session has lost its lease, and can no longer delete: the database did not hear of its process for too long. */
export interface LeaseLostEvent {
  /** Which event this is. */
  readonly type: "lease-lost";
  /** When it happened. */
  readonly time: Date;
  /** The name of the mailbox. */
  readonly mailbox: string;
}
