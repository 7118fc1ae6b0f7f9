// @ts-types="./mod.d.ts"
export { basename, dirname, fromFileUrl, join, resolve } from "npm:deno-std@1.4.0/path/mod.js";
