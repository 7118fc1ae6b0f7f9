/** Why a pool gives no connection. */
import { Pop3ResponseError } from "../../provider/response_error.ts";

/** The database object was closed, so nothing can be asked any more. */
export class DatabaseClosedError extends Error {
  constructor() {
    super("the database was closed");
  }
}

export function away(cause: unknown): Pop3ResponseError {
  return new Pop3ResponseError("The mail store cannot be reached now. Try again later.", {
    code: "SYS/TEMP",
    cause,
  });
}

export function busy(reason: string): Pop3ResponseError {
  return new Pop3ResponseError("The mail store is busy. Try again later.", {
    code: "SYS/TEMP",
    cause: new Error(reason),
  });
}
