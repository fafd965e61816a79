import { ENDING, onSignal } from "../../capture/control/signal-handlers.ts";
import { StepScopes } from "../../capture/control/step-scopes.ts";
import type { Platform } from "../../capture/platform.ts";
import { exitCode, ScenariologError } from "../../errors.ts";
import { defaultLogDir, defaultLogsDir, logDirOf } from "../../files/paths.ts";
import { newRunId, stepIdOf } from "../../model/ids.ts";
import type { SuiteObserver } from "../../model/progress.ts";
import type { StepOptions } from "../../model/step.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import { signalNumber } from "../../sys/signals.ts";
import type { RunEnding } from "../rows/run-rows.ts";
import type { Connection } from "../step/connection.ts";
import { failed, type RecordedStep, recordStep } from "../step/step.ts";
import { warningsOf } from "../step/warnings.ts";
import { makeUnseenDir } from "./git/ignore-file.ts";
import type { PlannedStep } from "./plan.ts";
import type { RunSpec } from "./run.ts";
import { writeRunEnd } from "./run-ending.ts";
import { countsOf, type SuiteResult } from "./suite-result.ts";
import { connectionFor } from "./suite-start.ts";

export interface SuiteSpec {
  /** Made when it is missing. */
  readonly database: string;
  readonly run: RunSpec;
  /** Relative to the run's root; undefined is `.logs/<run id>` beside the database. */
  readonly logDir: string | undefined;
  readonly steps: readonly PlannedStep[];
  /** Steps of the plan that are not to be run: then the run cannot pass in full. */
  readonly leftOut: readonly PlannedStep[];
  /** For every step. */
  readonly args: readonly string[];
  readonly options: StepOptions;
  readonly keepGoing: boolean;
  /** How many independent steps may run at once. */
  readonly jobs: number;
  /** For all steps together; 0 is none. */
  readonly deadlineMs: number;
}

/**
 * Runs the steps of a plan in order, as `exec` would each, within a run that it starts and ends. Throws what is the
 * caller's to mend before the first step is started; after that a recording that fails is a problem, and the steps run.
 */
export async function recordSuite(
  platform: Platform,
  spec: SuiteSpec,
  observer: SuiteObserver,
  clock: Clock = systemClock,
): Promise<SuiteResult> {
  return await new SuiteRun(platform, spec, observer, clock).record();
}

