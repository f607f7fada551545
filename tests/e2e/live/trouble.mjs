// Makes trouble, and work that is none, with real processes. Names, users and forms are drawn from a seed, so that
// nothing can be learned from them; a failure prints the seed.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { run } from "./capstan.mjs";

export const seed = Number(process.env.CAPSTAN_SEED ?? Date.now() % 1_000_000);
let state = seed;
export function random(below) {
  // Mulberry32: small, and the same everywhere.
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
export const pick = (list) => list[random(list.length)];
const name = () => Array.from({ length: 5 + random(5) }, () => "abcdefghijklmnopqrstuvwxyz"[random(26)]).join("");

const users = ["nobody", "daemon", "games", "www-data", "mail"];
const started = new Set();

/** Starts a program under another name and as another user. */
function start(program, args) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "t-"));
  fs.chmodSync(directory, 0o755);
  const copy = path.join(directory, name());
  fs.copyFileSync(program, copy);
  fs.chmodSync(copy, 0o755);
  const root = process.getuid() === 0;
  const child = root
    ? spawn("setpriv", [`--reuid=${pick(users)}`, "--clear-groups", copy, ...args], { stdio: "ignore", detached: true })
    : spawn(copy, args, { stdio: "ignore", detached: true });
  started.add({ child, directory });
  return child;
}

export function stopAll() {
  for (const { child, directory } of started) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
    fs.rmSync(directory, { recursive: true, force: true });
  }
  started.clear();
}

/** Burns every processor, in one of several forms. */
export function burn() {
  const forms = [
    () => start("/usr/bin/yes", []),
    () => start("/bin/sh", ["-c", "while :; do :; done"]),
    () => start(fs.realpathSync("/usr/bin/awk"), ["BEGIN { while (1) i++ }"]),
    () => start(fs.realpathSync("/usr/bin/sha256sum"), ["/dev/zero"]),
  ];
  const form = pick(forms);
  return os.cpus().map(() => form());
}

/** Takes memory and touches it, up to `share` of what there is. */
export function eatMemory(share) {
  const most = Math.round((os.totalmem() * share) / 2 ** 20);
  const code = `
import time
held = []
while len(held) * 16 < ${most}:
    held.append(bytearray(b"x") * (16 << 20))
    time.sleep(${(0.05 + random(5) / 100).toFixed(3)})
time.sleep(600)`;
  return start(fs.realpathSync("/usr/bin/python3"), ["-c", code]);
}

/** A small filesystem of its own, and a process that fills it bit by bit. */
export async function fillDisk() {
  const mountpoint = fs.mkdtempSync(path.join(os.tmpdir(), "disk-"));
  await run("mount", ["-t", "tmpfs", "-o", `size=${48 + random(32)}m,mode=1777`, "tmpfs", mountpoint]);
  const child = start("/bin/sh", ["-c", `while :; do head -c 1000000 /dev/zero; sleep 0.1; done >> ${mountpoint}/${name()}`]);
  return { child, mountpoint, release: () => run("umount", ["-l", mountpoint]).then(() => fs.rmdirSync(mountpoint)) };
}

/** What keeps a machine busy and is no trouble. Each resolves when it is done. */
export const work = {
  async build() {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "b-"));
    const names = Array.from({ length: 60 }, (_, i) => `f${i}`);
    for (const unit of names) {
      fs.writeFileSync(path.join(directory, `${unit}.cc`), `#include <map>\n#include <regex>\n#include <string>\nstd::map<std::string, std::regex> ${unit};\n`);
    }
    fs.writeFileSync(path.join(directory, "Makefile"), `all: ${names.map((unit) => `${unit}.o`).join(" ")}\n%.o: %.cc\n\tg++ -O1 -c $< -o $@\n`);
    await run("make", ["-C", directory, `-j${os.cpus().length + 1}`]);
    fs.rmSync(directory, { recursive: true });
  },
  async backup() {
    await run("sh", ["-c", "for i in 1 2 3; do tar -cf - /usr/share /usr/include 2>/dev/null | gzip -6 > /tmp/capstan-backup.tgz; done; rm -f /tmp/capstan-backup.tgz"]);
  },
  async upgrade() {
    // What a package manager does: unpack, install, look at what is there.
    await run("sh", ["-c", "d=$(mktemp -d); for i in 1 2 3 4 5 6 7 8; do cp -r /usr/share/doc $d/$i; dpkg -l >/dev/null; dpkg -S /bin/sh >/dev/null; done; rm -rf $d"]);
  },
  async manyProcesses() {
    await run("sh", ["-c", "i=0; while [ $i -lt 5000 ]; do /bin/true; i=$((i+1)); done"]);
  },
};
