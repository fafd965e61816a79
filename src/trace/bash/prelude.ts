import { TRACE_PROMPT } from "./entries.ts";

export interface PreludeSpec {
  /** Where the trace goes: a path that only the step's own user can open. */
  readonly traceFile: string;
  /** The caller's BASH_ENV; undefined when there is none. */
  readonly bashEnv: string | undefined;
  /** Two descriptors that nothing in the script means. */
  readonly descriptors: readonly [number, number];
}

/**
 * What bash reads before the script: it gives the script and its children the caller's BASH_ENV back, reads that file
 * as bash would have, and switches the trace on. It starts no process, leaves no variable of its own, and `$?` and `$_`
 * as they were; where something is not as it has to be it does nothing.
 *
 * The trace must not be open in the programs that the script starts. Bash itself cannot open a file so; but the copy that it
 * keeps of a descriptor while a group has it redirected is, and a copy of that one is again. The number that the copy gets is
 * the first free one, which the redirection before it has tried.
 */
export function preludeOf({ traceFile, bashEnv, descriptors: [first, second] }: PreludeSpec): string {
  const file = quoted(traceFile);
  return `[[ $_ =~ .* ]]
${bashEnv === undefined ? "unset BASH_ENV" : `BASH_ENV=${quoted(bashEnv)}`}
${bashEnv ? `[[ -f $BASH_ENV && -r $BASH_ENV ]] && . ${quoted(bashEnv.includes("/") ? bashEnv : `./${bashEnv}`)}\n` : ""}\
if [[ $- != *[axrvn]* && ! -o posix && \${PS4-} == '+ ' && -z \${BASH_XTRACEFD-} && ! -e /proc/self/fd/${first} &&
  ! -e /proc/self/fd/${second} && -w ${file} ]] && ((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] > 0)); then
  {
    if exec ${first}>>${file}; then
      if exec {PS4}</dev/null; then
        exec {PS4}<&-
        eval "{ exec ${second}>&$PS4; } ${first}>&-"
      fi
      exec ${first}>&-
    fi
    IFS= read -r -d '' PS4 </proc/self/fdinfo/${second}
    [[ $PS4 == *flags:*0210[0-9][0-9][0-9][0-9]* ]]
  } 2>/dev/null && [[ /proc/self/fd/${second} -ef ${file} ]] && BASH_XTRACEFD=${second}
  if [[ -n \${BASH_XTRACEFD-} ]]; then
    PS4=${TRACE_PROMPT}
    set -x
  else
    PS4='+ '
  fi
fi
: "\${BASH_REMATCH[0]-}"
[[ ! '' =~ x ]]
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
