/** The line of a log that most likely says what went wrong. */
export interface ErrorLine {
  /** Its index among the lines that were looked at. */
  readonly index: number;
  readonly text: string;
  /** 3: it names what went wrong; 2: it says that something did; 1: it hints at it. */
  readonly weight: 1 | 2 | 3;
}

/**
 * The first of the lines that say most; null where none looks like an error. Colours must have been taken out. Lines of a
 * shell's own trace (`+ cmd`) do not count, nor do those that report success, or no errors.
 */
export function errorLine(lines: readonly string[]): ErrorLine | null {
  let best: ErrorLine | null = null;
  for (const [index, text] of lines.entries()) {
    const weight = weightOf(text);
    if (weight > (best?.weight ?? 0)) best = { index, text, weight: weight as 1 | 2 | 3 };
    if (weight === 3) break;
  }
  return best;
}

/** Of a line, no more is looked at. */
const LOOKED_AT = 2000;

function weightOf(line: string): 0 | 1 | 2 | 3 {
  // Most lines of most logs: nothing in them is worth the finer questions.
  if (!HINT.test(line)) return 0;
  const text = withoutPrefix(line.slice(0, LOOKED_AT).replace(NOTHING_WRONG, " "));
  if (TRACE.test(text) || PASSED.test(text)) return 0;
  const names = NAMES_IT.some((pattern) => pattern.test(text));
  if (WARNING.test(text)) return names && /\berror:/i.test(text.replace(WARNING, "")) ? 3 : 0;
  if (FOLLOWS.test(text)) return 1;
  if (names) return 3;
  if (SAYS_SO.some((pattern) => pattern.test(text))) return 2;
  return HINTS.some((pattern) => pattern.test(text)) ? 1 : 0;
}

const HINT =
  /err|fail|want|conflict|\*\*\*|fatal|panic|exception|traceback|assert|cannot|can't|could ?n[o']t|unable|undefined|unresolved|not found|no such|no rule|denied|refused|killed|segment|abort|core dumped|timed out|timeout|out of memory|no space|mismatch|invalid|missing|rejected|unbound|syntax|already in use|✗|✘|✕|✖|❌|×|●|not ok|: line \d|^curl:|exit|^E {2}|expected/i;

/** Times, levels in brackets and the boxes that tools draw around a message. */
function withoutPrefix(text: string): string {
  return text.replace(
    /^(?:[\s│┃|╷╵>]*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\s+|\[?\d\d:\d\d:\d\d[\d.,]*\]?\s+|#\d+ (?:\d+\.\d+ )?)?)+/,
    "",
  );
}

/** What is counted, and is none. */
const NOTHING_WRONG =
  /\b(?:0|no|without(?: any)?) (?:\w+ )?(?:errors?|failures?|failed|failing|fatals?|exceptions?)\b|\b(?:errors?|failures?|failed|failing)\b ?[:=] ?0\b|\b[\w-]*error[\w-]*\.(?:log|txt|html?|[jt]sx?|go|rs|py|[ch](?:pp)?|java|rb|sh|md|json)\b/gi;
const TRACE = /^\++ /;
const PASSED = /^(?:ok|pass(?:ed)?|✓|✔|√|--- PASS)\b|^[✓✔√]|\.\.\. ?ok$|\bPASSED\b(?!.*\bFAIL)/i;
const WARNING = /\bwarn(?:ing)?\b[:\]]?/i;

