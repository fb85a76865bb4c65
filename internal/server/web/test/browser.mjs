// What the browser tests share: a small server with the real Content-Security-Policy, and Chromium.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

export const here = dirname(fileURLToPath(import.meta.url));
export const web = join(here, "..");

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

/** bundle builds one test file for the browser or for node. */
export function bundle(source, out, ...flags) {
  const esbuild = execFileSync("go", ["tool", "-n", "esbuild"], { cwd: join(web, "../../../tools"), encoding: "utf8" }).trim();
  execFileSync(esbuild, [join(here, source), "--bundle", "--loader:.svg=text", "--loader:.txt=text", "--log-level=warning", `--outfile=${out}`, ...flags], { cwd: web, stdio: "inherit" });
}

/** scratch gives a folder that goes away at the end. */
export function scratch() {
  const dir = mkdtempSync(join(tmpdir(), "page-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

/** serve answers PREFIX/r/*, PREFIX/diag and PREFIX/s/* from dist as the product does; files
 * ({ "app.js": path }) stand in for those of dist; store keeps what people send each other. */
export async function serve({ prefix = "/soins", files = {}, api = null, store = null } = {}) {
  const server = createServer(async (req, res) => {
    const path = new URL(req.url, "http://x").pathname;
    const send = (file, type) => {
      const body = readFileSync(file);
      res.writeHead(200, { "content-type": type, "content-security-policy": policy, "referrer-policy": "no-referrer", "x-content-type-options": "nosniff" });
      res.end(body);
    };
    try {
      if (path.startsWith(prefix + "/r/")) {
        return send(join(web, "dist/index.html"), types[".html"]);
      }
      if (path === prefix + "/diag") {
        return send(join(web, "dist/diag.html"), types[".html"]);
      }
      if (path.startsWith(prefix + "/s/")) {
        const name = path.slice(prefix.length + 3).replace(/[^\w.-]/g, "");
        return send(files[name] || join(web, "dist", name), types[extname(name)] || "application/octet-stream");
      }
      if (store && path.startsWith(prefix + "/api/v1/files")) {
        return await store.handle(req, res, path.slice(prefix.length + 14));
      }
      if (api && path.startsWith(prefix + "/api/v1/")) {
        let body = "";
        for await (const part of req) body += part;
        const [status, answer] = api(path.slice(prefix.length + 8), JSON.parse(body || "{}"), req.method);
        res.writeHead(status, { "content-type": "application/json" });
        return res.end(JSON.stringify(answer));
      }
    } catch (e) {
      // Falls through to the answer below.
    }
    res.writeHead(404).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://localhost:${server.address().port}`;
  return { origin, url: `${origin}${prefix}/r/ABCDE-FGHIJ`, diag: `${origin}${prefix}/diag`, close: () => new Promise((done) => server.close(done)) };
}

export async function chromium(dir, ...flags) {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    userDataDir: join(dir, "profile"),
    args: [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required", ...flags,
    ],
    protocolTimeout: 120000,
  });
}

/** watch fails on anything that leaves our origin, on script errors and on policy violations. */
export function watch(page, origin, bad) {
  page.on("request", (r) => {
    const u = r.url();
    if (!u.startsWith(origin + "/") && !/^(data|blob|about):/.test(u)) bad.push("request to " + u);
  });
  page.on("pageerror", (e) => bad.push("error: " + e.message));
  page.on("console", (m) => {
    const expected = /status of (404|409|410|429|503)/.test(m.text());
    if (m.type() === "error" && !expected) bad.push("console: " + m.text());
  });
}
