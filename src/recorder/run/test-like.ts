import path from "node:path";

/** `test_x.sh`, `x-test.sh`, `smoke.test.js`, `check 1.sh`: the word stands by itself. */
const WORD = /(?:^|[-_. ])(?:tests?|specs?|checks?|scenarios?|smoke|e2e)(?=[-_. \d]|$)/i;
/** `testLogin.sh`, `LoginTest.sh`, `t0001-init.sh`, `t2`. */
const CAMEL = /^test(?=[A-Z])|[a-z\d]Tests?$/;
const SHORT = /^t\d/;
/** Files that tests share: `test_helper.bash`, `test-lib.sh`. But `helper_test.sh` tests a helper. */
const SHARED = /^tests?[-_.]?(?:(?:lib|helpers?)(?:[-_.].*)?|common|utils?|functions?|framework|setup|teardown|data)$/i;
/** Scripts that run the tests: `run-tests.sh`, `test.sh`, `all_tests`. */
const RUNNER =
  /^(?:run(?:ner)?[-_. ]?)?(?:all[-_. ]?)?(?:the[-_. ]?)?tests?(?:[-_. ]?(?:all|runner|suite))?$|^run[-_. ]/i;
const DATA =
  /\.(?:md|rst|txt|json|ya?ml|toml|ini|cfg|conf|log|csv|tsv|xml|html?|in|out|expected|golden|dat|sql|snap|diff|patch|png|svg|gz|zip)$/i;

/** Whether a file without a number is a test by its name: not a helper, not data, and not a script that runs the tests. */
export function isTestLike(file: string): boolean {
  if (DATA.test(file)) return false;
  const { name: stem, ext } = path.parse(file);
  if (SHARED.test(stem) || RUNNER.test(stem)) return false;
  return ext === ".bats" || ext === ".t" || SHORT.test(file) || WORD.test(stem) || CAMEL.test(stem);
}
