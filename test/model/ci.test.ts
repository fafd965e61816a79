import { expect, test } from "bun:test";
import { ciOf } from "../../src/model/ci.ts";

/** What the documentation of each provider shows. */
const documented: [provider: string, jobUrl: string, env: Record<string, string>][] = [
  [
    "github-actions",
    "https://github.com/o/r/actions/runs/12/attempts/2",
    {
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "o/r",
      GITHUB_RUN_ID: "12",
      GITHUB_RUN_ATTEMPT: "2",
    },
  ],
  [
    "gitlab-ci",
    "https://gitlab.com/g/p/-/jobs/1",
    { GITLAB_CI: "true", CI_JOB_URL: "https://gitlab.com/g/p/-/jobs/1" },
  ],
  ["jenkins", "http://j/job/x/7/", { JENKINS_URL: "http://j/", BUILD_URL: "http://j/job/x/7/" }],
  [
    "circleci",
    "https://circleci.com/gh/o/r/3",
    { CIRCLECI: "true", CIRCLE_BUILD_URL: "https://circleci.com/gh/o/r/3" },
  ],
  [
    "buildkite",
    "https://buildkite.com/o/p/builds/4#0190",
    { BUILDKITE: "true", BUILDKITE_BUILD_URL: "https://buildkite.com/o/p/builds/4", BUILDKITE_JOB_ID: "0190" },
  ],
  [
    "azure-pipelines",
    "https://dev.azure.com/o/My%20Project/_build/results?buildId=5",
    {
      TF_BUILD: "True",
      SYSTEM_COLLECTIONURI: "https://dev.azure.com/o/",
      SYSTEM_TEAMPROJECT: "My Project",
      BUILD_BUILDID: "5",
    },
  ],
  [
    "travis-ci",
    "https://app.travis-ci.com/o/r/jobs/6",
    { TRAVIS: "true", TRAVIS_JOB_WEB_URL: "https://app.travis-ci.com/o/r/jobs/6" },
  ],
  ["drone", "https://drone.example/o/r/7", { DRONE: "true", DRONE_BUILD_LINK: "https://drone.example/o/r/7" }],
  [
    "woodpecker",
    "https://ci.example/repos/1/pipeline/8",
    { CI: "woodpecker", CI_PIPELINE_URL: "https://ci.example/repos/1/pipeline/8" },
  ],
  ["teamcity", "https://tc.example/build/9", { TEAMCITY_VERSION: "2025.03", BUILD_URL: "https://tc.example/build/9" }],
  [
    "bitbucket-pipelines",
    "http://bitbucket.org/o/r/pipelines/results/10",
    { BITBUCKET_BUILD_NUMBER: "10", BITBUCKET_GIT_HTTP_ORIGIN: "http://bitbucket.org/o/r" },
  ],
  ["unknown", "", { CI: "true" }],
];

test.each(documented)("the environment of %s names the page of its job", (provider, jobUrl, env) => {
  expect(ciOf(env)).toEqual({ provider, jobUrl });
});

test("a URL is left out if a part of it is missing, but the provider is not", () => {
  expect(ciOf({ GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "o/r" })).toEqual({
    provider: "github-actions",
    jobUrl: "",
  });
});

test("without such variables there is no CI", () => {
  for (const env of [{}, { CI: "" }, { CI: "false" }, { CI: "0" }]) expect(ciOf(env)).toBeNull();
});
