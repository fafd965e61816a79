/**
 * What the executable does without /proc (in a chroot or a sandbox), where Bun aborts before any JavaScript runs. The step
 * comes first, so a shell runs it, unrecorded, and says so in one line. The shell gets all words of the command line.
 */
export const withoutProc = `
fail() { echo "Error: there is no /proc, which scenariolog needs: $1" >&2; exit "$2"; }
verb=$1 dir= stdin=null
case $verb in exec|cmd|record) ;; *) fail "mount it first" 1;; esac
[ "$verb" = exec ] || stdin=inherit
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    --work-dir) dir=$2;;
    --work-dir=*) dir=\${1#*=};;
    --stdin) stdin=$2;;
    --stdin=*) stdin=\${1#*=};;
  esac
  shift
done
[ $# -gt 1 ] || fail "without it, only a command behind -- can be run" 125
shift
[ -z "$dir" ] || cd -- "$dir" || exit 125
echo "[scenariolog] warning: there is no /proc, so this is run, but not recorded: $1" >&2
[ "$stdin" = inherit ] || exec </dev/null
exec "$@"
`;
