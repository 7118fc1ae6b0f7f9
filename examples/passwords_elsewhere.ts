import { listen, maildirMailbox } from "@pop3svc/pop3svc";

const accounts = Deno.args[0] ?? "http://127.0.0.1:8081/check";

await listen({
  port: 1100,
  async provider({ signal }, username, password) {
    const body = new URLSearchParams({ username, password });
    const response = await fetch(accounts, { method: "POST", body, signal });
    if (response.status === 401) return null;
    if (!response.ok) throw new Error(`${accounts}: ${response.status}`);
    return maildirMailbox(await response.text());
  },
});
