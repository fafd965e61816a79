/** Where a job of a continuous integration runs, from the environment that its provider documents. */
export interface Ci {
  readonly provider: string;
  /** Of the page of this job; "" where the environment does not tell. */
  readonly jobUrl: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Provider {
  readonly name: string;
  readonly is: (env: Environment) => boolean;
  /** Undefined where a part of it is not there. */
  readonly jobUrl: (env: Environment) => string | undefined;
}

/** In the order in which they are asked: some set the variables of others as well. */
const PROVIDERS: readonly Provider[] = [
  { name: "gitea-actions", is: (env) => env.GITEA_ACTIONS === "true", jobUrl: () => undefined },
  {
    name: "github-actions",
    is: (env) => env.GITHUB_ACTIONS === "true",
    jobUrl: (env) => {
      const { GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt } = env;
      const url = joined(env.GITHUB_SERVER_URL, "/", env.GITHUB_REPOSITORY, "/actions/runs/", run);
      return url && attempt ? `${url}/attempts/${attempt}` : url;
    },
  },
  { name: "gitlab-ci", is: (env) => env.GITLAB_CI === "true", jobUrl: (env) => env.CI_JOB_URL },
  { name: "woodpecker", is: (env) => env.CI === "woodpecker", jobUrl: (env) => env.CI_STEP_URL ?? env.CI_PIPELINE_URL },
  { name: "drone", is: (env) => env.DRONE === "true", jobUrl: (env) => env.DRONE_BUILD_LINK },
  { name: "teamcity", is: (env) => Boolean(env.TEAMCITY_VERSION), jobUrl: (env) => env.BUILD_URL },
  { name: "jenkins", is: (env) => Boolean(env.JENKINS_URL), jobUrl: (env) => env.BUILD_URL },
  { name: "circleci", is: (env) => env.CIRCLECI === "true", jobUrl: (env) => env.CIRCLE_BUILD_URL },
  {
    name: "buildkite",
    is: (env) => env.BUILDKITE === "true",
    jobUrl: (env) => joined(env.BUILDKITE_BUILD_URL, "#", env.BUILDKITE_JOB_ID) ?? env.BUILDKITE_BUILD_URL,
  },
  {
    name: "azure-pipelines",
    is: (env) => env.TF_BUILD?.toLowerCase() === "true",
    jobUrl: (env) => {
      const project = env.SYSTEM_TEAMPROJECT && encodeURIComponent(env.SYSTEM_TEAMPROJECT);
      return joined(env.SYSTEM_COLLECTIONURI, project, "/_build/results?buildId=", env.BUILD_BUILDID);
    },
  },
  { name: "travis-ci", is: (env) => env.TRAVIS === "true", jobUrl: (env) => env.TRAVIS_JOB_WEB_URL },
  {
    name: "bitbucket-pipelines",
    is: (env) => Boolean(env.BITBUCKET_BUILD_NUMBER),
    jobUrl: (env) => joined(env.BITBUCKET_GIT_HTTP_ORIGIN, "/pipelines/results/", env.BITBUCKET_BUILD_NUMBER),
  },
];

/** Null where it is no such job; `unknown` is one that says no more than CI. */
export function ciOf(env: Environment): Ci | null {
  const provider = PROVIDERS.find(({ is }) => is(env));
  if (provider) return { provider: provider.name, jobUrl: provider.jobUrl(env) ?? "" };
  return env.CI && !/^(0|false)$/i.test(env.CI) ? { provider: "unknown", jobUrl: "" } : null;
}

function joined(...parts: (string | undefined)[]): string | undefined {
  return parts.every((part) => part !== undefined && part !== "") ? parts.join("") : undefined;
}
