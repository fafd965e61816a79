/**
 * `bun scripts/picture.ts`: records examples/suite, asks `why`, and draws both as a terminal in docs/red-run.svg, which
 * the README shows. It follows the reader's light or dark theme. `--check`: writes nothing, and fails if a fresh run
 * prints other lines than the picture has; only times may differ. If only these differ, the picture stays as it is.
 *
 * The program is `SCENARIOLOG_BIN` if set, else dist/scenariolog.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { root, runScript, ScriptError } from "./build/project.ts";

const picture = join(root, "docs/red-run.svg");
const program = resolve(process.env.SCENARIOLOG_BIN ?? join(root, "dist/scenariolog"));
const failingCode = 3;

const runId = "2026-01-05T09:30:00.000000000Z-pid-4711-8c1f0a7de2b95d34";
const columns = 104;
const charWidth = 8.4;
const lineHeight = 19;
const margin = 18;

await runScript("picture", async () => {
  const fresh = svgOf(await recordedLines());
  const old = await Bun.file(picture)
    .text()
    .catch(() => "");
  if (structureOf(fresh) === structureOf(old)) return 0;
  if (process.argv.includes("--check")) {
    throw new ScriptError(`${relative("", picture)} is out of date: run bun scripts/picture.ts`);
  }
  await Bun.write(picture, fresh);
  return 0;
});

/** What the terminal of a person shows who records the suite and then asks. */
async function recordedLines(): Promise<string[]> {
  const temporary = mkdtempSync(join(tmpdir(), "scenariolog-picture-"));
  const folder = join(temporary, "orders"); // the suite's name is that of its directory
  try {
    cpSync(join(root, "examples/suite"), join(folder, "checks"), { recursive: true });
    rmSync(join(folder, "checks/run-all.sh"));
    const commands = [["record", "--keep-going", "checks"], ["why"]];
    const lines: string[] = [];
    for (const words of commands) {
      const { code, output } = await run(words, folder);
      const wanted = words[0] === "record" ? failingCode : 0;
      if (code !== wanted) throw new ScriptError(`scenariolog ${words.join(" ")} ended with ${code}:\n${output}`);
      const shown = withFixedId(output.replaceAll(folder, "~/orders").trimEnd());
      lines.push(...(lines.length > 0 ? [""] : []), `$ scenariolog ${words.join(" ")}`, ...shown.split("\n"));
    }
    return lines;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** With one id for every run, so that lines are as long each time. */
function withFixedId(text: string): string {
  return text.replace(/\d{4}-[-\dT:.]+Z-pid-\d+-[0-9a-f]{16}/g, runId).replace(/\b[0-9a-f]{8}\b/g, runId.slice(-8));
}

async function run(words: readonly string[], folder: string): Promise<{ code: number; output: string }> {
  const child = Bun.spawn(["bash", "-c", 'exec "$@" 2>&1', "bash", program, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", HOME: folder },
    stdin: "ignore",
    stdout: "pipe",
  });
  const [output, code] = await Promise.all([child.stdout.text(), child.exited]);
  return { code, output };
}

function svgOf(lines: readonly string[]): string {
  const rows = lines.flatMap(wrapped);
  const width = Math.ceil(columns * charWidth + 2 * margin);
  const height = rows.length * lineHeight + 2 * margin;
  const texts = rows.map((row, i) => {
    const y = margin + (i + 0.75) * lineHeight;
    return row.trim() === "" ? "" : `  <text x="${margin}" y="${y}">${styled(row)}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>scenariolog record and scenariolog why, in a terminal</title>
  <style>
    rect { fill: #ffffff; stroke: #d0d7de }
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; white-space: pre }
    .prompt { font-weight: bold }
    .good { fill: #116329 }
    .bad { fill: #cf222e; font-weight: bold }
    .dim { fill: #59636e }
    @media (prefers-color-scheme: dark) {
      rect { fill: #0d1117; stroke: #3d444d }
      text { fill: #e6edf3 }
      .good { fill: #3fb950 }
      .bad { fill: #ff7b72 }
      .dim { fill: #9198a1 }
    }
  </style>
  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${texts.join("")}</svg>
`;
}

/** A long line as rows, cut as a terminal cuts it. */
function wrapped(line: string): string[] {
  return line.length <= columns ? [line] : [line.slice(0, columns), ...wrapped(line.slice(columns))];
}

function styled(row: string): string {
  const text = Bun.escapeHTML(row);
  const verdict = /^ *(PASS|FAIL)\b/.exec(text)?.[0];
  if (verdict) return `${span(verdict.endsWith("PASS") ? "good" : "bad", verdict)}${text.slice(verdict.length)}`;
  if (row.startsWith("$ ")) return span("prompt", text);
  if (/\berror\b/i.test(row) && row.startsWith(" ")) return span("bad", text);
  if (row.startsWith("---") || row.startsWith("[scenariolog]")) return span("dim", text);
  return text;
}

function span(name: string, text: string): string {
  return `<tspan class="${name}">${text}</tspan>`;
}

/** The picture without its times, which differ from one run to the next. */
function structureOf(svg: string): string {
  return svg.replace(/\d+(\.\d+)?(ms|s)\b/g, "TIME");
}
