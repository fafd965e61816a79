#!/usr/bin/env node
// Starts the executable of this platform, which npm installs as an optional package beside this one, in place of this
// process. Node 18 or newer, or Bun; no dependency. It does as little as it can: every step of a suite pays for it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

/** As a shell says that a command was not found. */
const NOT_FOUND = 127;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

main();

function main() {
  const executable = findExecutable();
  if (executable === null) return giveUp();
  const args = process.argv.slice(2);
  // Since Node 22.15: nothing of this process is left. Its warning that it is experimental would be in a step's output.
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.removeAllListeners("warning");
    process.on("warning", () => {});
    try {
      process.execve(executable, [executable, ...args], process.env);
    } catch {
      // A file system that is mounted noexec, say: the other way tells what is wrong.
    }
  }
  const { spawn } = require("node:child_process");
  const child = spawn(executable, args, { stdio: "inherit" });
  // A signal that everyone in the group got reaches the executable twice; it takes the two for one request.
  const forward = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  child.on("error", (error) => {
    console.error(`scenariolog: ${executable} could not be started: ${error.code ?? error.message}`);
    process.exit(error.code === "ENOENT" ? NOT_FOUND : 126);
  });
  child.on("exit", (code, signal) => {
    for (const name of SIGNALS) process.off(name, forward);
    if (signal === null) process.exit(code);
    // The caller's shell is to see a death by this signal, and stop as well.
    process.kill(process.pid, signal);
  });
}

/** Null if no package of this platform is installed. */
function findExecutable() {
  const file = process.platform === "win32" ? "scenariolog.exe" : "scenariolog";
  for (const name of packageNames()) {
    try {
      const manifest = require.resolve(`${name}/package.json`);
      const executable = path.join(path.dirname(manifest), file);
      if (fs.existsSync(executable)) return executable;
    } catch {
      // Not installed.
    }
  }
  return null;
}

/** The likelier one first. Old npm clients install both, since they do not know `libc`. */
function packageNames() {
  const system = { darwin: "darwin", linux: "linux", win32: "windows" }[process.platform];
  const name = `scenariolog-${system}-${process.arch}`;
  if (process.platform !== "linux") return [name];
  const both = [name, `${name}-musl`];
  return isMusl() ? both.reverse() : both;
}

/** By the loaders that are there: process.report would tell, but takes longer than all the rest. */
function isMusl() {
  const [musl, glibc] =
    process.arch === "arm64"
      ? ["/lib/ld-musl-aarch64.so.1", "/lib/ld-linux-aarch64.so.1"]
      : ["/lib/ld-musl-x86_64.so.1", "/lib64/ld-linux-x86-64.so.2"];
  return fs.existsSync(musl) && !fs.existsSync(glibc);
}

function giveUp() {
  const names = packageNames();
  const { optionalDependencies = {}, version } = require("./package.json");
  if (!names.some((name) => name in optionalDependencies)) {
    console.error(`scenariolog: there is no executable for ${process.platform}-${process.arch}`);
    process.exit(NOT_FOUND);
  }
  console.error(
    `scenariolog: the package ${names[0]} is not installed, which has the executable for this machine ` +
      "(npm leaves it out with --omit=optional, and with a lockfile of another platform)\n" +
      `  install it: npm install ${names[0]}@${version}`,
  );
  process.exit(NOT_FOUND);
}
