import { listen, simpleMailbox } from "@pop3svc/pop3svc";

// GET lists [{ "uniqueId": "m1", "octets": 1234 }], GET /m1 gives a message, POST /remove removes all of ["m1"] or none.
const api = Deno.args[0] ?? "http://127.0.0.1:8080/messages";

await listen({
  port: 1100,
  async provider({ signal }, _username, token) {
    const headers = { authorization: `Bearer ${token}` };
    const login = await fetch(api, { method: "HEAD", headers, signal });
    if (login.status === 401) return null;
    const ask = async (path: string, init: RequestInit) => {
      const response = await fetch(`${api}${path}`, { headers, ...init });
      if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
      return response;
    };
    return simpleMailbox({
      list: async ({ signal }) => await (await ask("", { signal })).json(),
      read: (uniqueId, { signal }) => ask(`/${encodeURIComponent(uniqueId)}`, { signal }),
      remove: (uniqueIds) => ask("/remove", { method: "POST", body: JSON.stringify(uniqueIds) }),
    });
  },
});
