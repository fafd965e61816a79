import { expect, test } from "bun:test";
import { isTestLike } from "../../src/recorder/run/test-like.ts";

test.each([
  ...["a.bats", "00-basic.t", "t2", "t10.sh", "t0001-init.sh", "test_x.sh", "x_test.sh", "x-test", "smoke.test.js"],
  ...["testLogin.sh", "LoginTest.sh", "helper_test.sh", "utils_test.py", "check disk.sh", "api_spec.sh", "test 1"],
])("%s is a test by its name", (file) => {
  expect(isTestLike(file)).toBe(true);
});

test.each([
  ...["README.md", "Makefile", "lib.sh", "deploy.sh", "test_helper.bash", "test-lib.sh", "test-lib-functions.sh"],
  ...[
    "test_data.json",
    "x_test.txt",
    "run-tests.sh",
    "run_all_tests",
    "test.sh",
    "tests.sh",
    "all_tests.sh",
    "latest.sh",
  ],
  ...["contest", "attestation.sh", "tool", "test_common.sh"],
])("%s is none", (file) => {
  expect(isTestLike(file)).toBe(false);
});
