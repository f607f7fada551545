// Starts the real program on an empty data directory, and asks it things as a person and a script would.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const binary = process.env.CAPSTAN_BINARY ?? path.join(root, "build/release/capstan");

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is truthy; fails with `what` after so many seconds. */
export async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await sleep(250);
  }
  throw new Error(`not within ${seconds} s: ${what}; the last answer was ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}

/** Runs a program and gives its output; fails when it does unless `code` allows it. */
export function run(program, args, { code = [0] } = {}) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 << 20, timeout: 300_000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      if (!code.includes(status)) reject(new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}${stdout}`));
      else resolve({ stdout, stderr, status });
    });
  });
}

export class Capstan {
  constructor({ data } = {}) {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), "capstan-live-"));
    this.config = path.join(this.directory, "config");
    this.data = data ?? path.join(this.directory, "data");
    fs.mkdirSync(this.config);
  }

  async start() {
    this.log = fs.openSync(path.join(this.directory, "capstan.log"), "a");
    this.process = spawn(binary, ["run", "-c", this.config, "--data", this.data, "--listen", "127.0.0.1:0"], {
      stdio: ["ignore", "pipe", this.log],
    });
    this.output = "";
    this.process.stdout.setEncoding("utf8");
    this.process.stdout.on("data", (text) => (this.output += text));
    const line = await until("the line with the address", 60, () => {
      if (this.process.exitCode !== null) throw new Error(`capstan ended: ${this.logText()}`);
      return this.output.match(/Capstan is at (\S+) : (.*)\n/);
    });
    this.url = line[1];
    this.setupToken = line[2].match(/one-time token (\S+)/)?.[1];
    return this;
  }

  logText() {
    return fs.readFileSync(path.join(this.directory, "capstan.log"), "utf8");
  }

  /** As a crash would: nothing is flushed, nothing is said. */
  async kill() {
    this.process.kill("SIGKILL");
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
  }

  async stop() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGTERM");
      await once(this.process, "exit");
    }
  }

  async remove() {
    await this.stop();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  command(args, options) {
    return run(binary, [...args, "--data", this.data], options);
  }

  async json(args) {
    return JSON.parse((await this.command([...args, "--json"])).stdout);
  }

  /** The open incidents in which this rule has a finding. */
  async incidents(rule, state = "open") {
    const { incidents } = await this.json(["incidents", "--state", state]);
    return incidents.filter((incident) => !rule || incident.findings.some((finding) => finding.rule === rule));
  }

  incident(rule, seconds = 40) {
    return until(`an incident of ${rule}`, seconds, async () => (await this.incidents(rule))[0]);
  }

  /** The pids of the processes that an incident blames most. */
  async blamed(incident) {
    const pids = [];
    for (const id of incident.causes[0]?.group ?? []) pids.push(Number(id.split("-").at(-2)));
    return pids;
  }

  write(name, text) {
    const file = path.join(this.config, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.draft`, text);
    fs.renameSync(`${file}.draft`, file);
    return file;
  }

  problems() {
    return this.json(["status"]).then((overview) => overview.problems);
  }
}