/** Ends of a chain: what they are about was said before. */
const FOLLOWS =
  /^(?:g?make|ninja)(?:\[\d+\])?: \*\*\* .*\bError \d+|^ninja: build stopped|\bexit(?:ed)?(?: with)?(?: (?:a )?non-zero)? (?:code|status):? ?[1-9]|^(?:npm )?(?:ERR!|error) (?:code ELIFECYCLE|errno|A complete log|Exit status|Lifecycle script)|aborting due to|could not compile|could not build|^collect2: |^error: could not |^\[ERROR\] (?:-> |\[Help|To see|Re-run|For more)|^(?:error: )?(?:test failed, to rerun|script ".*" exited)|^error Command failed/i;

const NAMES_IT: readonly RegExp[] = [
  // bash, dash, zsh: `x.sh: line 7: y: command not found`
  /^\S.*?: (?:line )?\d+: .*(?:not found|unbound|parameter|syntax error|No such file|Permission denied|ambiguous|division by 0|bad |cannot |unexpected |not a valid|readonly|must |is a directory|invalid)/i,
  // gcc, clang, go build, tsc, eslint: a place and what is wrong there
  /^\S+?[:(]\d+[:,]?\d*\)?:? .*\berror\b/i,
  /^(?:\.\/)?[\w./-]+\.go:\d+:\d+: /,
  /^\s*\S+_test\.go:\d+: /,
  /undefined (?:reference|symbol)|unresolved external|symbol\(s\) not found|cannot find -l|multiple definition of/i,
  /^(?:#\d+ \S+ )?\S*: \*\*\* (?!.*\bError \d+$)/, // make: no rule, no target, missing separator
  /^Failure\/Error: /,
  // an error, and then what it is
  /^(?:[\w./@-]+(?: \w+)?: ){0,3}(?:(?:fatal|internal|parse|syntax|runtime|compile|build|critical) )?error(?:\[\w+\]| \w*\d+)?(?: \(\w+\))?(?::|!| -) ?\S/i,
  /^(?:[\w./@-]+: ){0,2}fatal(?: error)?: \S/i,
  /^(?:\[(?:ERROR|FATAL|CRITICAL)\]|(?:ERROR|FATAL|CRITICAL)\b[:\s]) *\S/,
  /\blevel=(?:error|fatal)\b|"level": ?"(?:error|fatal)"/,
  /^(?:[\w./-]+: )?Error (?:response from daemon|from server|in |:|parsing |loading |opening )/,
  /\bERR_\w+|\berror TS\d+:/,
  // exceptions: `ValueError: x`, `java.lang.IllegalStateException: y`, `AssertionError`
  /^(?:Uncaught |Unhandled \w+ |Caused by: |Exception in thread "[^"]*" )?(?:[\w$]+[.:]+)*[A-Z][\w$]*(?:Error|Exception|Failure|Interrupt|Exit)(?: \[\w+\])?(?:: \S|$)/,
  /^E {2,}\S/,
  /^panic: |\bpanicked at\b|^thread '.*' panicked|goroutine \d+ \[running\].*panic/,
  /\bassert(?:ion)?\b.*\b(?:failed|violated)\b|^Assertion|\bassertion [`"'].*failed/i,
  /^curl: \(\d+\) |^wget: |^ssh: |^psql: |^rsync: /,
  /\bNo such file or directory\b|\bPermission denied\b|\bcommand not found\b|\bNo space left on device\b/,
  /\bCannot allocate memory\b|\bOut of memory\b|\bOOMKilled\b|\bSegmentation fault\b|\bcore dumped\b|\bBus error\b/i,
  /\bConnection (?:refused|reset|timed out)\b|\bCould not resolve\b|\bName or service not known\b|\bAddress already in use\b/i,
  /\bECONNREFUSED\b|\bENOENT\b|\bEACCES\b|\bETIMEDOUT\b|\bEADDRINUSE\b|\bENOSPC\b/,
  /^(?:npm (?:ERR!|error) )(?:Missing script|404|code E(?!LIFECYCLE)|Could not resolve|peer |ERESOLVE)/,
  /^(?:expected|want)\b.*\b(?:got|but|received|actual|found)\b/i,
];

const SAYS_SO: readonly RegExp[] = [
  /^(?:\s*[✗✘✕✖❌×●]|not ok \d)/,
  /--- FAIL: |^FAILED\b|(?<!^)\bFAIL(?:ED|URE)?\b/,
  /\b(?:cannot|can't|could not|couldn't|unable to|failed to|failed with|failed:)\b/i,
  /^npm (?:ERR!|error) \S/,
  /\btimed? ?out\b|\brejected\b|\bdenied\b|\brefused\b/i,
  /^! |^CONFLICT \(/,
];

const HINTS: readonly RegExp[] = [
  /^Traceback \(most recent call last\)/,
  /(?<![\w./-])(?:error|fatal|exception)s?(?![\w/-]|\.\w)/i,
  // the file of a test, of which more is said below
  /\bfail(?:ed|ure|ures|s)?\b/i,
  /\b(?:invalid|missing|mismatch|aborted|killed|expected|not found)\b/i,
];
