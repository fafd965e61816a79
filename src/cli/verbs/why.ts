import { defineCommand } from "citty";
import { ScenariologError, usageError } from "../../errors.ts";
import { stepNamed } from "../../files/step-output.ts";
import { jsonDocument } from "../../render/json.ts";
import { fitted } from "../../render/why/fit.ts";
import { markdown } from "../../render/why/markdown.ts";
import { text } from "../../render/why/text.ts";
import { type Diagnosis, diagnose } from "../../report/why/diagnosis.ts";
import { openForReading } from "../../store/open.ts";
import { findRun } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { inheritedRunId, required } from "../argv/context.ts";
import { allowanceArgs, foundDbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { seeHelp } from "../argv/parse.ts";
import { bytesOf } from "../argv/size.ts";
import { choiceOf } from "../argv/step-flags.ts";
import { redactionOf, shownRedactArg } from "../argv/trace-flags.ts";
import { coloured } from "../help/page.ts";
import { writeOut } from "../output/streams.ts";
import { noteWaiting } from "../output/waiting-note.ts";
import type { Invocation } from "../verb.ts";

const OUTPUTS = ["text", "markdown", "json"] as const;

/** In text, headings are bold; what stands beneath them holds nothing that a terminal obeys. */
const FORMS = { text: "styled", markdown: "plain", json: "json" } as const;

/** Fewer do not hold the ids of run and step, and what they mean. */
const LEAST_BYTES = 1000;

export default defineCommand({
  args: {
    ...foundDbArg,
    ...runArg,
    step: {
      type: "string",
      valueHint: "step",
      description: "Explain this step: its number, its name, or the beginning of its name",
    },
    all: { type: "boolean", default: false, description: "Explain every step that did not pass in full" },
    output: {
      type: "enum",
      options: [...OUTPUTS],
      default: "text",
      description: "For people, a pull request, a program",
    },
    "max-bytes": {
      type: "string",
      default: "none",
      valueHint: "size",
      description: "Print no more: 4096, 60k; the tails of the logs are cut first",
    },
    ...allowanceArgs,
    ...shownRedactArg,
  },
  async run({ args, data }) {
    const db = required("why", args, "db");
    const words = operandsOf(data, args["run-id"], args.step);
    const output = choiceOf("why", "output", args.output, OUTPUTS);
    const maxBytes = mostBytes(args["max-bytes"]);
    const options = {
      ...notingAllowance(args),
      all: args.all,
      redactor: redactionOf({}, data.flags.redact as string[] | undefined).redactor,
    };
    const store = openForReading(db);
    let diagnosis: Diagnosis;
    const own = inheritedRunId(data.flags) ?? "latest";
    let selector = words.run ?? own;
    try {
      const chosen = chosenBy(store, words, own);
      selector = chosen.run;
      diagnosis = diagnose(store, selector, { ...options, step: chosen.step });
    } finally {
      await noteWaiting(store, selector);
      store.close();
    }
    const bold = coloured() ? (heading: string) => `\x1b[1m${heading}\x1b[0m` : (heading: string) => heading;
    const render = { text: (found: Diagnosis) => text(found, bold), markdown, json: jsonDocument }[output];
    writeOut(fitted(diagnosis, maxBytes, render), FORMS[output]);
  },
});

interface Words {
  readonly run: string | undefined;
  readonly step: string | undefined;
  /** Names a run or a step. */
  readonly either: string | undefined;
}

/** `why [RUN] [STEP]`: what is given as a flag is no operand any more. Throws USAGE. */
function operandsOf(
  { positionals, rest }: Invocation,
  runFlag: string | undefined,
  stepFlag: string | undefined,
): Words {
  const run = runFlag;
  const step = stepFlag || undefined;
  const most = (run === undefined ? 1 : 0) + (step === undefined ? 1 : 0);
  noOperands("why", { positionals: positionals.slice(Math.max(most, 0)), rest, flags: {} });
  const [first, second] = positionals;
  if (run !== undefined) return { run, step: step ?? first, either: undefined };
  if (step !== undefined) return { run: first, step, either: undefined };
  return second === undefined ? { run, step, either: first } : { run: first, step: second, either: undefined };
}

/**
 * A number of at most four digits is a step of `own`, the run that is meant without any word; another word is a run if there is such a run, and else a step.
 * `--step` and `--run-id` say which. Throws NO_RUN and NO_STEP.
 */
function chosenBy(store: Store, { run, step, either }: Words, own: string): { run: string; step: string | undefined } {
  if (either === undefined) return { run: run ?? own, step };
  if (either === "" || /^latest(?:$|[-~])/.test(either)) return { run: either, step };
  if (/^\d{1,4}$/.test(either)) return { run: own, step: either };
  try {
    findRun(store, either);
    return { run: either, step: undefined };
  } catch (error) {
    if (!(error instanceof ScenariologError) || error.code !== "NO_RUN") throw error;
  }
  try {
    stepNamed(store, findRun(store, own), either);
  } catch (error) {
    if (!(error instanceof ScenariologError) || !error.message.startsWith("no step ")) throw error;
    throw new ScenariologError("NO_RUN", `${JSON.stringify(either)} is neither a run nor a step of the latest run`, {
      hint: error.hint,
    });
  }
  return { run: own, step: either };
}

function mostBytes(given: string): number {
  if (given === "none") return Number.POSITIVE_INFINITY;
  const bytes = bytesOf("max-bytes", given);
  if (bytes < LEAST_BYTES) throw usageError(`--max-bytes ${given} is less than ${LEAST_BYTES}`, seeHelp("why"));
  return bytes;
}
