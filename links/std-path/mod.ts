// @ts-types="./mod.d.ts"
export {
  basename,
  dirname,
  fromFileUrl,
  isAbsolute,
  join,
  relative,
  resolve,
  SEPARATOR,
} from "npm:deno-std@1.4.0/path/mod.js";
