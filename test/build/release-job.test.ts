import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun, newFolder, root } from "./built.ts";

interface Workflow {
  readonly jobs: { readonly release: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] } };
}

test("the release job writes the release's address and version into the installer", async () => {
  const text = await Bun.file(join(root, ".github/workflows/ci.yml")).text();
  const { steps } = (Bun.YAML.parse(text) as Workflow).jobs.release;
  const fill = steps.find(({ run }) => run?.includes("install.sh >"))!;
  const folder = newFolder("release-job");
  mkdirSync(join(folder, "dist"));
  await Bun.write(join(folder, "install.sh"), await Bun.file(join(root, "install.sh")).text());
  const env = { PATH: process.env.PATH ?? "", URL: "https://forge.example/releases/v1.2.3", GITHUB_REF_NAME: "v1.2.3" };
  await mustRun(["bash", "-e", "-c", fill.run!], folder, env);
  const installer = await Bun.file(join(folder, "dist/install.sh")).text();
  expect(installer).toContain("\n  release_url='https://forge.example/releases/v1.2.3' #");
  expect(installer).toContain("\n  release_version='1.2.3' #");
  expect(steps.at(-1)!.run).toContain(" dist/install.sh");
});
