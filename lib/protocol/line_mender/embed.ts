/** Writes the text of line_mender_wasm.ts, which holds a WebAssembly file as base64; a step of `deno task wasm`. */
const octets = await Deno.readFile(Deno.args[0] ?? "");
const lines = octets.toBase64().match(/.{1,90}/g) ?? [];
const text = `/** Made of line_mender.as.ts by \`deno task wasm\`. */
export const wasm = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`;
await Deno.writeTextFile(new URL("line_mender_wasm.ts", import.meta.url), text);
