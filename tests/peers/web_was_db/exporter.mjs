// What an exporter of PostgreSQL tells of the stack's database, as far as rules about settings ask for it.
import { execFile } from "node:child_process";
import { once } from "node:events";
import http from "node:http";

const sql = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')";

export class Exporter {
  constructor(stack) {
    this.stack = stack;
  }

  async start() {
    this.server = http.createServer((request, answer) => this.answer(answer)).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
  }

  stop() {
    this.server?.close();
  }

  answer(answer) {
    const server = `127.0.0.1:${this.stack.ports.postgresql}`;
    const args = ["-h", "127.0.0.1", "-p", String(this.stack.ports.postgresql), "-U", "shop", "-d", "postgres", "-AtF", " ", "-c", sql];
    execFile("psql", args, { timeout: 1500 }, (error, output) => {
      const [used, most] = String(output).trim().split(" ");
      // As an exporter does when the database does not answer: it is there, and tells nothing of it.
      const lines = error ? ["pg_up 0"] : ["pg_up 1", `pg_stat_activity_count{datname="shop",state="idle",server="${server}"} ${used}`, `pg_settings_max_connections{server="${server}"} ${most}`];
      answer.end(`${lines.join("\n")}\n`);
    });
  }
}