class SuiteRun {
  readonly #runId: string;
  readonly #logDir: string;
  readonly #connection: Connection;
  readonly #scopes: StepScopes;
  readonly #startMs: number;
  readonly #results = new Map<PlannedStep, RecordedStep>();
  readonly #problems = new Set<string>();
  #signal: NodeJS.Signals | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly spec: SuiteSpec,
    private readonly observer: SuiteObserver,
    private readonly clock: Clock,
  ) {
    const startedAt = clock.now();
    this.#startMs = clock.monotonicMs();
    this.#runId = spec.run.runId || newRunId(startedAt, process.pid);
    this.#logDir = spec.logDir ?? defaultLogDir(spec.database, this.#runId);
    this.#scopes = new StepScopes(platform);
    this.#connection = connectionFor(spec, this.#runId, startedAt, clock);
  }

  async record(): Promise<SuiteResult> {
    const removeHandlers = ENDING.map((signal) =>
      onSignal(this.platform, signal, () => {
        this.#signal ??= signal;
      }),
    );
    try {
      this.#open();
      if (this.spec.logDir === undefined) makeUnseenDir(defaultLogsDir(this.spec.database));
      for (const group of this.#groups()) await this.#runTogether(group);
      return await this.#end();
    } finally {
      for (const remove of removeHandlers) remove();
      if (this.#signal === "SIGQUIT") this.platform.dumpNoCore();
    }
  }

  #open(): void {
    try {
      const { caveat } = this.#connection.open();
      if (caveat !== null) this.observer.warned(caveat);
    } catch (error) {
      const transient = ["LOCKED", "DISK_FULL", "READ_ONLY", "DAMAGED", "STORE"];
      if (!(error instanceof ScenariologError && transient.includes(error.code))) throw error;
      // Every step tries again; none of them waits for the recording.
      this.observer.warned(`the run is not recorded so far: ${error.message}`);
    }
  }

  /** Neighbours that are independent run together, every other step alone. */
  #groups(): PlannedStep[][] {
    const groups: PlannedStep[][] = [];
    for (const step of this.spec.steps) {
      const last = groups.at(-1);
      if (this.spec.jobs > 1 && step.independent && last?.[0]?.independent) last.push(step);
      else groups.push([step]);
    }
    return groups;
  }

  async #runTogether(group: readonly PlannedStep[]): Promise<void> {
    const waiting = [...group];
    const worker = async () => {
      for (let step = waiting.shift(); step !== undefined && !this.#isOver; step = waiting.shift())
        await this.#run(step);
    };
    await Promise.all(group.slice(0, this.spec.jobs).map(worker));
  }

  get #isOver(): boolean {
    if (this.#signal !== undefined || this.#isPastDeadline) return true;
    return !this.spec.keepGoing && [...this.#results.values()].some(failed);
  }

  get #deadlineMs(): number | undefined {
    return this.spec.deadlineMs > 0 ? this.#startMs + this.spec.deadlineMs : undefined;
  }

  get #isPastDeadline(): boolean {
    return this.#deadlineMs !== undefined && this.clock.monotonicMs() >= this.#deadlineMs;
  }

  async #run(step: PlannedStep): Promise<void> {
    const { spec, observer } = this;
    const { num, name } = step;
    const stepId = stepIdOf(this.#runId, num);
    const progress = {
      index: spec.steps.indexOf(step) + 1,
      total: spec.steps.length,
      num,
      name,
      tries: spec.options.retries + 1,
    };
    const platform = this.#scopes.enter(stepId);
    observer.stepStarted(progress);
    const asked = {
      ...spec.options,
      runId: this.#runId,
      rootDir: spec.run.rootDir,
      logDir: this.#logDir,
      name,
      num,
      scriptPath: step.script,
      workDir: "",
      tags: new Map<string, string>(),
      argv: [...step.argv, ...spec.args] as const,
    };
    try {
      const recorded = await recordStep(this.#connection, platform, asked, {
        clock: this.clock,
        keepOpen: true,
        deadlineMs: this.#deadlineMs,
        onOutput: (stream, chunk) => observer.stepOutput(progress, stream, chunk),
        onAttemptEnd: (end) => observer.attemptEnded(progress, end),
      });
      this.#results.set(step, recorded);
      this.#signal ??= recorded.endBySignal;
      observer.stepEnded(progress, recorded);
      this.#warn(recorded);
    } finally {
      this.#scopes.leave(stepId);
    }
  }

  #warn(recorded: RecordedStep): void {
    for (const problem of recorded.problems) this.#problems.add(problem);
    if (recorded.exit.kind === "not-started") {
      this.observer.warned([recorded.exit.reason, recorded.exit.hint].filter(Boolean).join("; "));
    }
    for (const text of warningsOf(recorded)) this.observer.warned(text);
  }

  async #end(): Promise<SuiteResult> {
    const { steps, leftOut } = this.spec;
    const ended = steps.flatMap((step) => this.#results.get(step) ?? []);
    const notPassed = ended.filter(failed);
    const notRun = steps.filter((step) => !this.#results.has(step)).map(({ num }) => num);
    const pastDeadline = this.#signal === undefined && ended.length < steps.length && this.#isPastDeadline;
    const code =
      this.#signal !== undefined
        ? exitCode.signalBase + signalNumber(this.#signal)
        : (notPassed[0]?.code ?? (pastDeadline ? exitCode.timeout : exitCode.ok));
    await this.#endRun(code, {
      notRun,
      reason: this.#signal !== undefined ? "interrupted" : pastDeadline ? "timeout" : null,
      signal: this.#signal,
    });
    return {
      runId: this.#runId,
      code,
      endBySignal: this.#signal,
      counts: { ...countsOf(ended), total: steps.length, notRun: notRun.length, leftOut: leftOut.length },
      durationMs: Math.floor(this.clock.monotonicMs() - this.#startMs),
      pastDeadline,
      problems: [...this.#problems],
    };
  }

  async #endRun(code: number, ending: RunEnding): Promise<void> {
    const run = { runId: this.#runId, logDir: logDirOf(this.spec.run.rootDir, this.#logDir), code, ending };
    for (const text of await writeRunEnd(this.#connection, run, this.clock)) {
      this.#problems.add(text);
      this.observer.warned(text);
    }
  }
}
