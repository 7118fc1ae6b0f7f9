/** Joins the parts into one normalized path. */
export function join(...paths: string[]): string;
/** The last part of a path. */
export function basename(path: string, suffix?: string): string;
/** All but the last part of a path. */
export function dirname(path: string): string;
/** An absolute path. */
export function resolve(...paths: string[]): string;
/** Does the path begin at a root? */
export function isAbsolute(path: string): boolean;
/** What stands between the parts of a path. */
export const SEPARATOR: "\\" | "/";
/** The path of a `file:` URL. */
export function fromFileUrl(url: URL | string): string;
/** The way from one path to another. */
export function relative(from: string, to: string): string;
