/**
 * A run as one plain value: everything that a page, a file for another program, or a user's script needs, so that it asks for
 * nothing afterwards. `scenariolog show --output json` prints it; docs/run-document.md describes it. Names are those of the
 * JSON. A value that is not known is null; a list without entries is empty. Secrets are taken out of every text. Log lines are
 * as a person sees them; other texts may hold control characters, and whoever shows a text makes it fit for where it goes.
 */
export interface RunDocument {
  /** The version of this shape: it grows when a field changes its meaning or goes, not when one is added. */
  readonly format: 1;
  readonly run: DocumentRun;
  /** By number, those of the same number by time; planned steps that were not reached as well. */
  readonly steps: readonly DocumentStep[];
  /** Of the run and its steps, in order. */
  readonly notes: readonly DocumentNote[];
  /** Files kept with the run itself; those of a step are with the step. */
  readonly artifacts: readonly DocumentArtifact[];
  /** What was left out to keep the document small, in total. */
  readonly left_out: { readonly log_bytes: number; readonly commands: number };
}

/** `passed` and the like; the list may grow. */
export type DocumentStatus = string;

export interface DocumentRun {
  readonly run_id: string;
  /** What a person calls it. */
  readonly short_id: string;
  readonly suite: string | null;
  readonly root_dir: string;
  readonly status: DocumentStatus;
  readonly exit_code: number | null;
  /** UTC, RFC 3339. */
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly duration_ms: number | null;
  /** One sentence that says how it went. */
  readonly summary: string;
  readonly counts: DocumentCounts;
  readonly tags: Readonly<Record<string, string>>;
}

/** How many steps there are, and of each status. */
export interface DocumentCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly interrupted: number;
  readonly running: number;
  readonly skipped: number;
  readonly not_run: number;
  /** Among those that passed: not at the first attempt. */
  readonly flaky: number;
}

export interface DocumentStep {
  /** Null for a step that was planned and not reached. */
  readonly step_id: string | null;
  readonly step_num: number;
  readonly step_name: string;
  readonly script_path: string | null;
  readonly status: DocumentStatus;
  readonly exit_code: number | null;
  /** Why it ended, if that was not its own doing: interrupted, timeout, leak; or why it was skipped. */
  readonly reason: string | null;
  /** What the end means, in one sentence; null for a step that passed, or was not reached. */
  readonly meaning: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  /** From the start of the run, in whole ms; null if it is not known. */
  readonly offset_ms: number | null;
  readonly duration_ms: number | null;
  readonly flaky: boolean;
  /** The program and its arguments. */
  readonly argv: readonly string[] | null;
  readonly work_dir: string | null;
  /** For a POSIX shell: what repeats it; null if that is not known. */
  readonly reproduce: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** At least one for a step that was started; empty where the Go build recorded it. */
  readonly attempts: readonly DocumentAttempt[];
  /** Those of a trace and those that the step recorded itself; the last ones if there are many. */
  readonly commands: readonly DocumentCommand[];
  /** Where it failed; null for a step that did not, and where nothing says so. */
  readonly failed_at: DocumentPlace | null;
  readonly first_error: DocumentError | null;
  readonly since: DocumentSince | null;
  /** Of the last attempt; null if nothing was recorded. */
  readonly stdout: DocumentLog | null;
  readonly stderr: DocumentLog | null;
  readonly artifacts: readonly DocumentArtifact[];
}

export interface DocumentAttempt {
  readonly attempt: number;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly offset_ms: number | null;
  readonly duration_ms: number | null;
  readonly exit_code: number | null;
  readonly reason: string | null;
}

export interface DocumentCommand {
  readonly command_num: number;
  /** Null for one that the step recorded itself. */
  readonly attempt: number | null;
  /** As a person would type it. */
  readonly text: string;
  readonly cwd: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  readonly offset_ms: number | null;
  readonly duration_ms: number | null;
  readonly exit_code: number | null;
}

/** A line of a script or program. */
export interface DocumentFrame {
  /** Relative to the run's root if it lies there; null for a script that is no file. */
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  readonly command: string | null;
  /** Lines around it; empty if they cannot be read, and for callers between the outermost and the place itself. */
  readonly source: readonly { readonly num: number; readonly text: string }[];
}

export interface DocumentPlace extends DocumentFrame {
  /** Who says so: the trace of the step, or what it printed. */
  readonly from: "trace" | "output";
  /** The condition that led to an `exit` or `return`. */
  readonly guard: { readonly line: number; readonly text: string } | null;
  /** What called it, innermost first; the last one is in the step's own script. */
  readonly callers: readonly DocumentFrame[];
  /** The file was written after the step had ended. */
  readonly changed_since: boolean;
  /** Why its lines may not be shown though it is there: the end of a sentence that begins with the file. Null if they may. */
  readonly problem: string | null;
}

export interface DocumentError {
  readonly stream: "stdout" | "stderr";
  /** From 1; null if the log is so long that only its end was read. */
  readonly line: number | null;
  readonly text: string;
}

/** What is new since the step last passed. Only the first 20 steps that did not pass are compared. */
export interface DocumentSince {
  readonly run_id: string;
  readonly short_id: string;
  readonly started_at: string;
  /** Of the repository when that run began; null if that is not known. */
  readonly commit: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  /** Null if the logs of then cannot be read. */
  readonly new_lines: readonly string[] | null;
  /** Null as well. */
  readonly new_line_count: number | null;
}

/** A log, or its beginning and end. Failed steps get their lines first; when the budget is used up, both are empty. */
export interface DocumentLog {
  readonly path: string;
  readonly size_bytes: number | null;
  /** Lower-case hex. */
  readonly sha256: string | null;
  /** Lines from the beginning; all of them if `left_out_bytes` is 0. */
  readonly head: readonly string[];
  /** Lines from the end; empty if `head` has them all. */
  readonly tail: readonly string[];
  /** Between the two. */
  readonly left_out_bytes: number;
  /** Why it cannot be read: the end of a sentence that begins with its path. Null if it can. */
  readonly problem: string | null;
}

export interface DocumentArtifact {
  readonly artifact_id: number;
  readonly kind: string;
  readonly path: string;
  readonly is_text: boolean;
  readonly size_bytes: number | null;
  readonly sha256: string | null;
}

export interface DocumentNote {
  /** Null for a note on the run itself. */
  readonly step_num: number | null;
  readonly created_at: string;
  readonly text: string;
}
