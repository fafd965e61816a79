/**
 * The names that recorders give files in a log dir: `step-01-stdout.txt`, `step-01-stdout.2.txt`, `step-01-stderr-late.txt`;
 * of a command inside a step `step-01-cmd-03-stdout.txt`; its trace, `step-01-trace.txt`; a copy that was added to it,
 * `step-01-artifact-report.html`; what a harness printed, `run-stdout.txt`.
 */
export const LOG_NAME =
  /^(?:run-(?:stdout|stderr)(?:-late)?(?:\.\d+)?\.txt$|step-\d{2,}-(?:(?:cmd-\d{2,}-)?(?:stdout|stderr)(?:-late)?(?:\.\d+)?\.txt|trace(?:\.\d+)?\.txt|artifact-.+)$)/s;
