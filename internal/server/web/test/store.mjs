// The server's part of files as docs/protocol.md, 14.3, has it, small and in memory.
import { randomBytes } from "node:crypto";

const piece = 1048576;

/** store keeps sealed files; while held no piece is answered, nor taken. */
export function store() {
  const all = new Map();
  const it = { held: false, tokens: new Set(), all, handle };
  async function handle(req, res, id) {
    const answer = (status, headers = {}, body = "") => res.writeHead(status, headers).end(body);
    const no = (status, code) => answer(status, { "content-type": "application/json" }, JSON.stringify({ code, text: "", fatal: false }));
    const token = (req.headers.authorization || "").replace(/^Bearer /, "");
    const parts = [];
    for await (const part of req) parts.push(part);
    const body = Buffer.concat(parts);
    it.tokens.add(token);
    if (req.method === "POST" && !id) {
      const fresh = randomBytes(16).toString("hex");
      all.set(fresh, { size: JSON.parse(body).size, owner: token, held: Buffer.alloc(0) });
      return answer(200, { "content-type": "application/json" }, JSON.stringify({ id: fresh }));
    }
    const file = all.get(id);
    if (!file || (/PATCH|DELETE/.test(req.method) && file.owner !== token)) return no(404, "not_found");
    const facts = () => ({ "upload-offset": String(file.held.length), "upload-length": String(file.size) });
    if (req.method === "PATCH") {
      const gone = () => !res.socket || res.socket.destroyed; // whoever sent it has given it up
      for (let i = 0; it.held && i < 600 && !gone(); i++) await new Promise((done) => setTimeout(done, 50));
      if (gone()) return;
      if (Number(req.headers["upload-offset"]) !== file.held.length) return res.writeHead(409, facts()).end(JSON.stringify({ code: "offset", text: "", fatal: false }));
      if (body.length > piece) return no(413, "too_large");
      file.held = Buffer.concat([file.held, body]);
      return answer(204, facts());
    }
    if (req.method === "DELETE") return all.delete(id), answer(204);
    if (req.method === "HEAD") return answer(200, facts());
    const from = Number(/^bytes=(\d+)-/.exec(req.headers.range)[1]);
    for (let i = 0; from >= file.held.length && i < 20; i++) await new Promise((done) => setTimeout(done, 50));
    const part = file.held.subarray(from, from + piece);
    return part.length === 0 ? answer(204, facts()) : answer(206, { ...facts(), "content-type": "application/octet-stream", "content-range": `bytes ${from}-${from + part.length - 1}/${file.size}` }, part);
  }
  return it;
}
